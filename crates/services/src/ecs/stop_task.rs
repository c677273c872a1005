//! `StopTask`: a task is meant to stop from now on; its agent reports when it has. Stopping it again changes nothing.

use berth_api::ecs::{self as api, errors};
use berth_api::{Call, Refusal, Target};
use berth_model::{StopCode, Timestamp};
use berth_plan::task as life;

use super::scope::Scope;
use super::{EcsService, cluster, ledger, task};

/// Characters of a reason, at most.
const LONGEST_REASON: usize = 1024;

pub(super) fn access(ecs: &EcsService, call: &Call, input: &api::StopTaskRequest) -> Vec<Target> {
    let target = || {
        let scope = Scope::of(call).ok()?;
        let name = scope.cluster(input.cluster.as_deref()).ok()?;
        let id = scope.task(&name, &input.task).ok()?;
        Some(vec![task::target(&ecs.store.view(), scope, &name, id)])
    };
    target().unwrap_or_else(Target::any)
}

pub(super) async fn run(ecs: &EcsService, call: &Call, input: api::StopTaskRequest) -> Result<api::StopTaskResponse, Refusal> {
    let scope = Scope::of(call)?;
    let name = scope.cluster(input.cluster.as_deref())?;
    let id = scope.task(&name, &input.task)?;
    let now = Timestamp::from_millis(call.received_at.0);
    let reason = input.reason.as_deref().unwrap_or_default();
    if reason.chars().count() > LONGEST_REASON {
        return Err(errors::invalid_parameter_exception(format!("reason longer than {LONGEST_REASON}.")));
    }
    let described = ecs
        .update(|tx| {
            cluster::active(tx, scope, &name)?;
            let not_found = || errors::invalid_parameter_exception("The referenced task was not found.");
            let before = task::find(tx, scope, &name, id, now).cloned().ok_or_else(not_found)?;
            let after = match life::stop(&before, StopCode::UserInitiated, reason, now) {
                Some(after) => ledger::replace(tx, &before, after)?,
                None => before.clone(),
            };
            task::describe(scope, &after, tx, true)
        })
        .await?;
    Ok(api::StopTaskResponse { task: Some(described) })
}
