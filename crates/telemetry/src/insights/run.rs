//! A query at work: rows go through its commands, one after the other.

use std::collections::HashSet;
use std::sync::Arc;

use super::Exhausted;
use super::budget::Budget;
use super::expression::Scene;
use super::order::Sorted;
use super::query::{Query, Step};
use super::row::{Field, Row, Subject};
use super::stats::{Groups, write_key};
use crate::logs::Position;

/// What an entry of a set takes besides its key.
const KEY_BYTES: usize = 64;

/// A query at work.
#[derive(Debug)]
pub struct Run {
    query: Query,
    now: i64,
    most: usize,
    states: Vec<State>,
    budget: Budget,
    results: Vec<ResultRow>,
    statistics: Statistics,
}

/// What a query has looked at.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Statistics {
    /// Events that went through the filters.
    pub matched: u64,
    /// Events.
    pub scanned: u64,
    /// Their text.
    pub bytes: u64,
}

/// A row of the result.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ResultRow {
    /// Fields and their values, in the order of the query.
    pub values: Vec<(Arc<str>, String)>,
    /// The event that it is, if it is one: in which of the groups, and where it stands.
    pub event: Option<(usize, Position)>,
}

/// What came of a query.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outcome {
    /// Its rows.
    pub rows: Vec<ResultRow>,
    /// What it looked at.
    pub statistics: Statistics,
}

/// What a command keeps between rows.
#[derive(Debug)]
enum State {
    Nothing,
    Seen(HashSet<Box<str>>),
    Counted(usize),
    Sorted(Sorted),
    Groups(Groups),
}

/// Whether more rows are of use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wants {
    More,
    Nothing,
}

impl Run {
    pub(super) fn new(query: Query, now: i64, most: usize) -> Self {
        let state = |step: &Step| match step {
            Step::Fields(_) | Step::Filter(_) | Step::Parse(_) => State::Nothing,
            Step::Dedup(_) => State::Seen(HashSet::new()),
            Step::Limit(_) => State::Counted(0),
            Step::Sort(_) => State::Sorted(Sorted::default()),
            Step::Stats(_) => State::Groups(Groups::default()),
        };
        let states = query.steps.iter().map(state).collect();
        let (budget, results, statistics) = (Budget::default(), Vec::new(), Statistics::default());
        Self { query, now, most, states, budget, results, statistics }
    }

    /// What it has looked at so far.
    #[must_use]
    pub const fn statistics(&self) -> Statistics {
        self.statistics
    }

    /// Takes up an event; events come in the order of their times, the newest first. Answers whether more are of use.
    ///
    /// # Errors
    /// The query holds too much.
    pub fn push(&mut self, subject: Subject<'_>) -> Result<bool, Exhausted> {
        self.statistics.scanned += 1;
        self.statistics.bytes += subject.message.len() as u64;
        Ok(self.pass(0, Row::of_event(subject), true)? == Wants::More)
    }

    /// What came of it, once there are no more events.
    ///
    /// # Errors
    /// The query holds too much.
    pub fn finish(mut self) -> Result<Outcome, Exhausted> {
        for place in 0..self.states.len() {
            let Some(state) = self.states.get_mut(place) else { break };
            match (std::mem::replace(state, State::Nothing), self.query.steps.get(place)) {
                (State::Sorted(sorted), Some(Step::Sort(keys))) => {
                    let keys = keys.clone();
                    let most = self.query.wanted_after(place, self.most).unwrap_or(usize::MAX);
                    let rows = sorted.finish(&keys, most, &mut self.budget);
                    self.pass_on(place, rows)?;
                }
                (State::Groups(groups), Some(Step::Stats(stats))) => {
                    let stats = stats.clone();
                    self.pass_on(place, stats.rows(groups, self.now))?;
                }
                (other, _) => {
                    if let Some(state) = self.states.get_mut(place) {
                        *state = other;
                    }
                }
            }
        }
        Ok(Outcome { rows: self.results, statistics: self.statistics })
    }

