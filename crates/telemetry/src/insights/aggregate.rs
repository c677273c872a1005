//! Aggregations: what `stats` makes of many values.

use std::borrow::Cow;

use super::expression::Scene;
use super::operand::Expression;
use super::sketch::{Distinct, Distribution};
use super::value::Value;
use super::{Exhausted, budget::Budget};

/// An aggregation and its argument.
#[derive(Debug, Clone)]
pub(super) struct Aggregate {
    pub(super) kind: Kind,
    /// Nothing for `count(*)`.
    pub(super) of: Option<Expression>,
}

/// What is made of the values.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Kind {
    Count,
    CountDistinct,
    Sum,
    Average,
    Least,
    Greatest,
    Percentile(f64),
    Deviation,
    Earliest,
    Latest,
    SortsFirst,
    SortsLast,
}

/// An aggregation under way.
#[derive(Debug)]
pub(super) enum Tally {
    Count(u64),
    Distinct(Distinct),
    Numbers {
        count: f64,
        sum: f64,
    },
    Distribution {
        seen: Distribution,
        percent: f64,
    },
    /// Mean, and the sum of the squares of differences from it, kept up as values come.
    Deviation {
        count: f64,
        mean: f64,
        squares: f64,
    },
    Extreme {
        found: Value<'static>,
        wants_greater: bool,
        numbers: bool,
    },
    Timed {
        found: Option<(i64, Value<'static>)>,
        wants_later: bool,
    },
}

impl Kind {
    /// The aggregation of a name; its percentage comes later.
    pub(super) fn named(name: &str) -> Option<Self> {
        const TABLE: [(&str, Kind); 12] = [
            ("count", Kind::Count),
            ("count_distinct", Kind::CountDistinct),
            ("sum", Kind::Sum),
            ("avg", Kind::Average),
            ("min", Kind::Least),
            ("max", Kind::Greatest),
            ("pct", Kind::Percentile(0.0)),
            ("stddev", Kind::Deviation),
            ("earliest", Kind::Earliest),
            ("latest", Kind::Latest),
            ("sortsFirst", Kind::SortsFirst),
            ("sortsLast", Kind::SortsLast),
        ];
        TABLE.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, kind)| *kind)
    }

    pub(super) fn start(self) -> Tally {
        let extreme = |wants_greater, numbers| Tally::Extreme { found: Value::Missing, wants_greater, numbers };
        match self {
            Self::Count => Tally::Count(0),
            Self::CountDistinct => Tally::Distinct(Distinct::default()),
            Self::Sum => Tally::Numbers { count: 0.0, sum: 0.0 },
            Self::Average => Tally::Numbers { count: 0.0, sum: 0.0 },
            Self::Least => extreme(false, true),
            Self::Greatest => extreme(true, true),
            Self::Percentile(percent) => Tally::Distribution { seen: Distribution::default(), percent },
            Self::Deviation => Tally::Deviation { count: 0.0, mean: 0.0, squares: 0.0 },
            Self::Earliest => Tally::Timed { found: None, wants_later: false },
            Self::Latest => Tally::Timed { found: None, wants_later: true },
            Self::SortsFirst => extreme(false, false),
            Self::SortsLast => extreme(true, false),
        }
    }
}

impl Aggregate {
    /// Takes up a row. Values that are missing, or no numbers where numbers are wanted, do not count.
    pub(super) fn add(&self, tally: &mut Tally, scene: Scene<'_>, budget: &mut Budget) -> Result<(), Exhausted> {
        let value = self.of.as_ref().map(|of| of.value(scene));
        if value.as_ref().is_some_and(Value::is_missing) {
            return Ok(());
        }
        let value = value.unwrap_or_default();
        let number = value.as_number();
        match tally {
            Tally::Count(count) => *count += 1,
            Tally::Distinct(seen) => {
                let before = seen.weight();
                seen.add(&value.as_text().unwrap_or(Cow::Borrowed("")));
                return budget.take(seen.weight().saturating_sub(before));
            }
            Tally::Distribution { seen, .. } => {
                let before = seen.weight();
                number.into_iter().for_each(|number| seen.add(number));
                return budget.take(seen.weight().saturating_sub(before));
            }
            Tally::Numbers { count, sum } => {
                if let Some(number) = number {
                    *count += 1.0;
                    *sum += number;
                }
            }
            Tally::Deviation { count, mean, squares } => {
                if let Some(number) = number {
                    *count += 1.0;
                    let before = number - *mean;
                    *mean += before / *count;
                    *squares += before * (number - *mean);
                }
            }
            Tally::Extreme { found, wants_greater, numbers } => {
                let order = value.rank(found);
                let is_better = found.is_missing() || if *wants_greater { order.is_gt() } else { order.is_lt() };
                if is_better && (!*numbers || number.is_some()) {
                    budget.take(value.weight())?;
                    budget.give_back(found.weight());
                    *found = value.into_owned();
                }
            }
            Tally::Timed { found, wants_later } => {
                let time = scene.row.timestamp().unwrap_or(0);
                let is_better = found.as_ref().is_none_or(|(at, _)| if *wants_later { time > *at } else { time < *at });
                if is_better {
                    budget.take(value.weight())?;
                    budget.give_back(found.as_ref().map_or(0, |(_, value)| value.weight()));
                    *found = Some((time, value.into_owned()));
                }
            }
        }
        Ok(())
    }

    /// What it came to.
    #[expect(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
    pub(super) fn result(&self, tally: Tally) -> Value<'static> {
        match tally {
            Tally::Count(count) => Value::Number(count as f64),
            Tally::Distinct(seen) => Value::Number(seen.count()),
            Tally::Numbers { count, sum } if self.kind == Kind::Sum && count > 0.0 => Value::Number(sum),
            Tally::Numbers { count, sum } if count > 0.0 => Value::Number(sum / count),
            Tally::Numbers { .. } => Value::Missing,
            Tally::Distribution { mut seen, percent } => seen.percentile(percent).map_or(Value::Missing, Value::Number),
            Tally::Deviation { count, squares, .. } if count > 1.0 => Value::Number((squares / (count - 1.0)).sqrt()),
            Tally::Deviation { count, .. } if count > 0.0 => Value::Number(0.0),
            Tally::Deviation { .. } => Value::Missing,
            Tally::Extreme { found, .. } => found,
            Tally::Timed { found, .. } => found.map(|(_, value)| value).unwrap_or_default(),
        }
    }
}
