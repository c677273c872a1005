//! The form of a definition: members, kinds of values, what has to be there. The schema is the service model's.

use berth_api::ecs::RegisterTaskDefinitionRequest;
use berth_wire::{Kind, Member, Schema};
use jsonc_parser::ast::{Object, Value};
use jsonc_parser::common::Ranged;

use super::{Finding, Severity, Source};

/// What DescribeTaskDefinition says of a revision and RegisterTaskDefinition does not take.
const DESCRIBED: [&str; 9] = [
    "taskDefinitionArn",
    "revision",
    "status",
    "requiresAttributes",
    "compatibilities",
    "registeredAt",
    "registeredBy",
    "deregisteredAt",
    "deleteRequestedAt",
];
/// As like another name as a slip of the pen.
const ALIKE: f64 = 0.85;

/// All that is wrong with the form.
pub(super) fn check(source: &Source<'_>, definition: &Object<'_>) -> Vec<Finding> {
    let mut check = Check { source, found: Vec::new() };
    check.members(RegisterTaskDefinitionRequest::PLACE.schema, definition, "");
    check.found
}

struct Check<'a> {
    source: &'a Source<'a>,
    found: Vec<Finding>,
}

impl Check<'_> {
    fn error(&mut self, at: &impl Ranged, field: &str, message: String) {
        self.found.push(self.source.finding(Severity::Error, at, field, message));
    }

    fn members(&mut self, schema: &'static Schema, object: &Object<'_>, path: &str) {
        let members = schema.members();
        for (at, property) in object.properties.iter().enumerate() {
            let name = property.name.as_str();
            let field = joined(path, name);
            if object.properties.iter().take(at).any(|earlier| earlier.name.as_str() == name) {
                self.error(property, &field, format!("{name} is there twice"));
            }
            match members.iter().find(|member| member.wire_name() == name) {
                Some(member) => self.value(member, &property.value, &field),
                None if path.is_empty() && DESCRIBED.contains(&name) => {
                    let message = format!("{name} is part of a description; `aws ecs register-task-definition` does not take it");
                    self.found.push(self.source.finding(Severity::Warning, property, &field, message));
                }
                None => self.error(property, &field, unknown(schema, name)),
            }
        }
        for member in members.iter().filter(|member| member.required && object.get(member.wire_name()).is_none()) {
            self.error(object, path, format!("{} is missing", member.wire_name()));
        }
    }

    fn value(&mut self, member: &'static Member, value: &Value<'_>, path: &str) {
        match (&member.schema.kind, value) {
            // As if it were not there.
            (_, Value::NullKeyword(_)) if !member.required => {}
            (Kind::Structure(_), Value::Object(object)) => self.members(member.schema, object, path),
            (Kind::List(element), Value::Array(array)) => {
                for (at, value) in array.elements.iter().enumerate() {
                    self.value(element, value, &format!("{path}[{at}]"));
                }
            }
            (Kind::Map { value: element, .. }, Value::Object(object)) => {
                for property in &object.properties {
                    self.value(element, &property.value, &joined(path, property.name.as_str()));
                }
            }
            (Kind::Enum(words), Value::StringLit(text)) if !words.contains(&text.value.as_ref()) => {
                self.error(value, path, format!("{:?} is none of {}", text.value, words.join(", ")));
            }
            (Kind::Integer | Kind::Long, Value::NumberLit(number)) if number.value.contains(['.', 'e', 'E']) => {
                self.error(value, path, format!("{} is no whole number", number.value));
            }
            (kind, value) if !fits(kind, value) => {
                self.error(value, path, format!("this is {}, and has to be {}", word(value), wanted(kind)));
            }
            _ => {}
        }
    }
}

fn joined(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

fn unknown(schema: &'static Schema, name: &str) -> String {
    let lower = name.to_lowercase();
    let alike = |member: &'static Member| (strsim::jaro_winkler(&member.wire_name().to_lowercase(), &lower), member.wire_name());
    let nearest = schema.members().iter().map(alike).max_by(|one, other| one.0.total_cmp(&other.0));
    match nearest {
        Some((likeness, other)) if likeness >= ALIKE => format!("there is no member {name}; did you mean {other}?"),
        _ => format!("there is no member {name} here"),
    }
}

fn fits(kind: &Kind, value: &Value<'_>) -> bool {
    match kind {
        Kind::Boolean => matches!(value, Value::BooleanLit(_)),
        Kind::Integer | Kind::Long | Kind::Float | Kind::Double => matches!(value, Value::NumberLit(_)),
        Kind::String | Kind::Enum(_) | Kind::Blob => matches!(value, Value::StringLit(_)),
        Kind::Timestamp => matches!(value, Value::NumberLit(_) | Value::StringLit(_)),
        Kind::Document => true,
        Kind::List(_) => matches!(value, Value::Array(_)),
        Kind::Map { .. } | Kind::Structure(_) => matches!(value, Value::Object(_)),
    }
}

const fn wanted(kind: &Kind) -> &'static str {
    match kind {
        Kind::Boolean => "true or false",
        Kind::Integer | Kind::Long | Kind::Float | Kind::Double => "a number",
        Kind::String | Kind::Enum(_) | Kind::Blob => "a text in quotes",
        Kind::Timestamp => "a moment",
        Kind::Document => "anything",
        Kind::List(_) => "a list",
        Kind::Map { .. } | Kind::Structure(_) => "an object",
    }
}

const fn word(value: &Value<'_>) -> &'static str {
    match value {
        Value::StringLit(_) => "a text",
        Value::NumberLit(_) => "a number",
        Value::BooleanLit(_) => "a boolean",
        Value::Object(_) => "an object",
        Value::Array(_) => "a list",
        Value::NullKeyword(_) => "null",
    }
}
