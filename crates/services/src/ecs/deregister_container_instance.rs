//! `DeregisterContainerInstance`: an instance leaves its cluster. With force its tasks are given up: nobody will report on them.

use berth_api::ecs::{self as api, errors};
use berth_api::{Call, Refusal, Target};
use berth_model::{ContainerInstance, InstanceId, InstanceStatus, Name, StopCode, Task, Timestamp};
use berth_plan::task;
use berth_store::{MOST_ROWS, TaskIndex, TaskKey, Transaction};

use super::container_instance::{self, Include};
use super::scope::Scope;
use super::{EcsService, cluster};

/// What a task says that was on an instance deregistered by force.
const GIVEN_UP: &str = "Task stopped because its container instance was deregistered by force";

pub(super) fn access(ecs: &EcsService, call: &Call, input: &api::DeregisterContainerInstanceRequest) -> Vec<Target> {
    let target = || {
        let scope = Scope::of(call).ok()?;
        let name = scope.cluster(input.cluster.as_deref()).ok()?;
        let id = scope.instance(&name, &input.container_instance).ok()?;
        Some(vec![container_instance::target(&ecs.store.view(), scope, &name, id)])
    };
    target().unwrap_or_else(Target::any)
}

pub(super) async fn run(
    ecs: &EcsService,
    call: &Call,
    input: api::DeregisterContainerInstanceRequest,
) -> Result<api::DeregisterContainerInstanceResponse, Refusal> {
    let scope = Scope::of(call)?;
    let name = scope.cluster(input.cluster.as_deref())?;
    let id = scope.instance(&name, &input.container_instance)?;
    let now = Timestamp::from_millis(call.received_at.0);
    let force = input.force.unwrap_or(false);
    loop {
        let step = ecs.update(|tx| step(tx, scope, &name, id, force, now)).await?;
        if let Some(described) = step {
            return Ok(api::DeregisterContainerInstanceResponse { container_instance: Some(described) });
        }
    }
}

/// Gives up as many tasks as one update may, and deregisters the instance once there are none. Each step is correct alone: an
/// instance that still has tasks takes no new ones.
fn step(
    tx: &mut Transaction,
    scope: Scope,
    name: &Name,
    id: InstanceId,
    force: bool,
    now: Timestamp,
) -> Result<Option<api::ContainerInstance>, Refusal> {
    cluster::active(tx, scope, name)?;
    let instance = container_instance::find(tx, scope, name, id).cloned().ok_or_else(container_instance::not_found)?;
    let tasks = unfinished(tx, id);
    if !tasks.is_empty() && !force {
        return Err(errors::invalid_parameter_exception("Found running tasks on the instance."));
    }
    if !tasks.is_empty() {
        let mut used = instance.used.clone();
        for key in tasks {
            let Some(before) = tx.get::<Task>(&key).cloned() else { continue };
            let Some(mut after) = task::lost(&before, StopCode::TerminationNotice, GIVEN_UP, now) else { continue };
            used = task::settle(&used, Some(&before), &mut after)
                .map_err(|short| Refusal::internal(&api::SERVICE, format!("the ledger of {id} lacks {short}")))?;
            tx.put(after);
        }
        let version = instance.version + 1;
        tx.put(ContainerInstance { used, version, status: InstanceStatus::Deregistering, ..ContainerInstance::clone(&instance) });
        return Ok(None);
    }
    let gone = match instance.status {
        InstanceStatus::Inactive { .. } => ContainerInstance::clone(&instance),
        InstanceStatus::Registering
        | InstanceStatus::Active
        | InstanceStatus::Draining
        | InstanceStatus::Deregistering
        | InstanceStatus::RegistrationFailed => ContainerInstance {
            status: InstanceStatus::Inactive { at: now.not_before(instance.registered_at) },
            version: instance.version + 1,
            agent_connected: false,
            ..ContainerInstance::clone(&instance)
        },
    };
    tx.put(gone.clone());
    Ok(Some(container_instance::describe(scope, &gone, tx, Include { tags: true, health: false })))
}

/// Tasks of the instance that are not over, as many as fit an update beside the instance. Finding some takes no longer for
/// those that are over: they are forgotten an hour later.
fn unfinished(tx: &Transaction, id: InstanceId) -> Vec<TaskKey> {
    let meant = |run: bool| tx.with::<Task>(&TaskIndex::Instance(id, run), ..);
    let unfinished = meant(true).chain(meant(false)).filter(|task| !task.is_stopped());
    unfinished.take(MOST_ROWS - 1).map(|task| TaskKey { region: task.region, id: task.id }).collect()
}
