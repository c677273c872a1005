//! Evaluating expressions.

use super::calendar::Period;
use super::operand::{Direction, Expression};
use super::row::Row;
use super::value::Value;

/// What an expression is evaluated with.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scene<'s> {
    pub(super) row: &'s Row<'s>,
    /// What the aggregations of a `stats` came to.
    pub(super) aggregates: &'s [Value<'static>],
    /// When the query began, in milliseconds since 1970.
    pub(super) now: i64,
}

impl Expression {
    /// What the expression comes to.
    pub(super) fn value<'s>(&'s self, scene: Scene<'s>) -> Value<'s> {
        match self {
            Self::Literal(value) => value.borrowed(),
            Self::Field(field) => scene.row.get(field),
            Self::Aggregate(number) => scene.aggregates.get(*number).map_or(Value::Missing, Value::borrowed),
            Self::Not(inner) => Value::Bool(!inner.value(scene).is_true()),
            Self::Negative(inner) => inner.value(scene).as_number().map_or(Value::Missing, |number| Value::Number(-number)),
            Self::All(all) => Value::Bool(all.iter().all(|one| one.value(scene).is_true())),
            Self::Any(any) => Value::Bool(any.iter().any(|one| one.value(scene).is_true())),
            Self::Compared(comparison, one, other) => {
                Value::Bool(comparison.holds(one.value(scene).compare(&other.value(scene))))
            }
            Self::Computed(arithmetic, one, other) => {
                let numbers = one.value(scene).as_number().zip(other.value(scene).as_number());
                let result = numbers.and_then(|(one, other)| arithmetic.result(one, other));
                result.map_or(Value::Missing, Value::Number)
            }
            Self::Like(inner, matcher) => Value::Bool(inner.value(scene).as_text().is_some_and(|text| matcher.matches(&text))),
            Self::In(inner, list) => {
                let wanted = inner.value(scene);
                Value::Bool(list.iter().any(|one| wanted.compare(&one.value(scene)).is_some_and(std::cmp::Ordering::is_eq)))
            }
            Self::Call(function, arguments) => function.call(arguments, scene),
            Self::Bin(period) => scene.row.timestamp().map_or(Value::Missing, |millis| Value::Time(period.floor(millis))),
            Self::Rounded(time, period, direction) => rounded(&time.value(scene), *period, *direction),
        }
    }

    /// Calls `visit` with the fields that it names.
    pub(super) fn each_field(&self, visit: &mut dyn FnMut(&super::row::Field)) {
        match self {
            Self::Field(field) => visit(field),
            Self::Literal(_) | Self::Aggregate(_) | Self::Bin(_) => {}
            Self::Not(inner) | Self::Negative(inner) | Self::Like(inner, _) | Self::Rounded(inner, ..) => inner.each_field(visit),
            Self::All(all) | Self::Any(all) | Self::Call(_, all) => all.iter().for_each(|one| one.each_field(visit)),
            Self::Compared(_, one, other) | Self::Computed(_, one, other) => {
                one.each_field(visit);
                other.each_field(visit);
            }
            Self::In(inner, list) => {
                inner.each_field(visit);
                list.iter().for_each(|one| one.each_field(visit));
            }
        }
    }
}

fn rounded(time: &Value<'_>, period: Period, direction: Direction) -> Value<'static> {
    let Some(millis) = millis(time) else { return Value::Missing };
    Value::Time(match direction {
        Direction::Down => period.floor(millis),
        Direction::Up => period.ceil(millis),
    })
}

/// A value as a time.
#[expect(clippy::cast_possible_truncation, reason = "a float beyond the range becomes its end")]
pub(super) fn millis(value: &Value<'_>) -> Option<i64> {
    match value {
        Value::Time(millis) => Some(*millis),
        other => other.as_number().map(|number| number as i64),
    }
}
