//! `stats`: rows by group.

use std::collections::HashMap;
use std::fmt::Write as _;

use super::Exhausted;
use super::aggregate::{Aggregate, Tally};
use super::budget::Budget;
use super::expression::Scene;
use super::operand::Expression;
use super::query::Column;
use super::row::{Field, Row};
use super::value::Value;

/// What a group takes besides its values.
const GROUP_BYTES: usize = 200;

/// A `stats` command.
#[derive(Debug, Clone)]
pub(super) struct Stats {
    pub(super) aggregates: Vec<Aggregate>,
    /// What is shown of them.
    pub(super) columns: Vec<(Field, Expression)>,
    pub(super) by: Vec<Column>,
}

/// The groups of a `stats` under way, in the order in which they came.
#[derive(Debug, Default)]
pub(super) struct Groups {
    places: HashMap<Box<str>, usize>,
    groups: Vec<Group>,
    /// The key that was made last: its memory is used again.
    key: String,
}

#[derive(Debug)]
struct Group {
    by: Vec<Value<'static>>,
    tallies: Vec<Tally>,
}

impl Stats {
    pub(super) fn add(&self, groups: &mut Groups, row: &Row<'_>, now: i64, budget: &mut Budget) -> Result<(), Exhausted> {
        let scene = Scene { row, aggregates: &[], now };
        groups.key.clear();
        for column in &self.by {
            write_key(&mut groups.key, &column.value(scene));
        }
        let place = match groups.places.get(groups.key.as_str()) {
            Some(place) => *place,
            None => {
                let by: Vec<Value<'static>> = self.by.iter().map(|column| column.value(scene).into_owned()).collect();
                let weight = by.iter().map(Value::weight).sum::<usize>() + groups.key.len();
                budget.take(GROUP_BYTES + weight + self.aggregates.len() * size_of::<Tally>())?;
                let tallies = self.aggregates.iter().map(|aggregate| aggregate.kind.start()).collect();
                groups.groups.push(Group { by, tallies });
                groups.places.insert(groups.key.as_str().into(), groups.groups.len() - 1);
                groups.groups.len() - 1
            }
        };
        let Some(group) = groups.groups.get_mut(place) else { return Ok(()) };
        for (aggregate, tally) in self.aggregates.iter().zip(&mut group.tallies) {
            aggregate.add(tally, scene, budget)?;
        }
        Ok(())
    }

    /// A row for each group.
    pub(super) fn rows(&self, groups: Groups, now: i64) -> impl Iterator<Item = Row<'static>> {
        groups.groups.into_iter().map(move |group| {
            let results = self.aggregates.iter().zip(group.tallies).map(|(aggregate, tally)| aggregate.result(tally));
            let results: Vec<Value<'static>> = results.collect();
            let empty = Row::default();
            let scene = Scene { row: &empty, aggregates: &results, now };
            let by = self.by.iter().zip(group.by).map(|(column, value)| (column.field.name.clone(), value));
            let shown = self.columns.iter().map(|(field, column)| (field.name.clone(), column.value(scene).into_owned()));
            Row::of_values(by.chain(shown).filter(|(_, value)| !value.is_missing()).collect())
        })
    }
}

/// Adds a value to a key: no two lists of values have the same.
pub(super) fn write_key(key: &mut String, value: &Value<'_>) {
    match value.as_text() {
        // Writing into a text does not fail.
        Some(text) => drop(write!(key, "{}:{text}", text.len())),
        None => key.push('-'),
    }
}
