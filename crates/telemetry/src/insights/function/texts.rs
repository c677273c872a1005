//! Functions of texts and documents.

use std::borrow::Cow;

use serde_json::Value as Json;

use super::Function;
use crate::insights::value::Value;

/// What a function may make out of little: a text replaced by a longer one, many times.
const LONGEST: usize = 1 << 20;

/// What a call comes to.
pub(super) fn call(function: Function, arguments: &[Value<'_>]) -> Value<'static> {
    made(function, arguments).unwrap_or_default()
}

fn made(function: Function, arguments: &[Value<'_>]) -> Option<Value<'static>> {
    let argument = |place: usize| arguments.get(place).and_then(Value::as_text);
    if function == Function::Concat {
        return joined(arguments);
    }
    let text = argument(0)?;
    Some(match function {
        Function::StrLen => Value::Number(count(text.chars().count())),
        Function::ToLower => Value::text(text.to_lowercase()),
        Function::ToUpper => Value::text(text.to_uppercase()),
        Function::Trim => trimmed(&text, argument(1), true, true),
        Function::Ltrim => trimmed(&text, argument(1), true, false),
        Function::Rtrim => trimmed(&text, argument(1), false, true),
        Function::StrContains => Value::Bool(text.contains(&*argument(1)?)),
        Function::Substr => part(&text, place(arguments.get(1)?)?, arguments.get(2).map(place)),
        Function::Replace => replaced(&text, &argument(1)?, &argument(2)?)?,
        Function::JsonParse => match serde_json::from_str(&text).ok()? {
            Json::String(text) => Value::text(text),
            Json::Bool(truth) => Value::Bool(truth),
            Json::Null => return None,
            other => Value::Json(Cow::Owned(other)),
        },
        Function::JsonStringify => match arguments.first()? {
            Value::Json(json) => Value::text(json.to_string()),
            _ => Value::text(Json::String(text.into_owned()).to_string()),
        },
        _ => return None,
    })
}

fn joined(arguments: &[Value<'_>]) -> Option<Value<'static>> {
    let mut text = String::new();
    for argument in arguments.iter().filter_map(Value::as_text) {
        if text.len() + argument.len() > LONGEST {
            return None;
        }
        text.push_str(&argument);
    }
    Some(Value::text(text))
}

fn trimmed(text: &str, characters: Option<Cow<'_, str>>, start: bool, end: bool) -> Value<'static> {
    let goes = |character: char| match &characters {
        Some(characters) => characters.contains(character),
        None => character.is_whitespace(),
    };
    let text = if start { text.trim_start_matches(goes) } else { text };
    Value::text(if end { text.trim_end_matches(goes) } else { text }.to_owned())
}

fn replaced(text: &str, what: &str, with: &str) -> Option<Value<'static>> {
    if what.is_empty() {
        return Some(Value::text(text.to_owned()));
    }
    let added = text.matches(what).count().saturating_mul(with.len());
    (text.len().saturating_add(added) <= LONGEST).then(|| Value::text(text.replace(what, with)))
}

/// From a character on, which is counted from 0, so many.
fn part(text: &str, start: usize, length: Option<Option<usize>>) -> Value<'static> {
    let rest = text.chars().skip(start);
    Value::text(match length {
        None => rest.collect::<String>(),
        Some(length) => rest.take(length.unwrap_or(0)).collect(),
    })
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a float beyond the range becomes its end")]
fn place(value: &Value<'_>) -> Option<usize> {
    value.as_number().map(|number| number as usize)
}

#[expect(clippy::cast_precision_loss, reason = "texts are far shorter")]
const fn count(characters: usize) -> f64 {
    characters as f64
}
