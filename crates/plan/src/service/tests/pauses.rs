//! Deployments that pause at hooks.

use std::time::Duration;

use berth_model::{
    HookAction, LifecycleStage, Pause, PauseHook, PauseStatus, Rollout, Scheduling, ServiceDeployment, ServiceDeploymentStatus,
};

use super::world::{Flavour, Step, World};
use super::{agents, pass, steady};
use crate::service::{AnswerError, answer};

fn at(stages: &[LifecycleStage]) -> PauseHook {
    PauseHook { stages: stages.to_vec(), timeout_minutes: None, timeout_action: None }
}

/// A service of two tasks with hooks, and a second revision on its way.
fn deploying(hooks: Vec<PauseHook>) -> World {
    let mut world = steady(2, 3);
    world.step(&Step::Hooks(hooks));
    world.deploy(Flavour::Good, false);
    world
}

fn record(world: &World) -> &ServiceDeployment {
    &world.records[&world.service.primary().expect("a deployment").record]
}

/// How many tasks there are of the first revision, and of later ones.
fn by_revision(world: &World) -> (usize, usize) {
    let first = world.records.values().find(|record| record.sources.is_empty()).expect("a first deployment").deployment;
    let live = world.live();
    let old = live.iter().filter(|task| task.deployment() == Some(first)).count();
    (old, live.len() - old)
}

/// The only pause that waits.
fn only(world: &World) -> Pause {
    let pauses = world.awaiting();
    let [pause] = pauses.as_slice() else { panic!("{pauses:?}") };
    pause.clone()
}

#[test]
fn a_deployment_without_hooks_has_no_stages() {
    let mut world = deploying(Vec::new());
    assert_eq!(record(&world).stage, None);
    world.calm();
    assert_eq!((record(&world).stage, record(&world).pauses.len()), (None, 0));
}

#[test]
fn what_was_there_is_kept_until_a_deployment_may_begin() {
    let mut world = deploying(vec![at(&[LifecycleStage::PreScaleUp])]);
    let plan = world.pass();
    let pause = only(&world);
    assert_eq!((pause.stage, pause.timeout_action), (LifecycleStage::PreScaleUp, HookAction::Rollback));
    assert_eq!(pause.expires_at, world.now + Duration::from_secs(24 * 60 * 60));
    assert_eq!((plan.starts.len(), plan.wake_at), (0, Some(pause.expires_at)));
    let told = format!("is paused at PRE_SCALE_UP and awaits an action on (hook {}).", pause.hook_id());
    assert_eq!(world.said(&told), 1);
    assert!(world.plan().why.iter().any(|why| why.contains(&pause.hook_id()) && why.ends_with("ROLLBACK in 1440 min")));
    // Tasks that end are replaced by such as were before, and the service grows with them.
    world.step(&Step::Crash(0));
    assert_eq!(pass(&mut world), (1, 0));
    world.step(&Step::Scale(4));
    assert_eq!(pass(&mut world), (2, 0));
    agents(&mut world);
    assert_eq!(by_revision(&world), (4, 0));
    world.step(&Step::Scale(1));
    assert_eq!(pass(&mut world), (0, 3));
    assert_eq!(pass(&mut world), (0, 0));
    assert!(world.plan().is_empty());
    world.step(&Step::Answer(HookAction::Continue));
    assert_eq!((pass(&mut world), pass(&mut world)), ((0, 0), (1, 0)));
    world.calm();
    assert_eq!(by_revision(&world), (0, 1));
    assert_eq!(
        (record(&world).status, record(&world).stage),
        (ServiceDeploymentStatus::Successful, Some(LifecycleStage::CleanUp))
    );
    assert_eq!(record(&world).pauses[0].status, PauseStatus::Succeeded);
}

