//! A value that breaks a limit, and the sentence about it.

use std::fmt;

/// Characters of a value that a message shows.
const SHOWN: usize = 256;

/// A value that breaks a limit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// Where: `tags.1.member.key`; empty for the whole request.
    pub path: String,
    /// What stands there.
    pub value: ShownValue,
    /// What should hold: `Member must not be null`.
    pub constraint: String,
}

/// A value as a message shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ShownValue {
    /// Nothing stands there.
    Null,
    /// A value that must not be shown.
    Hidden,
    /// The beginning of the value.
    Text(String),
}

impl ShownValue {
    /// A value of which a message may show the beginning.
    pub(super) fn text(value: &str) -> Self {
        let mut letters = value.chars();
        let mut text: String = letters.by_ref().take(SHOWN).collect();
        if letters.next().is_some() {
            text.push_str("...");
        }
        Self::Text(text)
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.value {
            ShownValue::Null => f.write_str("Value null")?,
            ShownValue::Hidden => f.write_str("Value")?,
            ShownValue::Text(text) => write!(f, "Value '{text}'")?,
        }
        write!(f, " at '{}' failed to satisfy constraint: {}", self.path, self.constraint)
    }
}

/// The message for an answer: `2 validation errors detected: ...; ...`.
#[must_use]
pub fn message(violations: &[Violation]) -> String {
    let plural = if violations.len() == 1 { "" } else { "s" };
    let sentences: Vec<String> = violations.iter().map(ToString::to_string).collect();
    format!("{} validation error{plural} detected: {}", violations.len(), sentences.join("; "))
}
