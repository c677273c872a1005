//! ECS's form of tags.

use berth_api::Refusal;
use berth_api::ecs::{Tag, errors};
use berth_model::Tags;

use crate::tags::is_reserved;

/// A caller's tags as a record keeps them.
pub(super) fn checked(tags: Option<&[Tag]>) -> Result<Tags, Refusal> {
    if pairs(tags).any(|(_, value)| is_reserved(value)) {
        return Err(errors::invalid_parameter_exception("Invalid tag value: values that begin with aws: are reserved."));
    }
    crate::tags::checked(pairs(tags)).map_err(|error| errors::invalid_parameter_exception(error.to_string()))
}

/// A caller's tags as keys and values.
pub(super) fn pairs(tags: Option<&[Tag]>) -> impl Iterator<Item = (&str, &str)> + Clone {
    tags.unwrap_or_default().iter().map(|tag| (tag.key.as_deref().unwrap_or_default(), tag.value.as_deref().unwrap_or_default()))
}

/// A record's tags as a description shows them.
pub(super) fn described(tags: &Tags) -> Vec<Tag> {
    tags.iter().map(|(key, value)| Tag { key: Some(key.to_string()), value: Some(value.to_owned()) }).collect()
}

/// A record's tags as policies see them.
pub(super) fn for_policies(tags: &Tags) -> Vec<(String, String)> {
    tags.iter().map(|(key, value)| (key.to_string(), value.to_owned())).collect()
}
