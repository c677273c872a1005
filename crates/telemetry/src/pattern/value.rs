//! Comparing a field with what a pattern wants of it.

use regex::Regex;

use super::cursor::Cursor;
use super::glob::Glob;
use super::{PatternError, regular};

/// How a field is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operator {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// What a field is compared with.
#[derive(Debug, Clone)]
pub(super) enum Wanted {
    /// A text, in quotes or with an asterisk or a letter in it.
    Text(Glob),
    /// A number, and how it was written.
    Number { number: f64, written: String },
    /// A regular expression.
    Regular(Regex),
}

/// A comparison without its field.
#[derive(Debug, Clone)]
pub(super) struct Comparison {
    operator: Operator,
    wanted: Wanted,
}

/// What a field holds.
#[derive(Debug, Clone, Copy)]
pub(super) enum Held<'a> {
    /// A number.
    Number(f64, &'a str),
    /// A text, which may look like a number.
    Text(&'a str),
}

impl Operator {
    /// Goes over an operator; nothing if there is none.
    fn read(cursor: &mut Cursor<'_>) -> Option<Self> {
        const TABLE: [(&str, Operator); 6] = [
            ("!=", Operator::NotEqual),
            ("<=", Operator::LessOrEqual),
            (">=", Operator::GreaterOrEqual),
            ("=", Operator::Equal),
            ("<", Operator::Less),
            (">", Operator::Greater),
        ];
        cursor.skip_space();
        TABLE.iter().find(|(sign, _)| cursor.take(sign)).map(|(_, operator)| *operator)
    }

    fn holds(self, order: Option<std::cmp::Ordering>) -> bool {
        order.is_some_and(|order| match self {
            Self::Equal => order.is_eq(),
            Self::NotEqual => order.is_ne(),
            Self::Less => order.is_lt(),
            Self::LessOrEqual => order.is_le(),
            Self::Greater => order.is_gt(),
            Self::GreaterOrEqual => order.is_ge(),
        })
    }
}

impl Comparison {
    /// Reads an operator and a value; nothing, and nothing read, if no operator is next.
    pub(super) fn read(cursor: &mut Cursor<'_>) -> Result<Option<Self>, PatternError> {
        let Some(operator) = Operator::read(cursor) else { return Ok(None) };
        cursor.skip_space();
        let wanted = match cursor.peek() {
            Some('"') => Wanted::Text(Glob::new(&cursor.quoted()?)),
            Some('%') => Wanted::Regular(regular::compile(cursor.between_percent()?)?),
            _ => bare(cursor)?,
        };
        let is_equality = matches!(operator, Operator::Equal | Operator::NotEqual);
        if !is_equality && !matches!(wanted, Wanted::Number { .. }) {
            return Err(cursor.expected("a number before this"));
        }
        Ok(Some(Self { operator, wanted }))
    }

    /// Whether a field that is there holds what is wanted.
    pub(super) fn holds(&self, held: Held<'_>) -> bool {
        let is_equal = match (&self.wanted, held) {
            (Wanted::Number { number, .. }, Held::Number(value, _)) => return self.operator.holds(value.partial_cmp(number)),
            // Fields between spaces are texts, and so are the numbers in them.
            (Wanted::Number { number: wanted, written }, Held::Text(text)) => match number(text) {
                Some(value) => return self.operator.holds(value.partial_cmp(wanted)),
                None => text == written,
            },
            (Wanted::Text(glob), Held::Number(_, text) | Held::Text(text)) => glob.matches(text),
            (Wanted::Regular(regular), Held::Number(_, text) | Held::Text(text)) => regular.is_match(text),
        };
        match self.operator {
            Operator::Equal => is_equal,
            Operator::NotEqual => !is_equal,
            Operator::Less | Operator::LessOrEqual | Operator::Greater | Operator::GreaterOrEqual => false,
        }
    }

    pub(super) const fn is_regular(&self) -> bool {
        matches!(self.wanted, Wanted::Regular(_))
    }
}

/// A value without quotes: a number, or a text of letters, digits and a few signs.
fn bare(cursor: &mut Cursor<'_>) -> Result<Wanted, PatternError> {
    let text = cursor.take_while(|character| character.is_alphanumeric() || "_-.*:/+@#".contains(character));
    if text.is_empty() {
        return Err(cursor
            .peek()
            .map_or_else(|| cursor.expected("a value"), |character| PatternError::Characters(character.to_string())));
    }
    Ok(match number(text) {
        Some(number) => Wanted::Number { number, written: text.to_owned() },
        None => Wanted::Text(Glob::new(text)),
    })
}

/// A decimal number, maybe with an exponent: not all that the parser of the language takes.
fn number(text: &str) -> Option<f64> {
    let is_plain = text.bytes().all(|byte| byte.is_ascii_digit() || b"+-.eE".contains(&byte));
    let has_digit = text.bytes().any(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|number: &f64| is_plain && has_digit && number.is_finite())
}
