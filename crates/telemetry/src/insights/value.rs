//! Values of fields.

use std::cmp::Ordering;
use std::fmt;
use std::sync::Arc;

/// What a field holds.
#[derive(Debug, Clone, Default)]
pub enum Value {
    /// Nothing: the field is not there.
    #[default]
    None,
    /// A number.
    Number(f64),
    /// A text, which may look like a number.
    Text(Arc<str>),
    /// True or false.
    Truth(bool),
    /// A moment, in milliseconds since 1970.
    Moment(i64),
    /// A list or map, by [`serde_json`].
    Json(Arc<serde_json::Value>),
}

impl Value {
    /// A text.
    #[must_use]
    pub fn text(text: &str) -> Self {
        Self::Text(Arc::from(text))
    }

    /// Whether there is a value.
    #[must_use]
    pub const fn is_present(&self) -> bool {
        !matches!(self, Self::None)
    }

    /// Whether a filter lets it through.
    #[must_use]
    pub fn is_true(&self) -> bool {
        match self {
            Self::Truth(truth) => *truth,
            Self::Number(number) => *number != 0.0,
            Self::Text(text) => &**text == "true",
            Self::None | Self::Moment(_) | Self::Json(_) => false,
        }
    }

    /// As a number, also a text that is one.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "moments of the next 280,000 years are exact")]
    pub fn number(&self) -> Option<f64> {
        match self {
            Self::Number(number) => Some(*number),
            Self::Text(text) => number(text),
            Self::Moment(millis) => Some(*millis as f64),
            Self::Truth(_) | Self::None | Self::Json(_) => None,
        }
    }

    /// Bytes that it holds, about.
    pub(super) fn size(&self) -> usize {
        match self {
            Self::Text(text) => text.len(),
            Self::Json(_) => 256,
            Self::None | Self::Number(_) | Self::Truth(_) | Self::Moment(_) => 0,
        }
    }

    /// The order in which values are sorted: nothing, then numbers, then texts.
    pub(super) fn order(&self, other: &Self) -> Ordering {
        match (self.is_present(), other.is_present()) {
            (true, true) => {}
            (one, other) => return one.cmp(&other),
        }
        match (self.number(), other.number()) {
            (Some(one), Some(other)) => one.total_cmp(&other),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (None, None) => self.to_string().cmp(&other.to_string()),
        }
    }

    /// How two values compare; nothing if one is not there.
    pub(super) fn compare(&self, other: &Self) -> Option<Ordering> {
        if !self.is_present() || !other.is_present() {
            return None;
        }
        match (self.number(), other.number()) {
            (Some(one), Some(other)) => one.partial_cmp(&other),
            _ => match (self, other) {
                (Self::Text(one), Self::Text(other)) => Some(one.cmp(other)),
                _ => Some(self.to_string().cmp(&other.to_string())),
            },
        }
    }
}

/// The number that a text is.
pub(super) fn number(text: &str) -> Option<f64> {
    // The parser of the language takes words as well.
    let starts = text.as_bytes().first().is_some_and(|first| first.is_ascii_digit() || b"+-.".contains(first));
    text.parse().ok().filter(|number: &f64| starts && number.is_finite())
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => Ok(()),
            Self::Number(number) => write_number(*number, f),
            Self::Text(text) => f.write_str(text),
            Self::Truth(truth) => f.write_str(if *truth { "1" } else { "0" }),
            Self::Moment(millis) => f.write_str(&super::time::written(*millis)),
            Self::Json(value) => write!(f, "{value}"),
        }
    }
}

/// Whole numbers without a point; others with at most four digits behind it, as AWS shows them.
fn write_number(number: f64, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    if number.fract() == 0.0 && number.abs() < 1e15 {
        return write!(f, "{number:.0}");
    }
    let text = format!("{number:.4}");
    f.write_str(text.trim_end_matches('0').trim_end_matches('.'))
}
