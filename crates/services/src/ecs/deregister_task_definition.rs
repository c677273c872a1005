//! `DeregisterTaskDefinition`: an ACTIVE revision becomes INACTIVE; what runs it goes on. Asking again is no error.

use berth_api::ecs::{self as api, errors};
use berth_api::{Call, Refusal};
use berth_model::{RevisionStatus, TaskDefinition, Timestamp};

use super::EcsService;
use super::scope::Scope;
use super::task_definition::{Reference, described};

pub(super) async fn run(
    ecs: &EcsService,
    call: &Call,
    input: api::DeregisterTaskDefinitionRequest,
) -> Result<api::DeregisterTaskDefinitionResponse, Refusal> {
    let scope = Scope::of(call)?;
    let reference = Reference::parse(scope, &input.task_definition)?;
    if reference.revision.is_none() {
        return Err(errors::client_exception("Revision is missing."));
    }
    let now = Timestamp::from_millis(call.received_at.0);
    let record = ecs
        .update(|tx| {
            let Some(found) = reference.find(tx, scope).cloned() else {
                return Err(errors::client_exception("The specified task definition does not exist."));
            };
            match found.status {
                RevisionStatus::Active => {}
                RevisionStatus::Inactive { .. } => return Ok(TaskDefinition::clone(&found)),
                RevisionStatus::DeleteInProgress { .. } => {
                    return Err(errors::client_exception(
                        "The task definition could not be deregistered because it is in the process of being deleted.",
                    ));
                }
            }
            let status = RevisionStatus::Inactive { deregistered_at: now.not_before(found.registered_at) };
            let record = TaskDefinition { status, ..TaskDefinition::clone(&found) };
            tx.put(record.clone());
            Ok(record)
        })
        .await?;
    let arn = scope.task_definition_arn(&record.family, record.revision);
    Ok(api::DeregisterTaskDefinitionResponse { task_definition: Some(described(&record, arn)?) })
}
