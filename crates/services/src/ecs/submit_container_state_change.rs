//! `SubmitContainerStateChange`: what an agent says of one container. The same report again changes nothing.

use berth_api::ecs::{self as api, errors};
use berth_api::{Call, Refusal, Target};
use berth_model::Timestamp;
use berth_plan::task::{self as life, TaskReport};

use super::scope::Scope;
use super::submit_task_state_change::{container, named};
use super::{EcsService, cluster, ledger, task};

pub(super) fn access(ecs: &EcsService, call: &Call, input: &api::SubmitContainerStateChangeRequest) -> Vec<Target> {
    let target = || {
        let scope = Scope::of(call).ok()?;
        let name = scope.cluster(input.cluster.as_deref()).ok()?;
        let view = ecs.store.view();
        let (of, id) = named(&view, scope, &name, input.task.as_deref()?).ok()?;
        Some(vec![task::target(&view, scope, &of, id)])
    };
    target().unwrap_or_else(Target::any)
}

pub(super) async fn run(
    ecs: &EcsService,
    call: &Call,
    input: api::SubmitContainerStateChangeRequest,
) -> Result<api::SubmitContainerStateChangeResponse, Refusal> {
    let scope = Scope::of(call)?;
    let name = scope.cluster(input.cluster.as_deref())?;
    let task = input.task.clone().unwrap_or_default();
    let now = Timestamp::from_millis(call.received_at.0);
    let change = change(input);
    let report = TaskReport { containers: vec![container(&change)?], ..TaskReport::default() };
    ecs.update(|tx| {
        cluster::active(tx, scope, &name)?;
        let not_found = || errors::invalid_parameter_exception("The referenced task was not found.");
        let (of, id) = named(tx, scope, &name, &task)?;
        let before = task::find(tx, scope, &of, id, now).cloned().ok_or_else(not_found)?;
        let facts = task::facts(tx, &before)?;
        if let Some(after) = life::observe(&before, &facts, &report, now) {
            ledger::replace(tx, &before, after)?;
        }
        Ok(())
    })
    .await?;
    Ok(api::SubmitContainerStateChangeResponse { acknowledgment: Some("ACK".to_owned()) })
}

/// The same words as one of the containers of `SubmitTaskStateChange`.
fn change(input: api::SubmitContainerStateChangeRequest) -> api::ContainerStateChange {
    api::ContainerStateChange {
        container_name: input.container_name,
        image_digest: None,
        runtime_id: input.runtime_id,
        exit_code: input.exit_code,
        network_bindings: input.network_bindings,
        reason: input.reason,
        status: input.status,
    }
}
