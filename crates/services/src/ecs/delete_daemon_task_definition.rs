//! `DeleteDaemonTaskDefinition`: an ACTIVE revision begins to go away. No daemon can begin to use it; those that do go on, and it is gone
//! once none does.

use berth_api::ecs::{self as api, errors};
use berth_api::{Call, Refusal, Target};
use berth_model::{RevisionStatus, TaskDefinition, Timestamp};

use super::EcsService;
use super::daemon::definition;
use super::scope::Scope;

pub(super) fn access(ecs: &EcsService, call: &Call, input: &api::DeleteDaemonTaskDefinitionRequest) -> Vec<Target> {
    definition::targets(ecs, call, &input.daemon_task_definition)
}

pub(super) async fn run(
    ecs: &EcsService,
    call: &Call,
    input: api::DeleteDaemonTaskDefinitionRequest,
) -> Result<api::DeleteDaemonTaskDefinitionResponse, Refusal> {
    let scope = Scope::of(call)?;
    let reference = definition::reference(scope, &input.daemon_task_definition)?;
    let Some(revision) = reference.revision else { return Err(errors::client_exception("Revision is missing.")) };
    let now = Timestamp::from_millis(call.received_at.0);
    ecs.update(|tx| {
        let found = reference.find(tx, scope).cloned().ok_or_else(definition::not_found)?;
        if found.status != RevisionStatus::Active {
            return Err(errors::client_exception("The specified daemon task definition is already being deleted."));
        }
        let at = now.not_before(found.registered_at);
        let status = RevisionStatus::DeleteInProgress { deregistered_at: at, requested_at: at };
        tx.put(TaskDefinition { status, ..TaskDefinition::clone(&found) });
        Ok(())
    })
    .await?;
    let arn = scope.task_definition_arn(&reference.family, revision);
    Ok(api::DeleteDaemonTaskDefinitionResponse { daemon_task_definition_arn: Some(arn) })
}
