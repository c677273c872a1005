//! What must hold whatever happens. Looked at from outside: at the states before and after a pass, not at its plan.

use std::collections::BTreeMap;

use berth_model::{
    ContainerInstance, Health, InstanceStatus, LifecycleStage, Pause, PauseStatus, Resources, Scheduling, Service,
    ServiceDeployment, ServiceDeploymentStatus, ServiceStatus, Task, TaskId, Timestamp,
};
use berth_plan::service::Bounds;
use berth_store::{InstanceKey, ServiceDeploymentKey, ServiceKey, State, TaskKey};

use super::world::definition;

/// Checks a pass of a service.
pub(super) fn check(before: &State, after: &State, key: &ServiceKey, now: Timestamp) {
    ledgers_are_right(after);
    every_end_has_a_reason(after);
    let (Some(was), Some(service)) = (before.get::<Service>(key), after.get::<Service>(key)) else { return };
    pauses_are_kept(before, after, service, now);
    let (old, new) = (live(before, service), live(after, service));
    let started = new.keys().filter(|id| !old.contains_key(id)).count();
    let stopped: Vec<&Task> = old.iter().filter(|(id, _)| !new.contains_key(id)).map(|(_, task)| task).collect();
    starts_are_on_nodes_that_take_tasks(&new, &old, after);
    if was.status != ServiceStatus::Active {
        assert_eq!(started, 0, "a deleted service starts nothing");
        return;
    }
    let bounds = bounds(service);
    if service.scheduling == Scheduling::Managed {
        nodes_have_one_task(before, &new, &old, service);
    }
    assert!(
        started == 0 || old.len() + started <= bounds.most as usize,
        "{} + {started} tasks: above {}",
        old.len(),
        bounds.most
    );
    for task in &stopped {
        assert!(!task.is_protected(now), "a protected task is stopped");
    }
    let counts = |task: &&Task| is_healthy(before, task) && (service.scheduling == Scheduling::Replica || is_target(after, task));
    let healthy = old.values().filter(counts).count();
    let lost = stopped.iter().copied().filter(|task| counts(task)).count();
    assert!(lost == 0 || healthy - lost >= bounds.least as usize, "{healthy} - {lost} healthy tasks: below {}", bounds.least);
}

/// Between what the tasks of a service have to stay.
fn bounds(service: &Service) -> Bounds {
    let configuration = &service.configuration;
    match service.scheduling {
        // How many there are at most follows from the nodes.
        Scheduling::Managed => {
            Bounds { most: u32::MAX, ..Bounds::draining(service.desired_count, configuration.drain.unwrap_or(0)) }
        }
        Scheduling::Replica | Scheduling::Daemon => {
            Bounds::of(service.desired_count, configuration.minimum_healthy_percent, configuration.maximum_percent)
        }
    }
}

/// Where a daemon's task is started, none of it is, or is still stopping.
fn nodes_have_one_task(before: &State, new: &BTreeMap<TaskId, Task>, old: &BTreeMap<TaskId, Task>, daemon: &Service) {
    let is_its = |task: &Task| task.cluster == daemon.cluster && task.group == daemon.group() && !task.is_stopped();
    for started in new.values().filter(|task| !old.contains_key(&task.id)) {
        let there = before.range::<Task>(..).filter(|task| is_its(task) && task.instance == started.instance).count();
        let started_there = new.values().filter(|task| !old.contains_key(&task.id) && task.instance == started.instance).count();
        assert_eq!((there, started_there), (0, 1), "a second task of a daemon on a node");
    }
}

