//! The fields of an event that is a JSON object.

use serde_json::Value as Json;

use super::value::Value;

/// Fields of one event that are found, as CloudWatch has it.
const MOST_FIELDS: usize = 200;

/// The fields of a message and what they hold; those of objects and lists within it have dots in their names.
#[must_use]
pub fn discovered(message: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    if message.trim_start().starts_with('{')
        && let Ok(object) = serde_json::from_str(message)
    {
        flatten("", &object, &mut found);
    }
    found
}

fn flatten(name: &str, json: &Json, found: &mut Vec<(String, String)>) {
    let within = |part: &str| if name.is_empty() { part.to_owned() } else { format!("{name}.{part}") };
    match json {
        _ if found.len() >= MOST_FIELDS => {}
        Json::Object(members) => members.iter().for_each(|(part, value)| flatten(&within(part), value, found)),
        Json::Array(list) => {
            list.iter().enumerate().for_each(|(place, value)| flatten(&within(&place.to_string()), value, found))
        }
        plain => found.extend(Value::of_json(plain).as_text().map(|text| (name.to_owned(), text.into_owned()))),
    }
}
