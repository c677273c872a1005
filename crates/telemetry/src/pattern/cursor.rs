//! The place in a pattern that is read.

use super::PatternError;

/// What is left of a text.
#[derive(Debug, Clone)]
pub(super) struct Cursor<'a> {
    whole: &'a str,
    rest: &'a str,
}

impl<'a> Cursor<'a> {
    pub(super) const fn new(text: &'a str) -> Self {
        Self { whole: text, rest: text }
    }

    pub(super) const fn rest(&self) -> &'a str {
        self.rest
    }

    pub(super) const fn is_done(&self) -> bool {
        self.rest.is_empty()
    }

    pub(super) fn peek(&self) -> Option<char> {
        self.rest.chars().next()
    }

    pub(super) fn skip_space(&mut self) {
        self.rest = self.rest.trim_start();
    }

    /// Goes over a text if it is next.
    pub(super) fn take(&mut self, text: &str) -> bool {
        self.rest.strip_prefix(text).is_some_and(|rest| {
            self.rest = rest;
            true
        })
    }

    /// Goes over space, and a word of letters if it is next and whole. Capital and small letters are the same.
    pub(super) fn take_word(&mut self, word: &str) -> bool {
        let rest = self.rest.trim_start();
        let Some((start, after)) = rest.split_at_checked(word.len()) else { return false };
        let is_whole = !after.starts_with(|next: char| next.is_alphanumeric() || next == '_');
        if !start.eq_ignore_ascii_case(word) || !is_whole {
            return false;
        }
        self.rest = after;
        true
    }

    /// Goes over the characters that fit, and answers them.
    pub(super) fn take_while(&mut self, fits: impl Fn(char) -> bool) -> &'a str {
        let end = self.rest.find(|character| !fits(character)).unwrap_or(self.rest.len());
        let (taken, rest) = self.rest.split_at(end);
        self.rest = rest;
        taken
    }

    pub(super) fn expect(&mut self, text: &str, wanted: &'static str) -> Result<(), PatternError> {
        self.skip_space();
        if self.take(text) { Ok(()) } else { Err(self.expected(wanted)) }
    }

    pub(super) fn expected(&self, wanted: &'static str) -> PatternError {
        let read = self.whole.len() - self.rest.len();
        let at = self.whole.get(..read).map_or(0, |read| read.chars().count());
        PatternError::Expected { wanted, at: at + 1 }
    }

    /// Goes over a phrase in quotes: anything, a quotation mark and a backslash with a backslash before them.
    pub(super) fn quoted(&mut self) -> Result<String, PatternError> {
        let mut phrase = String::new();
        let mut characters = self.rest.char_indices().skip(1);
        while let Some((at, character)) = characters.next() {
            match character {
                '"' => {
                    self.rest = self.rest.get(at + 1..).unwrap_or_default();
                    return Ok(phrase);
                }
                '\\' => match characters.next() {
                    Some((_, escaped @ ('"' | '\\'))) => phrase.push(escaped),
                    Some((_, other)) => phrase.extend(['\\', other]),
                    None => break,
                },
                other => phrase.push(other),
            }
        }
        Err(PatternError::UnterminatedQuote)
    }

    /// Goes over a regular expression between percent signs, and answers what stands between them.
    pub(super) fn between_percent(&mut self) -> Result<&'a str, PatternError> {
        let mut escaped = false;
        for (at, character) in self.rest.char_indices().skip(1) {
            if character == '%' && !escaped {
                let (inner, rest) = (self.rest.get(1..at), self.rest.get(at + 1..));
                self.rest = rest.unwrap_or_default();
                return Ok(inner.unwrap_or_default());
            }
            escaped = character == '\\' && !escaped;
        }
        Err(PatternError::UnterminatedRegular)
    }
}
