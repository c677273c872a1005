//! The words of an expression.

use super::QueryError;

/// Characters that end a word wherever they are, with blanks, `&&` and `||`.
const BREAKS: &[char] = &['(', ')', '[', ']', ',', '\'', '"'];
/// Characters that also end a subject or an operator's name.
const OPERATORS: &[char] = &['=', '!', '<', '>', '~'];

/// A text being read from the left.
pub(super) struct Scanner<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Scanner<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    pub(super) fn skip_blanks(&mut self) {
        self.at = self.text.len() - self.rest().trim_start().len();
    }

    pub(super) fn is_at_end(&self) -> bool {
        self.rest().is_empty()
    }

    pub(super) fn position(&self) -> usize {
        self.at
    }

    /// Takes the symbol if it is next.
    pub(super) fn symbol(&mut self, symbol: &str) -> bool {
        self.skip_blanks();
        let next = self.rest().starts_with(symbol);
        if next {
            self.at += symbol.len();
        }
        next
    }

    /// Takes the word if it is next, and ends there.
    pub(super) fn word(&mut self, word: &str) -> bool {
        self.skip_blanks();
        let next = self.peek_name() == word;
        if next {
            self.at += word.len();
        }
        next
    }

    /// Takes a subject's or an operator's name; an empty one if there is none.
    pub(super) fn name(&mut self) -> &'a str {
        self.skip_blanks();
        let name = self.peek_name();
        self.at += name.len();
        name
    }

    /// Takes a value, in quotes or not.
    pub(super) fn value(&mut self) -> Result<&'a str, QueryError> {
        self.skip_blanks();
        match self.quoted()? {
            Some(value) => Ok(value),
            None => self.take(self.end_of_word(|c| BREAKS.contains(&c)), "a value"),
        }
    }

    /// Takes a pattern, in quotes or not. One without may have brackets, commas and quotes, and parentheses in pairs.
    pub(super) fn pattern(&mut self) -> Result<&'a str, QueryError> {
        self.skip_blanks();
        if let Some(pattern) = self.quoted()? {
            return Ok(pattern);
        }
        let mut open = 0_u32;
        let end = self.end_of_word(|c| match c {
            '(' => {
                open += 1;
                false
            }
            ')' if open == 0 => true,
            ')' => {
                open -= 1;
                false
            }
            _ => false,
        });
        self.take(end, "a pattern")
    }

    /// The error that something else was expected here.
    pub(super) fn expected(&self, what: &str) -> QueryError {
        self.error_at(self.at, format!("expected {what}"))
    }

    /// An error at a position.
    pub(super) fn error_at(&self, at: usize, message: String) -> QueryError {
        QueryError { position: self.text.get(..at).unwrap_or(self.text).chars().count(), message }
    }

    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn peek_name(&self) -> &'a str {
        let end = self.end_of_word(|c| BREAKS.contains(&c) || OPERATORS.contains(&c));
        self.rest().get(..end).unwrap_or_default()
    }

    fn quoted(&mut self) -> Result<Option<&'a str>, QueryError> {
        let Some(quote) = self.rest().chars().next().filter(|c| matches!(c, '\'' | '"')) else { return Ok(None) };
        let start = self.at;
        self.at += 1;
        let Some(length) = self.rest().find(quote) else {
            return Err(self.error_at(start, "this quote is never closed".to_owned()));
        };
        let value = self.rest().get(..length).unwrap_or_default();
        self.at += length + 1;
        Ok(Some(value))
    }

    fn take(&mut self, length: usize, what: &str) -> Result<&'a str, QueryError> {
        match self.rest().get(..length) {
            Some(taken) if !taken.is_empty() => {
                self.at += length;
                Ok(taken)
            }
            _ => Err(self.expected(what)),
        }
    }

    /// How long the word is that begins here and ends before a blank, `&&`, `||`, or a character that `breaks` it.
    fn end_of_word(&self, mut breaks: impl FnMut(char) -> bool) -> usize {
        let rest = self.rest();
        let ends = |at: usize| rest.get(at..).is_some_and(|tail| tail.starts_with("&&") || tail.starts_with("||"));
        rest.char_indices().find(|&(at, c)| c.is_whitespace() || ends(at) || breaks(c)).map_or(rest.len(), |(at, _)| at)
    }
}
