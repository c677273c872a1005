//! Queries, parsed and checked.

use std::str::FromStr;

use super::Malformed;
use super::expression::Scene;
use super::extract::Extract;
use super::operand::Expression;
use super::order::Key;
use super::parser::Parser;
use super::row::Field;
use super::run::Run;
use super::stats::Stats;
use super::value::Value;

/// Rows that a query answers, at most.
pub const MOST_ROWS: usize = 100_000;
/// Rows that it answers where nothing is said.
const USUAL_ROWS: usize = 10_000;

/// A query.
#[derive(Debug, Clone)]
pub struct Query {
    pub(super) steps: Vec<Step>,
    /// What is shown of a row, in this order.
    pub(super) shown: Vec<Field>,
}

/// A command.
#[derive(Debug, Clone)]
pub(super) enum Step {
    /// Adds computed fields.
    Fields(Vec<Column>),
    Filter(Expression),
    Parse(Extract),
    Stats(Stats),
    Sort(Vec<Key>),
    Limit(usize),
    Dedup(Vec<Field>),
}

/// A column: a field, or what an expression comes to under a name.
#[derive(Debug, Clone)]
pub(super) struct Column {
    pub(super) field: Field,
    pub(super) computed: Option<Expression>,
}

impl Column {
    pub(super) fn value<'s>(&'s self, scene: Scene<'s>) -> Value<'s> {
        match &self.computed {
            Some(expression) => expression.value(scene),
            None => scene.row.get(&self.field),
        }
    }
}

impl Query {
    /// Starts it at a time, in milliseconds since 1970. It answers so many rows, if the query itself does not say fewer.
    #[must_use]
    pub fn start(self, now: i64, most: Option<usize>) -> Run {
        let most = most.unwrap_or_else(|| self.limit().unwrap_or(USUAL_ROWS)).clamp(1, MOST_ROWS);
        Run::new(self, now, most)
    }

    /// The last `limit` of the query.
    fn limit(&self) -> Option<usize> {
        self.steps.iter().rev().find_map(|step| if let Step::Limit(most) = step { Some(*most) } else { None })
    }

    /// How many rows are wanted of what a step makes, if so many are wanted of the whole; nothing if that cannot be told.
    pub(super) fn wanted_after(&self, place: usize, most: usize) -> Option<usize> {
        for step in self.steps.iter().skip(place + 1) {
            match step {
                Step::Fields(_) | Step::Parse(_) => {}
                Step::Limit(limit) => return Some((*limit).min(MOST_ROWS)),
                Step::Filter(_) | Step::Stats(_) | Step::Sort(_) | Step::Dedup(_) => return None,
            }
        }
        Some(most)
    }
}

impl FromStr for Query {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        Parser::new(text)?.query()
    }
}
