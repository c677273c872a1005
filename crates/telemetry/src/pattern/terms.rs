//! Patterns of terms: what an event's text must and must not hold.

use regex::Regex;

use super::cursor::Cursor;
use super::{PatternError, regular};

/// Terms of a text.
#[derive(Debug, Clone, Default)]
pub(super) struct Terms {
    required: Vec<Term>,
    excluded: Vec<Term>,
    /// One of them must occur. As AWS does, they count only if there is nothing else.
    optional: Vec<Term>,
}

#[derive(Debug, Clone)]
enum Term {
    Text(String),
    Regular(Regex),
}

impl Term {
    fn occurs_in(&self, text: &str) -> bool {
        match self {
            Self::Text(term) => text.contains(term.as_str()),
            Self::Regular(regular) => regular.is_match(text),
        }
    }
}

impl Terms {
    pub(super) fn parse(cursor: &mut Cursor<'_>) -> Result<Self, PatternError> {
        let mut terms = Self::default();
        while !cursor.is_done() {
            let list = if cursor.take("?") {
                &mut terms.optional
            } else if cursor.take("-") {
                &mut terms.excluded
            } else {
                &mut terms.required
            };
            list.push(term(cursor)?);
            cursor.skip_space();
        }
        Ok(terms)
    }

    /// Capital and small letters differ; a term may stand within a word.
    pub(super) fn matches(&self, text: &str) -> bool {
        let occurs = |term: &Term| term.occurs_in(text);
        self.required.iter().all(occurs)
            && !self.excluded.iter().any(occurs)
            && (self.optional.is_empty() || self.is_mixed() || self.optional.iter().any(occurs))
    }

    fn is_mixed(&self) -> bool {
        !self.required.is_empty() || !self.excluded.is_empty()
    }

    pub(super) fn regular_expressions(&self) -> usize {
        let all = self.required.iter().chain(&self.excluded).chain(&self.optional);
        all.filter(|term| matches!(term, Term::Regular(_))).count()
    }
}

fn term(cursor: &mut Cursor<'_>) -> Result<Term, PatternError> {
    match cursor.peek() {
        Some('"') => {
            let phrase = cursor.quoted()?;
            if phrase.is_empty() {
                return Err(PatternError::Characters("\"\"".to_owned()));
            }
            Ok(Term::Text(phrase))
        }
        Some('%') => Ok(Term::Regular(regular::compile(cursor.between_percent()?)?)),
        _ => bare(cursor),
    }
}

/// A term without quotes: letters, digits and underscores.
fn bare(cursor: &mut Cursor<'_>) -> Result<Term, PatternError> {
    let term = cursor.take_while(|character| character.is_alphanumeric() || character == '_');
    match cursor.peek() {
        Some(character) if !character.is_whitespace() => Err(PatternError::Characters(character.to_string())),
        _ if term.is_empty() => Err(PatternError::Characters(String::new())),
        _ => Ok(Term::Text(term.to_owned())),
    }
}
