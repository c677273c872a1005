//! `sort`: the first rows of an order.

use std::cmp::Ordering;

use super::Exhausted;
use super::budget::Budget;
use super::expression::Scene;
use super::operand::Expression;
use super::row::Row;
use super::value::Value;

/// A key of a `sort` command.
#[derive(Debug, Clone)]
pub(super) struct Key {
    pub(super) of: Expression,
    pub(super) descending: bool,
}

/// The first rows so far.
#[derive(Debug, Default)]
pub(super) struct Sorted {
    rows: Vec<(Vec<Value<'static>>, Row<'static>)>,
    weight: usize,
}

impl Sorted {
    /// Takes up a row, of which the first `most` are wanted.
    pub(super) fn add(
        &mut self,
        keys: &[Key],
        row: Row<'_>,
        now: i64,
        most: usize,
        budget: &mut Budget,
    ) -> Result<(), Exhausted> {
        let values: Vec<Value<'static>> = {
            let scene = Scene { row: &row, aggregates: &[], now };
            keys.iter().map(|key| key.of.value(scene).into_owned()).collect()
        };
        let kept = (values, row.into_owned());
        self.weight += weight(&kept);
        budget.take(weight(&kept))?;
        self.rows.push(kept);
        // Sorted now and then: each row pays for it once.
        if self.rows.len() >= most.saturating_mul(2).max(64) {
            self.cut(keys, most, budget);
        }
        Ok(())
    }

    fn cut(&mut self, keys: &[Key], most: usize, budget: &mut Budget) {
        // Rows that are equal stay in the order in which they came.
        self.rows.sort_by(|(one, _), (other, _)| compare(keys, one, other));
        self.rows.truncate(most);
        let left = self.rows.iter().map(weight).sum();
        budget.give_back(self.weight - left);
        self.weight = left;
    }

    /// The first rows, in order.
    pub(super) fn finish(mut self, keys: &[Key], most: usize, budget: &mut Budget) -> impl Iterator<Item = Row<'static>> + use<> {
        self.cut(keys, most, budget);
        budget.give_back(self.weight);
        self.rows.into_iter().map(|(_, row)| row)
    }
}

fn weight((values, row): &(Vec<Value<'static>>, Row<'static>)) -> usize {
    row.weight() + values.iter().map(|value| size_of::<Value<'static>>() + value.weight()).sum::<usize>()
}

fn compare(keys: &[Key], one: &[Value<'_>], other: &[Value<'_>]) -> Ordering {
    let orders = keys.iter().zip(one.iter().zip(other)).map(|(key, (one, other))| {
        let order = one.rank(other);
        if key.descending { order.reverse() } else { order }
    });
    orders.fold(Ordering::Equal, Ordering::then)
}
