//! `UpdateTaskSet`: another share of its service's tasks.

use berth_api::ecs as api;
use berth_api::{Call, Refusal, Target};
use berth_model::{TaskSet, Timestamp};

use super::scope::Scope;
use super::{EcsService, cluster, task_set};

pub(super) fn access(ecs: &EcsService, call: &Call, input: &api::UpdateTaskSetRequest) -> Vec<Target> {
    task_set::targets(ecs, call, &input.cluster, &input.service, &input.task_set)
}

pub(super) async fn run(
    ecs: &EcsService,
    call: &Call,
    input: api::UpdateTaskSetRequest,
) -> Result<api::UpdateTaskSetResponse, Refusal> {
    let scope = Scope::of(call)?;
    let cluster = scope.cluster(Some(&input.cluster))?;
    let name = scope.service(&cluster, &input.service)?;
    let now = Timestamp::from_millis(call.received_at.0);
    let scale = task_set::share(&input.scale)?;
    let described = ecs
        .update(|tx| {
            cluster::active(tx, scope, &cluster)?;
            let of = task_set::service(tx, scope, &cluster, &name)?;
            let known = task_set::present(tx, scope, &of, &input.task_set)?;
            let now = now.not_before(known.updated_at);
            let (is_steady, steady_at) = if known.scale == scale { (known.is_steady, known.steady_at) } else { (false, now) };
            let set =
                TaskSet { scale, is_steady, steady_at, updated_at: now, setbacks: 0, retry_at: None, ..TaskSet::clone(&known) };
            tx.put(set.clone());
            task_set::describe(scope, &of, &set, tx, true)
        })
        .await?;
    Ok(api::UpdateTaskSetResponse { task_set: Some(described) })
}
