//! Where a rule's refusal points. Its text is AWS's: it names a container in quotes, and a member as the definition has it. What it
//! does not name is looked for one level up, so that a place is always right, if not always narrow.

use berth_services::ecs::Unsupported;
use jsonc_parser::ast::{Object, Value};

use super::{Finding, Severity, Source};

/// A refusal of the whole definition.
pub(super) fn refused(source: &Source<'_>, definition: &Object<'_>, message: &str) -> Finding {
    let words: Vec<&str> = words(message).collect();
    let container = containers(definition).find(|(_, container)| words.contains(&name(container)));
    let (object, path) = match container {
        Some((at, container)) => (container, format!("containerDefinitions[{at}]")),
        None => (definition, String::new()),
    };
    match member(object, &path, &words) {
        Some((value, path)) => source.finding(Severity::Error, value, &path, message.to_owned()),
        None => source.finding(Severity::Error, object, &path, message.to_owned()),
    }
}

/// A member that nothing acts on.
pub(super) fn unsupported(source: &Source<'_>, definition: &Object<'_>, one: &Unsupported) -> Finding {
    let wanted = one.container.as_deref();
    let container = containers(definition).find(|(_, container)| wanted == Some(name(container)));
    let (object, path) = match container {
        Some((at, container)) => (container, format!("containerDefinitions[{at}]")),
        None => (definition, String::new()),
    };
    let message = format!("{} is not supported yet: this version of Berth refuses to run the task", one.field);
    let words: Vec<&str> = words(&one.field).collect();
    match member(object, &path, &words) {
        Some((value, path)) => source.finding(Severity::Warning, value, &path, message),
        None => source.finding(Severity::Warning, object, &path, message),
    }
}

/// What a text names: `Invalid 'hostPort' setting`, `linuxParameters.devices`.
fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|letter: char| !(letter.is_ascii_alphanumeric() || letter == '-' || letter == '_')).filter(|word| !word.is_empty())
}

fn containers<'b, 'a>(definition: &'b Object<'a>) -> impl Iterator<Item = (usize, &'b Object<'a>)> {
    let list = definition.get_array("containerDefinitions").map(|list| list.elements.as_slice()).unwrap_or_default();
    list.iter().enumerate().filter_map(|(at, value)| value.as_object().map(|object| (at, object)))
}

fn name<'b>(container: &'b Object<'_>) -> &'b str {
    container.get_string("name").map(|name| name.value.as_ref()).unwrap_or_default()
}

/// The deepest member of an object that the words name. A container's name and the lists that hold everything say nothing.
fn member<'b, 'a>(object: &'b Object<'a>, path: &str, words: &[&str]) -> Option<(&'b Value<'a>, String)> {
    object.properties.iter().filter(|property| property.name.as_str() != "containerDefinitions").find_map(|property| {
        let name = property.name.as_str();
        let here = if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
        let deeper = match &property.value {
            Value::Object(inner) => member(inner, &here, words),
            Value::Array(list) => list.elements.iter().enumerate().find_map(|(at, value)| {
                let path = format!("{here}[{at}]");
                value.as_object().and_then(|inner| member(inner, &path, words))
            }),
            _ => None,
        };
        let named = || (name != "name" && words.contains(&name)).then_some((&property.value, here));
        deeper.or_else(named)
    })
}