    /// Gives what a command has gathered to those after it.
    fn pass_on(&mut self, place: usize, rows: impl Iterator<Item = Row<'static>>) -> Result<(), Exhausted> {
        for row in rows {
            if self.pass(place + 1, row, false)? == Wants::Nothing {
                break;
            }
        }
        Ok(())
    }

    /// Takes a row through the commands from a place on. `is_event` is true up to the first command that gathers rows.
    fn pass(&mut self, from: usize, mut row: Row<'_>, is_event: bool) -> Result<Wants, Exhausted> {
        let (now, most) = (self.now, self.most);
        let mut wants = Wants::More;
        let mut is_matched = !is_event;
        for place in from..self.query.steps.len() {
            let (Some(step), Some(state)) = (self.query.steps.get(place), self.states.get_mut(place)) else { break };
            if !is_matched && !matches!(step, Step::Fields(_) | Step::Filter(_) | Step::Parse(_)) {
                self.statistics.matched += 1;
                is_matched = true;
            }
            match (step, state) {
                (Step::Fields(columns), _) => {
                    for column in columns.iter().filter(|column| column.computed.is_some()) {
                        let value = column.value(Scene { row: &row, aggregates: &[], now }).into_owned();
                        row.set(&column.field.name, value);
                    }
                }
                (Step::Filter(condition), _) => {
                    if !condition.value(Scene { row: &row, aggregates: &[], now }).is_true() {
                        return Ok(wants);
                    }
                }
                (Step::Parse(extract), _) => extract.apply(&mut row, now),
                (Step::Limit(limit), State::Counted(count)) => {
                    if *count >= *limit {
                        return Ok(Wants::Nothing);
                    }
                    *count += 1;
                    if *count == *limit {
                        wants = Wants::Nothing;
                    }
                }
                (Step::Dedup(fields), State::Seen(seen)) => {
                    if let Some(key) = dedup_key(fields, &row) {
                        self.budget.take(key.len() + KEY_BYTES)?;
                        if !seen.insert(key.into()) {
                            return Ok(wants);
                        }
                    }
                }
                (Step::Sort(keys), State::Sorted(sorted)) => {
                    let kept = self.query.wanted_after(place, most).unwrap_or(usize::MAX);
                    sorted.add(keys, row, now, kept, &mut self.budget)?;
                    return Ok(wants);
                }
                (Step::Stats(stats), State::Groups(groups)) => {
                    stats.add(groups, &row, now, &mut self.budget)?;
                    return Ok(wants);
                }
                // A command and its state are made together.
                (Step::Limit(_) | Step::Dedup(_) | Step::Sort(_) | Step::Stats(_), _) => {}
            }
        }
        if !is_matched {
            self.statistics.matched += 1;
        }
        self.show(&row)?;
        Ok(if self.results.len() >= self.most { Wants::Nothing } else { wants })
    }

    fn show(&mut self, row: &Row<'_>) -> Result<(), Exhausted> {
        if self.results.len() >= self.most {
            return Ok(());
        }
        let value = |field: &Field| Some((field.name.clone(), row.get(field).as_text()?.into_owned()));
        let values: Vec<_> = self.query.shown.iter().filter_map(value).collect();
        let weight = values.iter().map(|(_, value)| size_of::<(Arc<str>, String)>() + value.len());
        self.budget.take(weight.sum::<usize>() + size_of::<ResultRow>())?;
        self.results.push(ResultRow { values, event: row.event.as_ref().map(|event| event.found()) });
        Ok(())
    }
}

/// What a row has in the fields; nothing if it lacks one, as such a row is the same as no other.
fn dedup_key(fields: &[Field], row: &Row<'_>) -> Option<String> {
    let mut key = String::new();
    for field in fields {
        let value = row.get(field);
        if value.is_missing() {
            return None;
        }
        write_key(&mut key, &value);
    }
    Some(key)
}
