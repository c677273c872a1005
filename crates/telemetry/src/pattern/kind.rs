//! A pattern of any kind.

use std::collections::BTreeMap;
use std::str::FromStr;

use super::cursor::Cursor;
use super::fields::Fields;
use super::json::Json;
use super::terms::Terms;
use super::{PatternError, json, words};

/// Regular expressions in one pattern for fields, at most.
const MOST_REGULAR: usize = 2;

/// A filter pattern. The empty one matches everything.
#[derive(Debug, Clone, Default)]
pub struct Pattern(Kind);

#[derive(Debug, Clone)]
enum Kind {
    Terms(Terms),
    Json(Json),
    Fields(Fields),
}

impl Default for Kind {
    fn default() -> Self {
        Self::Terms(Terms::default())
    }
}

impl Pattern {
    /// Whether an event's text matches.
    #[must_use]
    pub fn matches(&self, text: &str) -> bool {
        match &self.0 {
            Kind::Terms(terms) => terms.matches(text),
            Kind::Json(json) => json::parsed(text).is_some_and(|value| json.matches(&value)),
            Kind::Fields(fields) => fields.matches(&words::split(text)),
        }
    }

    /// The values of the fields that the pattern names, if the text matches. A field of JSON is named by its selector, one
    /// between spaces by its name or its place.
    #[must_use]
    pub fn extract(&self, text: &str) -> Option<BTreeMap<String, String>> {
        match &self.0 {
            Kind::Terms(terms) => terms.matches(text).then(BTreeMap::new),
            Kind::Json(json) => json::parsed(text).filter(|value| json.matches(value)).map(|value| json.extract(&value)),
            Kind::Fields(fields) => {
                let words = words::split(text);
                fields.matches(&words).then(|| fields.extract(&words))
            }
        }
    }

    /// Whether the pattern names fields, of which a metric may take its value and dimensions.
    #[must_use]
    pub const fn has_fields(&self) -> bool {
        matches!(self.0, Kind::Json(_) | Kind::Fields(_))
    }

    /// Whether there is a regular expression in it.
    #[must_use]
    pub fn has_regular_expressions(&self) -> bool {
        self.regular_expressions() > 0
    }

    fn regular_expressions(&self) -> usize {
        match &self.0 {
            Kind::Terms(terms) => terms.regular_expressions(),
            Kind::Json(json) => json.regular_expressions(),
            Kind::Fields(fields) => fields.regular_expressions(),
        }
    }
}

impl FromStr for Pattern {
    type Err = PatternError;

    fn from_str(text: &str) -> Result<Self, PatternError> {
        let mut cursor = Cursor::new(text.trim());
        let kind = match cursor.peek() {
            Some('{') => Kind::Json(Json::parse(&mut cursor)?),
            Some('[') => Kind::Fields(Fields::parse(&mut cursor)?),
            _ => Kind::Terms(Terms::parse(&mut cursor)?),
        };
        let pattern = Self(kind);
        if pattern.has_fields() && pattern.regular_expressions() > MOST_REGULAR {
            return Err(PatternError::TooManyRegular { most: MOST_REGULAR });
        }
        Ok(pattern)
    }
}
