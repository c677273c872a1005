//! Tables of cases: what is accepted, what is refused, in which words.

mod capabilities;
mod containers;
mod fargate;
mod normal;
mod operations;
mod ports;
mod properties;
mod runtime;
mod volumes;

use berth_api::ecs::{ContainerDefinition, RegisterTaskDefinitionRequest};
use berth_wire::Shape as _;
use berth_wire::json::JsonReader;
use serde_json::{Value, json};

use super::{Definition, define};

const ACCOUNT: &str = "123456789012";
const ROLE: &str = "arn:aws:iam::123456789012:role/task";

/// Changes to a definition: JSON pointers and what then stands there.
type Changes<'a> = &'a [(&'a str, Value)];

/// One container that every instance can run.
fn plain() -> Value {
    json!({"family": "web", "containerDefinitions": [{"name": "app", "image": "nginx", "memory": 128}]})
}

/// One container that Fargate can run.
fn fargate() -> Value {
    json!({
        "family": "web",
        "containerDefinitions": [{"name": "app", "image": "nginx"}],
        "requiresCompatibilities": ["FARGATE"],
        "networkMode": "awsvpc",
        "cpu": "256",
        "memory": "512",
    })
}

/// Puts a value where a pointer leads, making what is missing on the way; a list grows by its next index.
fn set(root: &mut Value, pointer: &str, value: Value) {
    let mut at = root;
    for part in pointer.split('/') {
        at = match part.parse::<usize>() {
            Ok(index) => {
                if !at.is_array() {
                    *at = json!([]);
                }
                let list = at.as_array_mut().unwrap();
                if index == list.len() {
                    list.push(Value::Null);
                }
                &mut list[index]
            }
            Err(_) => {
                if !at.is_object() {
                    *at = json!({});
                }
                at.as_object_mut().unwrap().entry(part).or_insert(Value::Null)
            }
        };
    }
    *at = value;
}

fn changed(mut base: Value, changes: Changes<'_>) -> Value {
    for (pointer, value) in changes {
        // Most cases are about the one container.
        let pointer =
            pointer.strip_prefix("c/").map_or_else(|| (*pointer).to_owned(), |rest| format!("containerDefinitions/0/{rest}"));
        set(&mut base, &pointer, value.clone());
    }
    base
}

fn request(json: &Value) -> RegisterTaskDefinitionRequest {
    let text = json.to_string();
    let mut reader = JsonReader::new(text.as_bytes());
    RegisterTaskDefinitionRequest::read(RegisterTaskDefinitionRequest::PLACE, &mut reader).unwrap()
}

fn defined(json: &Value) -> Result<Definition, (&'static str, String)> {
    define(request(json), ACCOUNT.parse().unwrap()).map_err(|refusal| (refusal.error().code, refusal.message().to_owned()))
}

/// What a changed definition becomes.
fn accept(base: Value, changes: Changes<'_>) -> Definition {
    let json = changed(base, changes);
    defined(&json).unwrap_or_else(|refusal| panic!("{refusal:?}: {json}"))
}

/// Refuses a changed definition with these words.
fn refuse(base: Value, changes: Changes<'_>, message: &str) {
    let json = changed(base, changes);
    match defined(&json) {
        Ok(_) => panic!("accepted: {json}, instead of: {message}"),
        Err((code, said)) => assert_eq!((code, said.as_str()), ("ClientException", message), "{json}"),
    }
}

/// The document of a definition.
fn document(definition: &Definition) -> Value {
    serde_json::from_str(definition.document.as_str()).unwrap()
}

/// Accepts and refuses for the plain definition.
fn table(accepted: &[Changes<'_>], refused: &[(Changes<'_>, &str)]) {
    for changes in accepted {
        accept(plain(), changes);
    }
    for (changes, message) in refused {
        refuse(plain(), changes, message);
    }
}

#[test]
fn every_member_is_in_the_compatibility_table() {
    const TABLE: &str = include_str!("../../../../../docs/compatibility-task-definition.md");
    for place in [RegisterTaskDefinitionRequest::PLACE, ContainerDefinition::PLACE] {
        for member in place.schema.members() {
            let named = TABLE.lines().filter_map(|line| line.split('|').nth(1));
            let starts = [format!("`{}`", member.name), format!("`{}.", member.name)];
            assert!(
                named.flat_map(|cell| cell.split(", ")).any(|name| starts.iter().any(|start| name.trim().starts_with(start))),
                "{}",
                member.name
            );
        }
    }
}
