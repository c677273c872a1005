//! Texts with asterisks, each of which stands for any text.

/// A text with asterisks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Glob {
    /// What stands between the asterisks; one part without any.
    parts: Vec<String>,
}

impl Glob {
    pub(super) fn new(text: &str) -> Self {
        Self { parts: text.split('*').map(str::to_owned).collect() }
    }

    pub(super) fn matches(&self, text: &str) -> bool {
        let (first, rest) = match self.parts.as_slice() {
            [] => return text.is_empty(),
            [whole] => return text == whole,
            [first, rest @ ..] => (first, rest),
        };
        let Some((last, middle)) = rest.split_last() else { return false };
        let Some(text) = text.strip_prefix(first.as_str()) else { return false };
        let Some(mut text) = text.strip_suffix(last.as_str()) else { return false };
        // Each part as early as can be leaves the most for those after it.
        for part in middle {
            let Some(at) = text.find(part.as_str()) else { return false };
            text = text.get(at + part.len()..).unwrap_or_default();
        }
        true
    }
}