/// A deployment goes through its stages in order. It starts nothing before it may, ends only where every hook let it, and no pause is
/// longer than it is to be.
fn pauses_are_kept(before: &State, after: &State, service: &Service, now: Timestamp) {
    let Some(record) = deployment(after, service) else { return };
    let key = ServiceDeploymentKey { region: record.region, id: record.id };
    if let Some((was, is)) = before.get::<ServiceDeployment>(&key).and_then(|was| was.stage.zip(record.stage)) {
        assert!(was <= is, "{is:?} came after {was:?}");
    }
    let own = || after.range::<Task>(..).filter(|task| task.deployment() == Some(record.deployment));
    assert!(!record.is_held_back() || own().count() == 0, "a deployment starts tasks before it may");
    let awaiting = |pause: &&Pause| pause.status == PauseStatus::AwaitingAction;
    match record.status {
        ServiceDeploymentStatus::Successful => {
            let let_on = |pause: &Pause| pause.status != PauseStatus::AwaitingAction && !pause.rolls_back();
            assert!(record.pauses.iter().all(let_on), "complete in spite of {:?}", record.pauses);
            for stage in [LifecycleStage::PreScaleUp, LifecycleStage::PostScaleUp] {
                let hooks = record.configuration.hooks.iter().filter(|hook| hook.stages.contains(&stage)).count();
                assert_eq!(record.pauses.iter().filter(|pause| pause.stage == stage).count(), hooks, "pauses at {stage:?}");
            }
        }
        ServiceDeploymentStatus::Pending | ServiceDeploymentStatus::InProgress => {
            assert!(record.pauses.iter().filter(awaiting).all(|pause| now < pause.expires_at), "a pause is too long");
        }
        _ => assert_eq!(record.pauses.iter().find(awaiting), None, "a deployment that does not go on waits"),
    }
}

/// The record of a service's primary deployment.
pub(super) fn deployment<'s>(state: &'s State, service: &Service) -> Option<&'s ServiceDeployment> {
    let key = ServiceDeploymentKey { region: service.region, id: service.primary()?.record };
    state.get::<ServiceDeployment>(&key).map(|record| &**record)
}

/// The tasks of a service that are meant to run, and may.
pub(super) fn live(state: &State, service: &Service) -> BTreeMap<TaskId, Task> {
    let of = |task: &Task| task.cluster == service.cluster && task.group == service.group() && task.is_of_service();
    let lives = |task: &Task| task.desired.is_running() && !task.life.has_ended();
    let tasks = state.range::<Task>(..).filter(|task| of(task) && lives(task));
    tasks.map(|task| (task.id, Task::clone(task))).collect()
}

/// Whether a task runs and nothing says that it is not well.
pub(super) fn is_healthy(state: &State, task: &Task) -> bool {
    let is_checked = definition(state, task).is_some_and(|definition| definition.facts.containers[0].health_checked);
    task.life.is_running()
        && match task.containers[0].health {
            Health::Unhealthy => false,
            Health::Unknown => !is_checked,
            Health::Healthy => true,
        }
}

fn node<'s>(state: &'s State, task: &Task) -> Option<&'s ContainerInstance> {
    let key = InstanceKey { region: task.region, id: task.instance? };
    state.get::<ContainerInstance>(&key).map(|node| &**node)
}

/// Whether a daemon wants a task where this one is.
fn is_target(state: &State, task: &Task) -> bool {
    node(state, task).is_some_and(|node| node.status == InstanceStatus::Active && node.agent_connected)
}

fn starts_are_on_nodes_that_take_tasks(new: &BTreeMap<TaskId, Task>, old: &BTreeMap<TaskId, Task>, after: &State) {
    for task in new.values().filter(|task| !old.contains_key(&task.id)) {
        assert!(is_target(after, task), "a task is started on a node that takes none");
        assert!(after.get::<Task>(&TaskKey { region: task.region, id: task.id }).is_some());
    }
}

/// No node has more than it has, no port is held twice, and each ledger is what its tasks hold.
fn ledgers_are_right(state: &State) {
    let mut held: BTreeMap<_, Resources> = BTreeMap::new();
    for task in state.range::<Task>(..).filter(|task| !task.is_stopped()) {
        let Some(id) = task.instance else { continue };
        let sum = held.entry(id).or_default();
        // Adding a port that is held already is refused.
        *sum = sum.checked_add(&task.reservation).unwrap_or_else(|what| panic!("two tasks hold the same {what} of {id}"));
    }
    for node in state.range::<ContainerInstance>(..) {
        let held = held.remove(&node.id).unwrap_or_default();
        assert_eq!(held, node.used, "the ledger of {} is not what its tasks hold", node.id);
        assert!(held.cpu <= node.registered.cpu && held.memory <= node.registered.memory, "more than {} has", node.id);
    }
}

fn every_end_has_a_reason(state: &State) {
    for task in state.range::<Task>(..).filter(|task| task.is_stopped()) {
        let reason = task.desired.stop().map(|stop| &*stop.reason);
        assert!(reason.is_some_and(|reason| !reason.is_empty()), "task {} is over, and nobody says why", task.id);
    }
}
