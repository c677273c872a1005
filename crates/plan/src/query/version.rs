//! Versions as agents give them.

use std::cmp::Ordering;

/// Numbers separated by dots, such as `1.14.5`. Missing numbers are 0.
#[derive(Debug, Clone)]
pub(super) struct Version(Vec<u64>);

impl Version {
    /// The version in a text of numbers and dots alone.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
        text.split('.').map(|part| digits(part).then(|| part.parse().ok()).flatten()).collect::<Option<_>>().map(Self)
    }

    /// The version an agent reports: a `v` before it and a suffix such as `-dev` or `+abc` after it say nothing.
    pub(super) fn of_agent(text: &str) -> Option<Self> {
        let text = text.strip_prefix('v').unwrap_or(text);
        Self::parse(text.split(['-', '+']).next().unwrap_or(text))
    }

    pub(super) fn compare(&self, other: &Self) -> Ordering {
        let number = |version: &Self, at: usize| version.0.get(at).copied().unwrap_or(0);
        let length = self.0.len().max(other.0.len());
        (0..length).map(|at| number(self, at).cmp(&number(other, at))).find(|o| o.is_ne()).unwrap_or(Ordering::Equal)
    }
}
