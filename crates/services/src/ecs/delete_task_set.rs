//! `DeleteTaskSet`: the tasks of a set stop, and then it is gone.

use berth_api::ecs::{self as api, errors};
use berth_api::{Call, Refusal, Target};
use berth_model::{TaskSet, TaskSetStatus, Timestamp};

use super::scope::Scope;
use super::{EcsService, cluster, task_set};

pub(super) fn access(ecs: &EcsService, call: &Call, input: &api::DeleteTaskSetRequest) -> Vec<Target> {
    task_set::targets(ecs, call, &input.cluster, &input.service, &input.task_set)
}

pub(super) async fn run(
    ecs: &EcsService,
    call: &Call,
    input: api::DeleteTaskSetRequest,
) -> Result<api::DeleteTaskSetResponse, Refusal> {
    let scope = Scope::of(call)?;
    let cluster = scope.cluster(Some(&input.cluster))?;
    let name = scope.service(&cluster, &input.service)?;
    let now = Timestamp::from_millis(call.received_at.0);
    let is_forced = input.force.unwrap_or(false);
    let described = ecs
        .update(|tx| {
            cluster::active(tx, scope, &cluster)?;
            let of = task_set::service(tx, scope, &cluster, &name)?;
            let known = task_set::present(tx, scope, &of, &input.task_set)?;
            if !is_forced && known.status == TaskSetStatus::Primary {
                return Err(errors::invalid_parameter_exception("The primary task set cannot be deleted without force."));
            }
            if !is_forced && known.share_of(of.desired_count) > 0 {
                return Err(errors::invalid_parameter_exception(
                    "The task set cannot be deleted while it is scaled above 0. Scale it to 0, or set force.",
                ));
            }
            let updated_at = now.not_before(known.updated_at);
            let set = TaskSet { status: TaskSetStatus::Draining, scale: 0, updated_at, ..TaskSet::clone(&known) };
            tx.put(set.clone());
            let described = task_set::describe(scope, &of, &set, tx, true);
            task_set::forget(tx, &of);
            described
        })
        .await?;
    Ok(api::DeleteTaskSetResponse { task_set: Some(described) })
}
