//! A task definition looked at without a control plane: each finding with the line and the field that it is about.
//!
//! First the form ([`shape`]): every member is known, has the right kind of value, and is there where it has to be. Where the form
//! is right, the rules of RegisterTaskDefinition follow, and what RunTask would refuse.

mod place;
mod shape;
mod source;

#[cfg(test)]
mod tests;

use berth_api::ecs::RegisterTaskDefinitionRequest;
use berth_model::AccountId;
use berth_services::ecs::check_task_definition;
use berth_wire::Shape as _;
use berth_wire::json::JsonReader;
use jsonc_parser::ast::Object;
use serde::Serialize;

pub(crate) use source::Source;

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Severity {
    /// The definition is refused.
    Error,
    /// It is taken, and not all of it acts.
    Warning,
}

/// Something to know about a definition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Finding {
    pub(crate) severity: Severity,
    /// From 1.
    pub(crate) line: usize,
    /// From 1, in characters.
    pub(crate) column: usize,
    /// Such as `containerDefinitions[0].image`; empty for the whole.
    pub(crate) field: String,
    pub(crate) message: String,
}

/// All that is to be said about a definition, in the order of its lines.
pub(crate) fn findings(text: &str, account: AccountId) -> Vec<Finding> {
    let source = Source::new(text);
    let mut found = match source.object() {
        Err(finding) => return vec![finding],
        Ok(whole) => of_object(&source, source::definition(&whole), account),
    };
    found.sort_by_key(|finding| (finding.line, finding.column));
    found
}

fn of_object(source: &Source<'_>, definition: &Object<'_>, account: AccountId) -> Vec<Finding> {
    let mut found = shape::check(source, definition);
    if found.iter().any(|finding| finding.severity == Severity::Error) {
        return found;
    }
    let place = RegisterTaskDefinitionRequest::PLACE;
    let mut reader = JsonReader::new(source.text(definition).as_bytes());
    let read = RegisterTaskDefinitionRequest::read(place, &mut reader);
    let request = match read {
        Ok(request) => request,
        // What the codec knows and the schema does not say: numbers out of range, say.
        Err(error) => {
            found.push(source.finding(Severity::Error, definition, "", error.to_string()));
            return found;
        }
    };
    match check_task_definition(request, account) {
        Err(refusal) => found.push(place::refused(source, definition, refusal.message())),
        Ok(unsupported) => found.extend(unsupported.iter().map(|one| place::unsupported(source, definition, one))),
    }
    found
}
