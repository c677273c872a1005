//! `UpdateServicePrimaryTaskSet`: which of a service's task sets serves.

use berth_api::ecs as api;
use berth_api::{Call, Refusal, Target};
use berth_model::{TaskSet, TaskSetStatus, Timestamp};

use super::scope::Scope;
use super::{EcsService, cluster, service, task_set};

pub(super) fn access(ecs: &EcsService, call: &Call, input: &api::UpdateServicePrimaryTaskSetRequest) -> Vec<Target> {
    service::targets(ecs, call, Some(&input.cluster), &input.service)
}

pub(super) async fn run(
    ecs: &EcsService,
    call: &Call,
    input: api::UpdateServicePrimaryTaskSetRequest,
) -> Result<api::UpdateServicePrimaryTaskSetResponse, Refusal> {
    let scope = Scope::of(call)?;
    let cluster = scope.cluster(Some(&input.cluster))?;
    let name = scope.service(&cluster, &input.service)?;
    let now = Timestamp::from_millis(call.received_at.0);
    let described = ecs
        .update(|tx| {
            cluster::active(tx, scope, &cluster)?;
            let of = task_set::service(tx, scope, &cluster, &name)?;
            let chosen = task_set::present(tx, scope, &of, &input.primary_task_set)?;
            if chosen.status == TaskSetStatus::Draining {
                return Err(task_set::not_found());
            }
            let others: Vec<TaskSet> = task_set::of_service(tx, &of)
                .filter(|set| set.status == TaskSetStatus::Primary && set.id != chosen.id)
                .map(|set| TaskSet {
                    status: TaskSetStatus::Active,
                    updated_at: now.not_before(set.updated_at),
                    ..TaskSet::clone(set)
                })
                .collect();
            others.into_iter().for_each(|set| drop(tx.put(set)));
            let updated_at = now.not_before(chosen.updated_at);
            let set = TaskSet { status: TaskSetStatus::Primary, updated_at, ..TaskSet::clone(&chosen) };
            tx.put(set.clone());
            task_set::describe(scope, &of, &set, tx, true)
        })
        .await?;
    Ok(api::UpdateServicePrimaryTaskSetResponse { task_set: Some(described) })
}