#[test]
fn a_deployment_whose_tasks_all_run_is_complete_once_it_may_be() {
    let mut world = deploying(vec![at(&[LifecycleStage::PostScaleUp])]);
    for _ in 0..4 {
        world.pass();
        agents(&mut world);
    }
    assert_eq!((only(&world).stage, by_revision(&world)), (LifecycleStage::PostScaleUp, (0, 2)));
    assert_eq!(world.service.primary().map(|primary| primary.rollout), Some(Rollout::InProgress));
    world.step(&Step::Crash(0));
    assert_eq!(pass(&mut world), (1, 0));
    assert_eq!(by_revision(&world), (0, 2));
    world.step(&Step::Answer(HookAction::Continue));
    // Not before all is there again.
    assert!(world.pass().events.is_empty());
    world.calm();
    assert_eq!(record(&world).status, ServiceDeploymentStatus::Successful);
    assert_eq!(world.service.deployments.len(), 1);
}

#[test]
fn a_caller_takes_a_deployment_back_from_either_stage() {
    for (stage, begun) in [(LifecycleStage::PreScaleUp, false), (LifecycleStage::PostScaleUp, true)] {
        let mut world = deploying(vec![at(&[stage])]);
        for _ in 0..4 {
            world.pass();
            agents(&mut world);
        }
        assert_eq!(by_revision(&world).1 > 0, begun);
        let hook = only(&world).hook_id();
        world.step(&Step::Answer(HookAction::Rollback));
        assert_eq!(record(&world).status, ServiceDeploymentStatus::RollbackRequested);
        world.calm();
        assert_eq!((by_revision(&world), record(&world).status), ((2, 0), ServiceDeploymentStatus::RollbackSuccessful));
        let reason =
            format!("ECS deployment stopped: rolling back was requested by lifecycle hook {hook} at {}.", stage.as_str());
        assert_eq!(record(&world).reason.as_deref(), Some(&*reason));
        assert_eq!((record(&world).stage, record(&world).pauses[0].status), (None, PauseStatus::Failed));
    }
}

#[test]
fn a_pause_that_nobody_ends_goes_on_as_its_hook_says() {
    let hook = |action| PauseHook { timeout_minutes: Some(5), timeout_action: Some(action), ..at(&[LifecycleStage::PreScaleUp]) };
    for (action, end, tasks) in [
        (HookAction::Continue, ServiceDeploymentStatus::Successful, (0, 2)),
        (HookAction::Rollback, ServiceDeploymentStatus::RollbackSuccessful, (2, 0)),
    ] {
        let mut world = deploying(vec![hook(action)]);
        let wake_at = world.pass().wake_at.expect("the end of the pause");
        assert_eq!(wake_at.since(world.now), Duration::from_secs(5 * 60));
        world.now = wake_at;
        world.calm();
        assert_eq!((record(&world).status, by_revision(&world)), (end, tasks));
        assert_eq!(record(&world).pauses[0].status, PauseStatus::TimedOut);
        assert_eq!(world.said("got no action at PRE_SCALE_UP in time: (hook "), 1);
    }
}

#[test]
fn each_hook_of_a_stage_has_to_let_the_deployment_go_on() {
    let both =
        || deploying(vec![at(&[LifecycleStage::PreScaleUp]), at(&[LifecycleStage::PreScaleUp, LifecycleStage::PostScaleUp])]);
    let mut world = both();
    world.pass();
    assert_eq!(world.awaiting().len(), 2);
    world.step(&Step::Answer(HookAction::Continue));
    assert_eq!((pass(&mut world), pass(&mut world)), ((0, 0), (0, 0)));
    let first = only(&world);
    world.step(&Step::Answer(HookAction::Continue));
    for _ in 0..4 {
        world.pass();
        agents(&mut world);
    }
    let second = only(&world);
    assert_eq!(second.stage, LifecycleStage::PostScaleUp);
    assert_ne!(second.id, first.id, "another pause of the same hook");
    let mut world = both();
    world.pass();
    world.step(&Step::Answer(HookAction::Rollback));
    world.calm();
    assert_eq!(by_revision(&world), (2, 0));
    let statuses: Vec<PauseStatus> = record(&world).pauses.iter().map(|pause| pause.status).collect();
    assert_eq!(statuses, [PauseStatus::Failed, PauseStatus::Failed]);
}

