//! Expressions: what filters ask for, and what fields are computed from.

use std::cmp::Ordering;

use regex::Regex;

use super::calendar::Period;
use super::function::Function;
use super::row::Field;
use super::value::Value;

/// An expression. Its depth is bounded by the parser.
#[derive(Debug, Clone)]
pub(super) enum Expression {
    Literal(Value<'static>),
    Field(Field),
    /// What an aggregation of the same `stats` came to.
    Aggregate(usize),
    Not(Box<Self>),
    Negative(Box<Self>),
    All(Vec<Self>),
    Any(Vec<Self>),
    Compared(Comparison, Box<Self>, Box<Self>),
    Computed(Arithmetic, Box<Self>, Box<Self>),
    Like(Box<Self>, Matcher),
    In(Box<Self>, Vec<Self>),
    Call(Function, Vec<Self>),
    /// The time of the event, rounded down.
    Bin(Period),
    /// A time, rounded down or up.
    Rounded(Box<Self>, Period, Direction),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Arithmetic {
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
    Power,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Direction {
    Down,
    Up,
}

/// What `like` looks for.
#[derive(Debug, Clone)]
pub(super) enum Matcher {
    Text(String),
    Regular(Regex),
}

impl Comparison {
    /// Whether it holds. What is missing equals nothing: `!=` holds then, and nothing else does.
    pub(super) fn holds(self, order: Option<Ordering>) -> bool {
        match self {
            Self::Equal => order == Some(Ordering::Equal),
            Self::NotEqual => order != Some(Ordering::Equal),
            Self::Less => order == Some(Ordering::Less),
            Self::LessOrEqual => order.is_some_and(Ordering::is_le),
            Self::Greater => order == Some(Ordering::Greater),
            Self::GreaterOrEqual => order.is_some_and(Ordering::is_ge),
        }
    }
}

impl Arithmetic {
    /// What two numbers come to; nothing if that is no number.
    pub(super) fn result(self, one: f64, other: f64) -> Option<f64> {
        let result = match self {
            Self::Add => one + other,
            Self::Subtract => one - other,
            Self::Multiply => one * other,
            Self::Divide => one / other,
            Self::Remainder => one % other,
            Self::Power => one.powf(other),
        };
        Some(result).filter(|result| result.is_finite())
    }
}

impl Matcher {
    pub(super) fn matches(&self, text: &str) -> bool {
        match self {
            Self::Text(part) => text.contains(part.as_str()),
            Self::Regular(regular) => regular.is_match(text),
        }
    }
}
