//! Conditions under "and", "or" and parentheses.

use super::PatternError;
use super::cursor::Cursor;

/// Parentheses within parentheses, at most.
const DEEPEST: usize = 32;

/// Conditions and how they are joined.
#[derive(Debug, Clone)]
pub(super) enum Expression<C> {
    One(C),
    All(Vec<Self>),
    Any(Vec<Self>),
}

impl<C> Expression<C> {
    /// Reads an expression whose conditions `one` reads. "And" binds closer than "or".
    pub(super) fn parse<'a>(
        cursor: &mut Cursor<'a>,
        one: &impl Fn(&mut Cursor<'a>) -> Result<C, PatternError>,
    ) -> Result<Self, PatternError> {
        Self::any(cursor, one, 0)
    }

    fn any<'a>(
        cursor: &mut Cursor<'a>,
        one: &impl Fn(&mut Cursor<'a>) -> Result<C, PatternError>,
        depth: usize,
    ) -> Result<Self, PatternError> {
        let first = Self::all(cursor, one, depth)?;
        let mut parts = vec![first];
        while joined(cursor, "||") {
            parts.push(Self::all(cursor, one, depth)?);
        }
        Ok(single(parts).unwrap_or_else(Self::Any))
    }

    fn all<'a>(
        cursor: &mut Cursor<'a>,
        one: &impl Fn(&mut Cursor<'a>) -> Result<C, PatternError>,
        depth: usize,
    ) -> Result<Self, PatternError> {
        let mut parts = vec![Self::part(cursor, one, depth)?];
        while joined(cursor, "&&") {
            parts.push(Self::part(cursor, one, depth)?);
        }
        Ok(single(parts).unwrap_or_else(Self::All))
    }

    fn part<'a>(
        cursor: &mut Cursor<'a>,
        one: &impl Fn(&mut Cursor<'a>) -> Result<C, PatternError>,
        depth: usize,
    ) -> Result<Self, PatternError> {
        cursor.skip_space();
        if !cursor.take("(") {
            return one(cursor).map(Self::One);
        }
        if depth == DEEPEST {
            return Err(PatternError::Nested);
        }
        let inner = Self::any(cursor, one, depth + 1)?;
        cursor.expect(")", "a closing parenthesis")?;
        Ok(inner)
    }

    /// Whether it holds, if `holds` says which conditions do.
    pub(super) fn holds(&self, holds: &impl Fn(&C) -> bool) -> bool {
        match self {
            Self::One(condition) => holds(condition),
            Self::All(parts) => parts.iter().all(|part| part.holds(holds)),
            Self::Any(parts) => parts.iter().any(|part| part.holds(holds)),
        }
    }

    /// Visits each condition, in the order they were written.
    pub(super) fn each<'a>(&'a self, visit: &mut impl FnMut(&'a C)) {
        match self {
            Self::One(condition) => visit(condition),
            Self::All(parts) | Self::Any(parts) => parts.iter().for_each(|part| part.each(visit)),
        }
    }
}

fn joined(cursor: &mut Cursor<'_>, sign: &str) -> bool {
    cursor.skip_space();
    cursor.take(sign)
}

/// The only one of a list, or the list.
fn single<T>(mut list: Vec<T>) -> Result<T, Vec<T>> {
    if list.len() > 1 {
        return Err(list);
    }
    list.pop().ok_or(list)
}
