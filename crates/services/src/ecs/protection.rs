//! The protection of tasks from what their service would stop.

use berth_api::ecs::{self as api, errors};
use berth_api::{Call, Refusal, Target};
use berth_model::{Name, Task, TaskId, Timestamp, daemon};
use berth_store::{Shared, State};

use super::scope::Scope;
use super::{EcsService, failure, task};

/// What a call touches that names tasks of a cluster.
pub(super) fn targets(ecs: &EcsService, call: &Call, cluster: &str, tasks: &[String], most: usize) -> Vec<Target> {
    let Ok(scope) = Scope::of(call) else { return Target::any() };
    let Ok(name) = scope.cluster(Some(cluster)) else { return Target::any() };
    let view = ecs.store.view();
    let target = |text: &String| match scope.task(&name, text) {
        Ok(id) => task::target(&view, scope, &name, id),
        Err(_) => Target::new(text.clone()),
    };
    tasks.iter().take(most).map(target).collect()
}

/// The ids of the tasks that a call names.
pub(super) fn named(scope: Scope, cluster: &Name, tasks: &[String], most: usize) -> Result<Vec<TaskId>, Refusal> {
    if tasks.is_empty() {
        return Err(errors::invalid_parameter_exception("Tasks cannot be empty."));
    }
    if tasks.len() > most {
        return Err(errors::invalid_parameter_exception(format!("taskIds can have at most {most} items.")));
    }
    tasks.iter().map(|text| scope.task(cluster, text)).collect()
}

/// The task of a service that is meant to run; else what the answer says of it.
pub(super) fn of_service<'a>(
    state: &'a State,
    scope: Scope,
    cluster: &Name,
    id: TaskId,
    now: Timestamp,
) -> Result<&'a Shared<Task>, api::Failure> {
    let arn = scope.task_arn(cluster, id);
    let found = task::find(state, scope, cluster, id, now).ok_or_else(|| failure::missing(arn.clone()))?;
    let why = if !found.is_of_service() || daemon::known_as(&found.group).is_some() {
        "The task is not part of a service."
    } else if !found.desired.is_running() {
        "The task is stopping or has stopped."
    } else {
        return Ok(found);
    };
    Err(failed(arn, "TASK_NOT_VALID", why))
}

/// What an answer says of a task that it could do nothing for.
pub(super) fn failed(arn: String, reason: &str, detail: &str) -> api::Failure {
    api::Failure { arn: Some(arn), reason: Some(reason.to_owned()), detail: Some(detail.to_owned()) }
}

/// A task's protection as AWS describes it.
pub(super) fn describe(scope: Scope, task: &Task, now: Timestamp) -> api::ProtectedTask {
    let until = task.protected_until.filter(|_| task.is_protected(now));
    api::ProtectedTask {
        task_arn: Some(scope.task_arn(&task.cluster, task.id)),
        protection_enabled: Some(until.is_some()),
        expiration_date: until.map(|until| berth_wire::Timestamp(until.as_millis())),
    }
}
