//! The limits of one value, and which of them it breaks.

use super::pattern;
use crate::schema::{Kind, Schema};

/// What a value is measured by.
#[derive(Debug, Clone, Copy)]
pub(super) enum Measured<'v> {
    /// Text: its characters, its pattern, its list of values.
    Text(&'v str),
    /// Bytes, elements or entries.
    Length(usize),
    /// A number.
    Number(f64),
    /// Nothing: no limit is known for its kind.
    Nothing,
}

/// The sentences about the limits that a value breaks, in AWS's order.
pub(super) fn broken(schema: &Schema, value: Measured<'_>) -> Vec<String> {
    limits(schema).into_iter().filter(|limit| !limit.holds(value)).map(|limit| limit.sentence()).collect()
}

/// The sentences about all limits of a schema.
pub(super) fn all(schema: &Schema) -> Vec<String> {
    limits(schema).iter().map(Limit::sentence).collect()
}

/// Whether a schema, or that of its keys and parts, has any limit.
pub(super) fn any(schema: &Schema) -> bool {
    let key = match &schema.kind {
        Kind::Map { key, .. } => Some(key),
        _ => None,
    };
    let inside = key.into_iter().chain(schema.element()).map(|member| member.schema);
    inside.chain([schema]).any(|schema| !limits(schema).is_empty())
}

#[derive(Debug)]
enum Limit {
    LongestLength(f64),
    ShortestLength(f64),
    LargestValue(f64),
    SmallestValue(f64),
    Pattern(&'static str),
    OneOf(&'static [&'static str]),
}

fn limits(schema: &Schema) -> Vec<Limit> {
    let constraints = schema.constraints;
    let (longest, shortest) = match schema.kind {
        Kind::String | Kind::Enum(_) | Kind::Blob | Kind::List(_) | Kind::Map { .. } => {
            (constraints.max.map(Limit::LongestLength), constraints.min.map(Limit::ShortestLength))
        }
        Kind::Integer | Kind::Long | Kind::Float | Kind::Double => {
            (constraints.max.map(Limit::LargestValue), constraints.min.map(Limit::SmallestValue))
        }
        Kind::Boolean | Kind::Timestamp | Kind::Document | Kind::Structure(_) => (None, None),
    };
    let one_of = match schema.kind {
        Kind::Enum(values) => Some(Limit::OneOf(values)),
        _ => None,
    };
    [longest, shortest, constraints.pattern.map(Limit::Pattern), one_of].into_iter().flatten().collect()
}

impl Limit {
    /// Whether a value keeps it; a limit of another kind of value holds.
    fn holds(&self, value: Measured<'_>) -> bool {
        let length = || match value {
            Measured::Text(text) => Some(text.chars().count() as f64),
            Measured::Length(length) => Some(length as f64),
            Measured::Number(_) | Measured::Nothing => None,
        };
        match (self, value) {
            (Self::LongestLength(limit), _) => length().is_none_or(|length| length <= *limit),
            (Self::ShortestLength(limit), _) => length().is_none_or(|length| length >= *limit),
            (Self::LargestValue(limit), Measured::Number(number)) => number <= *limit,
            (Self::SmallestValue(limit), Measured::Number(number)) => number >= *limit,
            (Self::Pattern(pattern), Measured::Text(text)) => pattern::matches(pattern, text),
            (Self::OneOf(values), Measured::Text(text)) => values.contains(&text),
            _ => true,
        }
    }

    fn sentence(&self) -> String {
        match self {
            Self::LongestLength(limit) => format!("Member must have length less than or equal to {limit}"),
            Self::ShortestLength(limit) => format!("Member must have length greater than or equal to {limit}"),
            Self::LargestValue(limit) => format!("Member must have value less than or equal to {limit}"),
            Self::SmallestValue(limit) => format!("Member must have value greater than or equal to {limit}"),
            Self::Pattern(pattern) => format!("Member must satisfy regular expression pattern: {pattern}"),
            Self::OneOf(values) => format!("Member must satisfy enum value set: [{}]", values.join(", ")),
        }
    }
}
