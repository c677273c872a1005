//! `DeleteTaskDefinitions`: INACTIVE revisions begin to go away. They can no longer be used, and are gone once nothing refers
//! to them any more.

use berth_api::ecs::{self as api, errors};
use berth_api::{Call, Refusal, Target};
use berth_model::{RevisionStatus, TaskDefinition, Timestamp};
use berth_store::{State, Transaction};

use super::scope::Scope;
use super::task_definition::{Reference, described};
use super::{EcsService, tags};

/// Revisions of one call, at most.
const MOST: usize = 10;

const INVALID: &str = "The specified task definition identifier is invalid. Specify a valid name or ARN and try again.";
const MISSING: &str = "The specified task definition does not exist. Specify a valid account, family, revision and try again.";
const ACTIVE: &str = "The specified task definition is still in ACTIVE status. Please deregister the target and try again.";

pub(super) fn access(ecs: &EcsService, call: &Call, input: &api::DeleteTaskDefinitionsRequest) -> Vec<Target> {
    let Ok(scope) = Scope::of(call) else { return Target::any() };
    let view = ecs.store.view();
    input.task_definitions.iter().map(|text| target(&view, scope, text)).collect()
}

/// A revision as policies see it; what is none is refused later, whoever asks.
fn target(state: &State, scope: Scope, text: &str) -> Target {
    let Ok(Reference { family, revision: Some(revision) }) = Reference::parse(scope, text) else { return Target::new("*") };
    let mut target = Target::new(scope.task_definition_arn(&family, revision));
    if let Some(found) = (Reference { family, revision: Some(revision) }).find(state, scope) {
        target.tags = tags::for_policies(&found.tags);
    }
    target
}

pub(super) async fn run(
    ecs: &EcsService,
    call: &Call,
    input: api::DeleteTaskDefinitionsRequest,
) -> Result<api::DeleteTaskDefinitionsResponse, Refusal> {
    let scope = Scope::of(call)?;
    if !(1..=MOST).contains(&input.task_definitions.len()) {
        return Err(errors::invalid_parameter_exception(format!("taskDefinitions must have between 1 and {MOST} entries.")));
    }
    let now = Timestamp::from_millis(call.received_at.0);
    let outcomes =
        ecs.update(|tx| Ok(input.task_definitions.iter().map(|text| delete(tx, scope, text, now)).collect::<Vec<_>>())).await?;
    let (mut deleted, mut failures) = (Vec::new(), Vec::new());
    for (text, outcome) in input.task_definitions.into_iter().zip(outcomes) {
        match outcome {
            Ok(record) => deleted.push(described(&record, scope.task_definition_arn(&record.family, record.revision))?),
            Err(reason) => failures.push(api::Failure { arn: Some(text), reason: Some(reason.to_owned()), detail: None }),
        }
    }
    Ok(api::DeleteTaskDefinitionsResponse { task_definitions: Some(deleted), failures: Some(failures) })
}

/// Marks one revision, or says why not.
fn delete(tx: &mut Transaction, scope: Scope, text: &str, now: Timestamp) -> Result<TaskDefinition, &'static str> {
    let reference = Reference::parse(scope, text).ok().filter(|reference| reference.revision.is_some()).ok_or(INVALID)?;
    let found = reference.find(tx, scope).cloned().ok_or(MISSING)?;
    let deregistered_at = match found.status {
        RevisionStatus::Active => return Err(ACTIVE),
        RevisionStatus::Inactive { deregistered_at } => deregistered_at,
        RevisionStatus::DeleteInProgress { .. } => return Ok(TaskDefinition::clone(&found)),
    };
    let status = RevisionStatus::DeleteInProgress { deregistered_at, requested_at: now.not_before(deregistered_at) };
    let record = TaskDefinition { status, ..TaskDefinition::clone(&found) };
    tx.put(record.clone());
    Ok(record)
}
