//! Queries as tokens.

use super::QueryError;

/// A token of a query.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Token {
    /// A name: a command, function, field or keyword. Whether it stood in backquotes, and so is a field alone.
    Name(String, bool),
    /// A text in quotes.
    Text(String),
    /// A regular expression between slashes, and whether `i` follows.
    Regular(String, bool),
    Number(f64),
    /// A number with a unit of time, in milliseconds.
    Span(i64),
    Sign(&'static str),
    End,
}

/// A token and where it begins.
#[derive(Debug, Clone)]
pub(super) struct Placed {
    pub(super) token: Token,
    pub(super) at: usize,
    pub(super) end: usize,
}

/// Signs, the longer before the shorter.
const SIGNS: [&str; 21] =
    ["!=", "<=", ">=", "=~", "==", "=", "<", ">", "+", "-", "*", "/", "^", "%", "(", ")", "[", "]", ",", "|", "."];

/// Splits a query. A slash begins a regular expression where no operator can stand.
pub(super) fn tokens(text: &str) -> Result<Vec<Placed>, QueryError> {
    let mut tokens: Vec<Placed> = Vec::new();
    let mut at = 0;
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        let first = rest.chars().next().unwrap_or_default();
        if first.is_whitespace() || first == ';' {
            at += first.len_utf8();
            continue;
        }
        if first == '#' {
            at += rest.find('\n').unwrap_or(rest.len());
            continue;
        }
        let wants_value = tokens.last().is_none_or(|last| wants_value(&last.token));
        let (token, length) = one(rest, first, wants_value).ok_or_else(|| QueryError::Token {
            found: first.to_string(),
            at: text.get(..at).map_or(0, |before| before.chars().count()) + 1,
        })?;
        tokens.push(Placed { token, at, end: at + length });
        at += length;
    }
    tokens.push(Placed { token: Token::End, at, end: at });
    Ok(tokens)
}

/// Whether a value has to follow, so that a slash is no division.
fn wants_value(last: &Token) -> bool {
    match last {
        Token::Name(name, quoted) => !quoted && ["like", "and", "or", "not", "in", "by", "parse"].contains(&&*name.to_lowercase()),
        Token::Sign(sign) => !matches!(*sign, ")" | "]"),
        Token::Text(_) | Token::Regular(..) | Token::Number(_) | Token::Span(_) | Token::End => false,
    }
}

fn one(rest: &str, first: char, wants_value: bool) -> Option<(Token, usize)> {
    match first {
        '"' | '\'' => quoted(rest, first).map(|(text, length)| (Token::Text(text), length)),
        '`' => {
            let (name, length) = quoted(rest, first)?;
            Some((Token::Name(name, true), length))
        }
        '/' if wants_value || is_regular(rest) => regular(rest),
        '0'..='9' => Some(numeric(rest)),
        _ if first.is_alphabetic() || first == '_' || first == '@' => {
            let length = rest.find(|next: char| !is_name(next)).unwrap_or(rest.len());
            let name = rest.get(..length)?.trim_end_matches('.');
            Some((Token::Name(name.to_owned(), false), name.len()))
        }
        _ => {
            let sign = SIGNS.iter().find(|sign| rest.starts_with(**sign))?;
            Some((Token::Sign(sign), sign.len()))
        }
    }
}

fn is_name(next: char) -> bool {
    next.is_alphanumeric() || matches!(next, '_' | '.' | '@' | ':')
}

/// After a field, as `parse` has it, a regular expression has its end on the same line with a name or group in it.
fn is_regular(rest: &str) -> bool {
    regular(rest).is_some_and(|(token, _)| matches!(token, Token::Regular(text, _) if text.contains("(?<") || text.contains("(?P<")))
}

/// A text up to the quote that it begins with, which a backslash hides.
fn quoted(rest: &str, quote: char) -> Option<(String, usize)> {
    let mut text = String::new();
    let mut characters = rest.char_indices().skip(1);
    while let Some((at, character)) = characters.next() {
        match character {
            '\\' => match characters.next()?.1 {
                escaped if escaped == quote || escaped == '\\' => text.push(escaped),
                other => text.extend(['\\', other]),
            },
            character if character == quote => return Some((text, at + quote.len_utf8())),
            other => text.push(other),
        }
    }
    None
}

fn regular(rest: &str) -> Option<(Token, usize)> {
    let mut text = String::new();
    let mut characters = rest.char_indices().skip(1);
    let (mut in_class, mut end) = (false, None);
    while let Some((at, character)) = characters.next() {
        match character {
            '\\' => match characters.next()?.1 {
                '/' => text.push('/'),
                other => text.extend(['\\', other]),
            },
            '/' if !in_class => {
                end = Some(at + 1);
                break;
            }
            '\n' => return None,
            other => {
                in_class = (in_class || other == '[') && other != ']';
                text.push(other);
            }
        }
    }
    let end = end?;
    let after = rest.get(end..)?;
    let ignores_case = after.starts_with('i') && !after.chars().nth(1).is_some_and(is_name);
    Some((Token::Regular(text, ignores_case), end + usize::from(ignores_case)))
}

/// A number, or a number with a unit of time right behind it.
fn numeric(rest: &str) -> (Token, usize) {
    let mut length = rest.find(|next: char| !next.is_ascii_digit()).unwrap_or(rest.len());
    let fraction = rest.get(length..).and_then(|rest| rest.strip_prefix('.')).unwrap_or_default();
    let digits = fraction.find(|next: char| !next.is_ascii_digit()).unwrap_or(fraction.len());
    if digits > 0 {
        length += 1 + digits;
    }
    let number: f64 = rest.get(..length).and_then(|text| text.parse().ok()).unwrap_or_default();
    let after = rest.get(length..).unwrap_or_default();
    let word = after.find(|next: char| !next.is_alphanumeric()).unwrap_or(after.len());
    match after.get(..word).and_then(|name| super::time::unit(&name.to_lowercase())) {
        Some(unit) => (Token::Span(scaled(number, unit)), length + word),
        None => (Token::Number(number), length),
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "units are small; what is too long is as long as can be")]
fn scaled(number: f64, unit: i64) -> i64 {
    (number * unit as f64) as i64
}
