//! Values: what fields hold and expressions come to.

use std::borrow::Cow;
use std::cmp::Ordering;

use serde_json::Value as Json;

use super::{calendar, number};

/// A value.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) enum Value<'a> {
    /// There is none.
    #[default]
    Missing,
    Bool(bool),
    Number(f64),
    /// Milliseconds since 1970.
    Time(i64),
    Text(Cow<'a, str>),
    /// As it stands in a JSON document. Never a text: that is one.
    Json(Cow<'a, Json>),
}

impl<'a> Value<'a> {
    pub(super) fn text(text: impl Into<Cow<'a, str>>) -> Self {
        Self::Text(text.into())
    }

    /// What stands in a JSON document.
    pub(super) fn of_json(json: &'a Json) -> Self {
        match json {
            Json::Null => Self::Missing,
            Json::Bool(truth) => Self::Bool(*truth),
            Json::String(text) => Self::Text(Cow::Borrowed(text)),
            other => Self::Json(Cow::Borrowed(other)),
        }
    }

    pub(super) fn into_owned(self) -> Value<'static> {
        match self {
            Self::Missing => Value::Missing,
            Self::Bool(truth) => Value::Bool(truth),
            Self::Number(number) => Value::Number(number),
            Self::Time(millis) => Value::Time(millis),
            Self::Text(text) => Value::Text(Cow::Owned(text.into_owned())),
            Self::Json(json) => Value::Json(Cow::Owned(json.into_owned())),
        }
    }

    pub(super) fn borrowed(&self) -> Value<'_> {
        match self {
            Self::Missing => Value::Missing,
            Self::Bool(truth) => Value::Bool(*truth),
            Self::Number(number) => Value::Number(*number),
            Self::Time(millis) => Value::Time(*millis),
            Self::Text(text) => Value::Text(Cow::Borrowed(text)),
            Self::Json(json) => Value::Json(Cow::Borrowed(json)),
        }
    }

    pub(super) const fn is_missing(&self) -> bool {
        matches!(self, Self::Missing)
    }

    /// The value as a number: texts that are written as one count.
    #[expect(clippy::cast_precision_loss, reason = "times are far below 2^53 milliseconds")]
    pub(super) fn as_number(&self) -> Option<f64> {
        match self {
            Self::Number(number) => Some(*number),
            Self::Time(millis) => Some(*millis as f64),
            Self::Text(text) => number::parsed(text),
            Self::Json(json) => json.as_f64(),
            // So that sums count what is true.
            Self::Bool(truth) => Some(f64::from(u8::from(*truth))),
            Self::Missing => None,
        }
    }

    /// The value as results show it; nothing if there is none.
    pub(super) fn as_text(&self) -> Option<Cow<'_, str>> {
        Some(match self {
            Self::Missing => return None,
            Self::Bool(truth) => Cow::Borrowed(if *truth { "1" } else { "0" }),
            Self::Number(number) => Cow::Owned(number::written(*number)),
            Self::Time(millis) => Cow::Owned(calendar::written(*millis)),
            Self::Text(text) => Cow::Borrowed(text),
            Self::Json(json) => Cow::Owned(json.to_string()),
        })
    }

    /// Whether a condition holds that comes to this.
    pub(super) fn is_true(&self) -> bool {
        match self {
            Self::Bool(truth) => *truth,
            Self::Text(text) => text.eq_ignore_ascii_case("true"),
            other => other.as_number().is_some_and(|number| number != 0.0),
        }
    }

    /// How two values stand to each other: as numbers if both are, otherwise as texts. Nothing if one is missing.
    pub(super) fn compare(&self, other: &Value<'_>) -> Option<Ordering> {
        match (self.beside(other), other.beside(self)) {
            (Some(one), Some(other)) => one.partial_cmp(&other),
            _ => Some(self.as_text()?.cmp(&other.as_text()?)),
        }
    }

    /// The value as a number that is compared with another value: beside what is true or false, the words for it are, too.
    fn beside(&self, other: &Value<'_>) -> Option<f64> {
        match self {
            Self::Text(text) if matches!(other, Value::Bool(_)) && text.eq_ignore_ascii_case("true") => Some(1.0),
            Self::Text(text) if matches!(other, Value::Bool(_)) && text.eq_ignore_ascii_case("false") => Some(0.0),
            other => other.as_number(),
        }
    }

    /// The order of `sort`: what is missing comes first, then texts, then numbers.
    pub(super) fn rank(&self, other: &Value<'_>) -> Ordering {
        let class = |value: &Value<'_>| match (value.is_missing(), value.as_number()) {
            (true, _) => 0,
            (false, None) => 1,
            (false, Some(_)) => 2,
        };
        let by_class = class(&self.borrowed()).cmp(&class(other));
        by_class.then_with(|| match (self.as_number(), other.as_number()) {
            (Some(one), Some(other)) => one.total_cmp(&other),
            _ => self.as_text().cmp(&other.as_text()),
        })
    }

    /// Bytes that it takes besides its own size, about.
    pub(super) fn weight(&self) -> usize {
        match self {
            Self::Text(text) => text.len(),
            Self::Json(json) => json_weight(json),
            Self::Missing | Self::Bool(_) | Self::Number(_) | Self::Time(_) => 0,
        }
    }
}

/// What a document takes in memory, about. Its depth is bounded by the parser.
fn json_weight(json: &Json) -> usize {
    let own = size_of::<Json>();
    match json {
        Json::String(text) => own + text.len(),
        Json::Array(list) => own + list.iter().map(json_weight).sum::<usize>(),
        Json::Object(members) => {
            own + members.iter().map(|(name, value)| 2 * own + name.len() + json_weight(value)).sum::<usize>()
        }
        Json::Null | Json::Bool(_) | Json::Number(_) => own,
    }
}
