//! `parse`: fields out of a text, by a pattern with asterisks or a regular expression with names.

use std::sync::Arc;

use regex::Regex;

use super::operand::Expression;
use super::row::Row;
use super::value::Value;

/// A `parse` command.
#[derive(Debug, Clone)]
pub(super) struct Extract {
    pub(super) from: Expression,
    pub(super) pattern: Pattern,
    pub(super) names: Vec<Arc<str>>,
}

/// How values are found.
#[derive(Debug, Clone)]
pub(super) enum Pattern {
    /// The texts before, between and after the asterisks: one more than there are names.
    Glob(Vec<String>),
    /// The groups of an expression, as many as there are names.
    Regular { regular: Regex, groups: Vec<usize> },
}

impl Extract {
    /// Sets the fields of a row, if its text matches.
    pub(super) fn apply(&self, row: &mut Row<'_>, now: i64) {
        let found = {
            let scene = super::expression::Scene { row, aggregates: &[], now };
            let value = self.from.value(scene);
            value.as_text().and_then(|text| self.pattern.values(&text))
        };
        for (name, value) in self.names.iter().zip(found.unwrap_or_default()) {
            if let Some(value) = value {
                row.set(name, Value::text(value));
            }
        }
    }
}

impl Pattern {
    fn values(&self, text: &str) -> Option<Vec<Option<String>>> {
        match self {
            Self::Glob(parts) => between(parts, text),
            Self::Regular { regular, groups } => {
                let found = regular.captures(text)?;
                Some(groups.iter().map(|group| found.get(*group).map(|value| value.as_str().to_owned())).collect())
            }
        }
    }
}

/// What stands at the asterisks: each takes as little as can be, the last one everything if nothing follows it.
fn between(parts: &[String], text: &str) -> Option<Vec<Option<String>>> {
    let (first, parts) = parts.split_first()?;
    let mut rest = text.split_once(first.as_str())?.1;
    let mut values = Vec::with_capacity(parts.len());
    for (place, part) in parts.iter().enumerate() {
        let is_last = place + 1 == parts.len();
        let (value, after) = if part.is_empty() && is_last { (rest, "") } else { rest.split_once(part.as_str())? };
        values.push(Some(value.to_owned()));
        rest = after;
    }
    Some(values)
}
