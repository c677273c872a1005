//! The revision that tasks are started from.

use berth_api::Refusal;
use berth_api::ecs::errors;
use berth_model::{RevisionStatus, TaskDefinition};
use berth_store::{Shared, State};

use super::scope::Scope;
use super::task_definition::Reference;

/// The revision that a call names: `family` (its latest active one), `family:revision`, or an ARN of either. It must be active.
pub(super) fn to_start(state: &State, scope: Scope, text: &str) -> Result<Shared<TaskDefinition>, Refusal> {
    let found = Reference::parse(scope, text)?.find(state, scope).cloned();
    let found = found.ok_or_else(|| errors::invalid_parameter_exception("TaskDefinition not found."))?;
    match found.status {
        RevisionStatus::Active => Ok(found),
        RevisionStatus::Inactive { .. } | RevisionStatus::DeleteInProgress { .. } => {
            Err(errors::invalid_parameter_exception("TaskDefinition is inactive"))
        }
    }
}
