//! Filter patterns of plain terms: what an event's text must and must not contain.

/// A filter pattern.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Pattern {
    required: Vec<String>,
    excluded: Vec<String>,
    /// One of them must occur. As AWS does, they count only if there is nothing else.
    optional: Vec<String>,
}

/// Why a text is no pattern, or one that is not understood.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PatternError {
    /// A pattern for fields of JSON.
    #[error("JSON patterns, in braces, are not supported yet")]
    Json,
    /// A pattern for fields between spaces.
    #[error("patterns for space-delimited fields, in brackets, are not supported yet")]
    Fields,
    /// A regular expression.
    #[error("regular expressions, between percent signs, are not supported yet")]
    Regex,
    /// Characters that need quotes.
    #[error("Invalid character(s) in term '{0}'")]
    Characters(String),
    /// A quotation mark without its partner.
    #[error("a quoted phrase has no end")]
    Unterminated,
}

impl Pattern {
    /// Whether an event's text matches. Capital and small letters differ; a term may stand within a word.
    #[must_use]
    pub fn matches(&self, text: &str) -> bool {
        let contains = |term: &String| text.contains(term.as_str());
        self.required.iter().all(contains)
            && !self.excluded.iter().any(contains)
            && (self.optional.is_empty() || self.is_mixed() || self.optional.iter().any(contains))
    }

    fn is_mixed(&self) -> bool {
        !self.required.is_empty() || !self.excluded.is_empty()
    }
}

impl std::str::FromStr for Pattern {
    type Err = PatternError;

    fn from_str(text: &str) -> Result<Self, PatternError> {
        let mut pattern = Self::default();
        let mut rest = text.trim();
        match rest.chars().next() {
            Some('{') => return Err(PatternError::Json),
            Some('[') => return Err(PatternError::Fields),
            _ => {}
        }
        while !rest.is_empty() {
            let (list, term) = match rest.split_at_checked(1) {
                Some(("?", term)) => (&mut pattern.optional, term),
                Some(("-", term)) => (&mut pattern.excluded, term),
                _ => (&mut pattern.required, rest),
            };
            let (term, after) = if term.starts_with('"') { quoted(term)? } else { bare(term)? };
            list.push(term);
            rest = after.trim_start();
        }
        Ok(pattern)
    }
}

/// A term without quotes: letters, digits and underscores.
fn bare(text: &str) -> Result<(String, &str), PatternError> {
    let end = text.find(|character: char| !character.is_alphanumeric() && character != '_').unwrap_or(text.len());
    let (term, after) = text.split_at(end);
    match after.chars().next() {
        Some('%') => Err(PatternError::Regex),
        Some(character) if !character.is_whitespace() => Err(PatternError::Characters(character.to_string())),
        _ if term.is_empty() => Err(PatternError::Characters(String::new())),
        _ => Ok((term.to_owned(), after)),
    }
}

/// A term in quotes: anything, a quotation mark and a backslash with a backslash before them.
fn quoted(text: &str) -> Result<(String, &str), PatternError> {
    let mut term = String::new();
    let mut characters = text.char_indices().skip(1);
    while let Some((at, character)) = characters.next() {
        match character {
            '"' if term.is_empty() => return Err(PatternError::Characters("\"\"".to_owned())),
            '"' => return Ok((term, text.get(at + 1..).unwrap_or_default())),
            '\\' => match characters.next() {
                Some((_, escaped @ ('"' | '\\'))) => term.push(escaped),
                Some((_, other)) => term.extend(['\\', other]),
                None => break,
            },
            other => term.push(other),
        }
    }
    Err(PatternError::Unterminated)
}

#[cfg(test)]
mod tests;