#[test]
fn only_a_deployment_that_replaces_several_revisions_reconciles_them() {
    let hooks = vec![at(&[LifecycleStage::ReconcileService])];
    let mut world = deploying(hooks);
    assert_eq!(pass(&mut world), (0, 0));
    assert_eq!(record(&world).stage, Some(LifecycleStage::ScaleUp));
    assert_eq!(pass(&mut world), (2, 0));
    agents(&mut world);
    // Before that one is complete comes another: the first revision takes its places again until that goes on.
    world.deploy(Flavour::Good, false);
    assert_eq!(record(&world).stage, Some(LifecycleStage::ReconcileService));
    world.pass();
    agents(&mut world);
    world.pass();
    assert_eq!((only(&world).stage, by_revision(&world)), (LifecycleStage::ReconcileService, (2, 0)));
    world.step(&Step::Answer(HookAction::Continue));
    world.calm();
    assert_eq!((by_revision(&world), record(&world).status), ((0, 2), ServiceDeploymentStatus::Successful));
}

#[test]
fn a_first_deployment_waits_with_nothing_and_has_nothing_to_go_back_to() {
    let mut world = World::new(Scheduling::Replica, 2, Flavour::Good);
    world.service.deployments.clear();
    world.records.clear();
    world.step(&Step::Hooks(vec![at(&[LifecycleStage::PreScaleUp])]));
    world.deploy(Flavour::Good, false);
    assert_eq!((pass(&mut world), pass(&mut world)), ((0, 0), (0, 0)));
    world.step(&Step::Answer(HookAction::Rollback));
    world.calm();
    assert_eq!((record(&world).status, world.live().len()), (ServiceDeploymentStatus::RollbackFailed, 0));
}

#[test]
fn a_daemon_is_kept_as_it_was_as_well() {
    let mut world = World::new(Scheduling::Daemon, 3, Flavour::Good);
    world.calm();
    world.step(&Step::Hooks(vec![at(&[LifecycleStage::PreScaleUp])]));
    world.step(&Step::Percentages(0, 100));
    world.deploy(Flavour::Good, false);
    world.pass();
    world.step(&Step::Crash(0));
    assert_eq!(pass(&mut world), (1, 0));
    assert_eq!(by_revision(&world), (3, 0));
    world.step(&Step::Answer(HookAction::Continue));
    world.calm();
    assert_eq!(by_revision(&world), (0, 3));
}

#[test]
fn a_deployment_that_pauses_can_be_stopped() {
    for (rollback, end) in [(true, ServiceDeploymentStatus::RollbackSuccessful), (false, ServiceDeploymentStatus::Stopped)] {
        let mut world = deploying(vec![at(&[LifecycleStage::PreScaleUp])]);
        world.pass();
        world.step(&Step::RequestStop { rollback });
        world.calm();
        assert_eq!((record(&world).status, by_revision(&world)), (end, (2, 0)));
        assert_eq!(record(&world).pauses[0].status, PauseStatus::Failed);
    }
}

#[test]
fn only_a_pause_that_waits_can_be_answered() {
    let mut world = deploying(vec![at(&[LifecycleStage::PreScaleUp])]);
    world.pass();
    let (waiting, hook) = (record(&world).clone(), only(&world).hook_id());
    let now = world.now;
    assert_eq!(answer(&waiting, "ecs-pause-", HookAction::Continue, now), Err(AnswerError::Unknown));
    let late = only(&world).expires_at;
    assert_eq!(answer(&waiting, &hook, HookAction::Continue, late), Err(AnswerError::Over(PauseStatus::TimedOut)));
    let stopping = ServiceDeployment { status: ServiceDeploymentStatus::StopRequested, ..waiting.clone() };
    let refused = answer(&stopping, &hook, HookAction::Continue, now);
    assert_eq!(refused, Err(AnswerError::NotInProgress(ServiceDeploymentStatus::StopRequested)));
    let continued = answer(&waiting, &hook, HookAction::Continue, now).expect("it waits");
    assert_eq!(answer(&continued, &hook, HookAction::Continue, late).as_ref(), Ok(&continued), "said twice");
    assert_eq!(answer(&continued, &hook, HookAction::Rollback, now), Err(AnswerError::Over(PauseStatus::Succeeded)));
    // A newer deployment ends the pauses of the one before.
    let before = record(&world).id;
    world.deploy(Flavour::Good, false);
    let over = answer(&world.records[&before], &hook, HookAction::Rollback, now);
    assert_eq!(over, Err(AnswerError::Over(PauseStatus::Failed)));
}
