//! What parameters and elements are called.

use crate::schema::{Kind, Member};

/// A structure's member. A flattened list goes by its elements' name where the model gives them one.
pub(super) fn member(member: &Member) -> &'static str {
    match &member.schema.kind {
        Kind::List(element) if member.flattened => element.location_name.unwrap_or(member.wire_name()),
        _ => member.wire_name(),
    }
}

/// An element of a list that is not flattened.
pub(super) fn element(list: &Member) -> &'static str {
    list.schema.element().and_then(|element| element.location_name).unwrap_or("member")
}

/// An entry of a map that is not flattened.
pub(super) const ENTRY: &str = "entry";

/// A map entry's key.
pub(super) fn key(map: &Member) -> &'static str {
    match &map.schema.kind {
        Kind::Map { key, .. } => key.location_name.unwrap_or("key"),
        _ => "key",
    }
}

/// A map entry's value.
pub(super) fn value(map: &Member) -> &'static str {
    match &map.schema.kind {
        Kind::Map { value, .. } => value.location_name.unwrap_or("value"),
        _ => "value",
    }
}
