//! Patterns for JSON objects: `{ ($.level = "ERROR" || $.code >= 500) && $.trace NOT EXISTS }`.

use std::collections::BTreeMap;

use serde_json::Value;

use super::PatternError;
use super::cursor::Cursor;
use super::expression::Expression;
use super::selector::Selector;
use super::value::{Comparison, Held};

/// Wildcards for elements in a pattern of several conditions, at most.
const MOST_WILDCARDS: usize = 3;

/// Conditions on the fields of a JSON object.
#[derive(Debug, Clone)]
pub(super) struct Json(Expression<Condition>);

#[derive(Debug, Clone)]
struct Condition {
    selector: Selector,
    test: Test,
}

#[derive(Debug, Clone)]
enum Test {
    Holds(Comparison),
    IsNull,
    Is(bool),
    NotExists,
}

/// The object that a text is; nothing if it is anything else.
pub(super) fn parsed(text: &str) -> Option<Value> {
    // Most lines that are no object are told by their first letter.
    if !text.trim_start().starts_with('{') {
        return None;
    }
    serde_json::from_str(text).ok()
}

impl Json {
    pub(super) fn parse(cursor: &mut Cursor<'_>) -> Result<Self, PatternError> {
        cursor.expect("{", "an opening brace")?;
        let expression = Expression::parse(cursor, &condition)?;
        cursor.expect("}", "an operator or the closing brace")?;
        cursor.skip_space();
        if !cursor.is_done() {
            return Err(cursor.expected("the end of the pattern"));
        }
        let mut wildcards = 0;
        expression.each(&mut |condition| wildcards += condition.selector.wildcards());
        if wildcards > MOST_WILDCARDS {
            return Err(PatternError::Wildcards);
        }
        Ok(Self(expression))
    }

    pub(super) fn matches(&self, object: &Value) -> bool {
        self.0.holds(&|condition| condition.holds(object))
    }

    pub(super) fn extract(&self, object: &Value) -> BTreeMap<String, String> {
        let mut values = BTreeMap::new();
        self.0.each(&mut |condition| {
            condition.selector.any(object, &mut |value| {
                values.insert(condition.selector.written().to_owned(), written(value));
                true
            });
        });
        values
    }

    pub(super) fn regular_expressions(&self) -> usize {
        let mut count = 0;
        self.0.each(&mut |condition| {
            count += usize::from(matches!(&condition.test, Test::Holds(comparison) if comparison.is_regular()));
        });
        count
    }
}

impl Condition {
    /// A comparison with a value that is not there, or that is an object or a list, does not hold, whatever its operator.
    fn holds(&self, object: &Value) -> bool {
        match &self.test {
            Test::Holds(comparison) => self.selector.any(object, &mut |value| match value {
                Value::Number(number) => {
                    number.as_f64().is_some_and(|value| comparison.holds(Held::Number(value, &number.to_string())))
                }
                Value::String(text) => comparison.holds(Held::Text(text)),
                Value::Bool(truth) => comparison.holds(Held::Text(if *truth { "true" } else { "false" })),
                Value::Null | Value::Array(_) | Value::Object(_) => false,
            }),
            Test::IsNull => self.selector.any(object, &mut Value::is_null),
            Test::Is(truth) => self.selector.any(object, &mut |value| value.as_bool() == Some(*truth)),
            Test::NotExists => !self.selector.any(object, &mut |_| true),
        }
    }
}

fn condition(cursor: &mut Cursor<'_>) -> Result<Condition, PatternError> {
    cursor.skip_space();
    let selector = Selector::parse(cursor)?;
    if let Some(comparison) = Comparison::read(cursor)? {
        return Ok(Condition { selector, test: Test::Holds(comparison) });
    }
    let test = if cursor.take_word("IS") {
        [("NULL", Test::IsNull), ("TRUE", Test::Is(true)), ("FALSE", Test::Is(false))]
            .into_iter()
            .find(|(word, _)| cursor.take_word(word))
            .map(|(_, test)| test)
            .ok_or_else(|| cursor.expected("NULL, TRUE or FALSE"))?
    } else if cursor.take_word("NOT") && cursor.take_word("EXISTS") {
        Test::NotExists
    } else {
        return Err(cursor.expected("an operator, IS or NOT EXISTS"));
    };
    Ok(Condition { selector, test })
}

fn written(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
