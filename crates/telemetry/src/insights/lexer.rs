//! A query's text as tokens. Where a regular expression may begin is known to the parser alone, so it asks for that.

use super::Malformed;
use super::calendar::Period;
use super::row::Field;

/// A token.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Token {
    /// The text is over.
    End,
    /// A name, a keyword, or a field within others: `sort`, `@message`, `request.items[0].id`.
    Word(Field),
    /// A text in quotes.
    Text(String),
    /// A number.
    Number(f64),
    /// A length of time, such as `5m`.
    Period(Period),
    /// Anything else.
    Sign(&'static str),
}

/// A token and where it stands, in bytes.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Spanned {
    pub(super) token: Token,
    pub(super) start: usize,
    pub(super) end: usize,
}

/// Longer signs come before those that they begin with.
const SIGNS: [&str; 19] = ["==", "!=", "=~", "<=", ">=", "=", "<", ">", "+", "-", "*", "/", "%", "^", "(", ")", "[", "]", ","];

/// Parts of a field, at most.
const MOST_SEGMENTS: usize = 50;

/// Reads tokens one after the other.
#[derive(Debug)]
pub(super) struct Lexer<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Lexer<'a> {
    pub(super) const fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    /// Goes on reading at a place.
    pub(super) const fn go_to(&mut self, at: usize) {
        self.at = at;
    }

    /// What stands between two places.
    pub(super) fn between(&self, start: usize, end: usize) -> &'a str {
        self.text.get(start..end).unwrap_or_default()
    }

    /// An error at a place.
    pub(super) fn malformed(&self, message: impl Into<String>, start: usize, end: usize) -> Malformed {
        let count = |end| self.between(0, end).chars().count();
        Malformed { message: message.into(), start: count(start), end: count(end) }
    }

    /// An error at a place where something else was wanted, in the words of CloudWatch.
    pub(super) fn unexpected(&self, start: usize, end: usize, wanted: &str) -> Malformed {
        let before = self.between(0, start);
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        let found = self.between(start, end);
        let found = if found.is_empty() { "the end of the query" } else { found };
        self.malformed(
            format!("unexpected symbol found {found} at line {line} and position {column}: {wanted} expected"),
            start,
            end,
        )
    }

    /// The next token.
    pub(super) fn next(&mut self) -> Result<Spanned, Malformed> {
        self.skip();
        let start = self.at;
        let token = match self.rest().chars().next() {
            None => Token::End,
            Some('|') => self.sign("|"),
            Some(quote @ ('"' | '\'')) => self.quoted(quote)?,
            Some(digit) if digit.is_ascii_digit() => self.number()?,
            Some(letter) if begins_word(letter) || letter == '`' => self.word()?,
            Some(other) => match SIGNS.into_iter().find(|sign| self.rest().starts_with(sign)) {
                Some(sign) => self.sign(sign),
                None => return Err(self.unexpected(start, start + other.len_utf8(), "a command or a value")),
            },
        };
        Ok(Spanned { token, start, end: self.at })
    }

    /// A regular expression between slashes, of which the first is next. A slash with a backslash before it is part of it.
    pub(super) fn regular(&mut self) -> Result<&'a str, Malformed> {
        let start = self.at + 1;
        let mut escaped = false;
        for (place, character) in self.rest().char_indices().skip(1) {
            match character {
                '/' if !escaped => {
                    let end = self.at + place;
                    self.at = end + 1;
                    return Ok(self.between(start, end));
                }
                '\\' => escaped = !escaped,
                _ => escaped = false,
            }
        }
        Err(self.malformed("a regular expression has no end", self.at, self.text.len()))
    }

    /// Goes over space, and over comments, which begin with a hash and last to the end of the line.
    fn skip(&mut self) {
        loop {
            let rest = self.rest();
            let trimmed = rest.trim_start();
            self.at += rest.len() - trimmed.len();
            if !trimmed.starts_with('#') {
                return;
            }
            self.at += trimmed.find('\n').unwrap_or(trimmed.len());
        }
    }

    const fn sign(&mut self, sign: &'static str) -> Token {
        self.at += sign.len();
        Token::Sign(sign)
    }

    fn quoted(&mut self, quote: char) -> Result<Token, Malformed> {
        let mut text = String::new();
        let mut characters = self.rest().char_indices().skip(1);
        while let Some((place, character)) = characters.next() {
            match character {
                '\\' => match characters.next() {
                    Some((_, escaped)) if escaped == quote || escaped == '\\' => text.push(escaped),
                    Some((_, 'n')) => text.push('\n'),
                    Some((_, 't')) => text.push('\t'),
                    Some((_, other)) => text.extend(['\\', other]),
                    None => break,
                },
                end if end == quote => {
                    self.at += place + quote.len_utf8();
                    return Ok(Token::Text(text));
                }
                other => text.push(other),
            }
        }
        Err(self.malformed("a text in quotes has no end", self.at, self.text.len()))
    }

    fn number(&mut self) -> Result<Token, Malformed> {
        let start = self.at;
        let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
        self.at += digits(self.rest());
        let whole = self.at;
        if let Some(fraction) = self.rest().strip_prefix('.').map(digits).filter(|digits| *digits > 0) {
            self.at += 1 + fraction;
        }
        let number_end = self.at;
        self.at += self.rest().bytes().take_while(u8::is_ascii_alphanumeric).count();
        if self.at == number_end {
            let number = self.between(start, self.at).parse().unwrap_or(f64::INFINITY);
            return Ok(Token::Number(number));
        }
        let period = Some(whole).filter(|whole| *whole == number_end).and_then(|whole| {
            let count = self.between(start, whole).parse().ok()?;
            Period::new(count, self.between(whole, self.at))
        });
        period.map(Token::Period).ok_or_else(|| self.unexpected(start, self.at, "a number or a length of time"))
    }

    /// A field: names with dots between them, of which each may stand in backticks, and places in lists in brackets.
    fn word(&mut self) -> Result<Token, Malformed> {
        let start = self.at;
        let is_quoted = self.rest().starts_with('`');
        let mut segments: Vec<Box<str>> = Vec::new();
        loop {
            let rest = self.rest();
            if let Some(quoted) = rest.strip_prefix('`') {
                let end = quoted.find('`').filter(|end| *end > 0);
                let end = end.ok_or_else(|| self.malformed("a name in backticks has no end", self.at, self.text.len()))?;
                segments.push(self.between(self.at + 1, self.at + 1 + end).into());
                self.at += end + 2;
            } else {
                let length = rest.find(|letter: char| !continues_word(letter)).unwrap_or(rest.len());
                if length == 0 {
                    return Err(self.unexpected(self.at, self.at, "a name"));
                }
                segments.push(self.between(self.at, self.at + length).into());
                self.at += length;
            }
            while let Some(length) = place_in_list(self.rest()) {
                segments.push(self.between(self.at + 1, self.at + length - 1).into());
                self.at += length;
            }
            if segments.len() > MOST_SEGMENTS {
                return Err(self.malformed(format!("a field has at most {MOST_SEGMENTS} parts"), start, self.at));
            }
            let after = self.rest().strip_prefix('.').and_then(|rest| rest.chars().next());
            if !after.is_some_and(|next| continues_word(next) || next == '`') {
                return Ok(Token::Word(Field::new(segments, is_quoted)));
            }
            self.at += 1;
        }
    }
}

fn begins_word(letter: char) -> bool {
    letter.is_alphabetic() || letter == '_' || letter == '@' || letter == '$'
}

fn continues_word(letter: char) -> bool {
    begins_word(letter) || letter.is_alphanumeric()
}

/// How long `[12]` is, if that is next.
fn place_in_list(text: &str) -> Option<usize> {
    let digits = text.strip_prefix('[')?;
    let length = digits.bytes().take_while(u8::is_ascii_digit).count();
    (length > 0 && digits.get(length..)?.starts_with(']')).then_some(length + 2)
}
