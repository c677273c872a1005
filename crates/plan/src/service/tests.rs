use std::time::Duration;

use berth_model::{
    HookAction, InstanceStatus, LifecycleStage, Matter, Monitor, PauseHook, Rollout, Scheduling, ServiceDeploymentStatus,
    ServiceStatus, TaskId, TaskSetStatus, Timestamp,
};
use proptest::prelude::*;

use super::{Bounds, Candidate, LONGEST_DELAY, Rank, breaker_threshold, order_of_scale_in, restart_delay, uneven};
use crate::fixtures::at;

mod managed;
mod pauses;
mod world;

use world::{Flavour, Step, World};

fn flavour() -> impl Strategy<Value = Flavour> {
    prop_oneof![4 => Just(Flavour::Good), 3 => Just(Flavour::Checked), 2 => Just(Flavour::Broken), 1 => Just(Flavour::Nowhere)]
}

fn hook() -> impl Strategy<Value = PauseHook> {
    let stages = prop::sample::subsequence(LifecycleStage::HOOKED.to_vec(), 1..=3);
    (stages, 1_u32..5, action()).prop_map(|(stages, minutes, action)| PauseHook {
        stages,
        timeout_minutes: Some(minutes),
        timeout_action: Some(action),
    })
}

fn action() -> impl Strategy<Value = HookAction> {
    prop_oneof![3 => Just(HookAction::Continue), 1 => Just(HookAction::Rollback)]
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        30 => Just(Step::Pass),
        4 => any::<bool>().prop_map(|starts| Step::PartialPass { starts }),
        40 => any::<usize>().prop_map(Step::Agent),
        4 => any::<usize>().prop_map(Step::Crash),
        4 => (any::<usize>(), any::<bool>()).prop_map(|(at, is_well)| Step::Health(at, is_well)),
        4 => (0_u32..9).prop_map(Step::Scale),
        3 => flavour().prop_map(Step::Deploy),
        2 => (prop::sample::select(vec![0, 33, 50, 100]), prop::sample::select(vec![100, 125, 150, 200])).prop_map(|(a, b)| Step::Percentages(a, b)),
        1 => any::<(bool, bool)>().prop_map(|(enable, rollback)| Step::Breaker { enable, rollback }),
        1 => any::<bool>().prop_map(|rollback| Step::RequestStop { rollback }),
        2 => prop::collection::vec(hook(), 0..3).prop_map(Step::Hooks),
        3 => action().prop_map(Step::Answer),
        2 => (any::<usize>(), 0_u64..600).prop_map(|(at, seconds)| Step::Protect(at, seconds)),
        2 => any::<usize>().prop_map(Step::Drain),
        1 => any::<usize>().prop_map(Step::Lose),
        4 => any::<usize>().prop_map(Step::Return),
        6 => (0_u64..120).prop_map(Step::Tick),
        2 => Just(Step::Forget),
    ]
}

/// Whatever happened: once all is well, the service has what it is to have.
fn comes_to_rest(mut world: World) {
    world.step(&Step::Percentages(0, 200));
    world.step(&Step::Hooks(Vec::new()));
    world.step(&Step::Deploy(Flavour::Checked));
    world.calm();
    let wanted = if world.service.scheduling == Scheduling::Replica {
        world.service.desired_count as usize
    } else {
        world.instances.len()
    };
    // Each of five instances has port 80 once.
    let reachable = wanted.min(world.instances.len());
    assert_eq!(world.live().len(), reachable);
    assert!(world.live().iter().all(|task| world.is_healthy(task)));
    let primary = world.service.primary().expect("a deployment");
    assert!(world.live().iter().all(|task| task.deployment() == Some(primary.id)));
    if reachable == wanted {
        assert_eq!((primary.rollout, world.service.deployments.len()), (Rollout::Completed, 1));
        assert!(world.has_notice(Matter::Steady));
        assert_eq!(world.records[&primary.record].status, ServiceDeploymentStatus::Successful);
    } else {
        assert!(world.has_notice(Matter::Placement));
    }
    for task in world.tasks.values().filter(|task| task.is_stopped()) {
        assert!(task.settled, "the end of every task was taken note of");
    }
}

/// Whatever happened: where nothing is in the way, the service gets what it was to have, with the percentages that it has.
fn gets_where_it_was_going(world: &mut World) {
    if world.primary_flavour() != Some(Flavour::Good) || world.can_come_back_broken() {
        return;
    }
    world.calm();
    if world.primary_flavour() != Some(Flavour::Good) {
        // Nobody let it go on in time.
        return;
    }
    let desired = world.service.desired_count;
    let bounds = world.bounds(desired);
    let is_stuck = bounds.most == desired && bounds.least == desired;
    let primary = world.service.primary().expect("a deployment");
    if primary.rollout == Rollout::Failed || is_stuck {
        return;
    }
    assert_eq!(primary.rollout, Rollout::Completed, "{:#?}", world.plan());
    assert_eq!(world.live().len(), desired as usize);
    assert!(world.live().iter().all(|task| task.deployment() == Some(primary.id) && world.is_healthy(task)));
}

fn runs(scheduling: Scheduling, steps: &[Step]) {
    let mut world = World::new(scheduling, 5, Flavour::Good);
    for step in steps {
        world.step(step);
    }
    gets_where_it_was_going(&mut world);
    comes_to_rest(world);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, ..ProptestConfig::default() })]

    #[test]
    fn a_service_keeps_its_promises_whatever_happens(steps in prop::collection::vec(step(), 0..250)) {
        runs(Scheduling::Replica, &steps);
    }

    #[test]
    fn a_daemon_keeps_its_promises_whatever_happens(steps in prop::collection::vec(step(), 0..250)) {
        runs(Scheduling::Daemon, &steps);
    }

    #[test]
    fn a_daemon_of_capacity_providers_keeps_its_promises_whatever_happens(steps in prop::collection::vec(step(), 0..250)) {
        runs(Scheduling::Managed, &steps);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2, ..ProptestConfig::default() })]

    #[test]
    fn a_long_life_keeps_its_promises(steps in prop::collection::vec(step(), 10_000)) {
        runs(Scheduling::Replica, &steps);
    }
}

#[test]
fn the_minimum_is_rounded_up_and_the_maximum_down() {
    let bounds = |desired, minimum, maximum| {
        let Bounds { least, most, .. } = Bounds::of(desired, minimum, maximum);
        (least, most)
    };
    assert_eq!(bounds(3, 50, 150), (2, 4));
    assert_eq!(bounds(4, 100, 200), (4, 8));
    assert_eq!(bounds(1, 50, 199), (1, 1));
    assert_eq!(bounds(10, 0, 125), (0, 12));
    assert_eq!(bounds(0, 100, 200), (0, 0));
    // The percentages are the caller's: nothing makes the service unable to have what it wants.
    assert_eq!(bounds(2, 0, 50), (0, 2));
    assert_eq!(bounds(u32::MAX, 100, u32::MAX).1, u32::MAX);
}

#[test]
fn a_daemon_may_be_missing_on_its_drain_percentage_of_instances_but_on_one_at_least() {
    let least = |desired, drain| Bounds::draining(desired, drain).least;
    assert_eq!((least(4, 2_500), least(8, 2_500), least(7, 2_500)), (3, 6, 6));
    assert_eq!((least(3, 2_500), least(1, 100), least(0, 2_500)), (2, 0, 0));
    assert_eq!((least(3, 10_000), least(u32::MAX, 10_000)), (0, 0));
}

#[test]
fn delays_double_up_to_27_minutes() {
    let seconds: Vec<u64> = (0..14).map(|setbacks| restart_delay(setbacks).as_secs()).collect();
    assert_eq!(seconds, [0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1_024, 1_620, 1_620]);
    assert_eq!(restart_delay(u32::MAX), LONGEST_DELAY);
}

#[test]
fn a_breaker_gives_up_at_half_the_tasks_within_3_and_200() {
    let thresholds: Vec<u32> = [0, 1, 6, 7, 25, 400, 10_000].into_iter().map(breaker_threshold).collect();
    assert_eq!(thresholds, [3, 3, 3, 4, 13, 200, 200]);
}

#[test]
fn zones_are_uneven_if_moving_one_task_helps() {
    assert_eq!(uneven(&[("a", 3), ("b", 1), ("c", 2)]), Some(("a", "b")));
    assert_eq!(uneven(&[("a", 2), ("b", 1)]), None);
    assert_eq!(uneven(&[("b", 2), ("a", 2), ("c", 0)]), Some(("a", "c")));
    assert_eq!(uneven::<&str>(&[]), None);
}

#[test]
fn unhealthy_tasks_go_first_then_those_of_the_fullest_zone_and_instance() {
    let candidate = |number: u8, zone: &str, instance: u8, rank, stays| Candidate {
        task: TaskId::from_bytes([number; 16]),
        zone: Some(zone.into()),
        instance: Some(berth_model::InstanceId::from_bytes([instance; 16])),
        rank,
        created_at: at(number.into()),
        stays,
    };
    let order = |candidates: &[Candidate], most| -> Vec<u8> {
        order_of_scale_in(candidates, most).into_iter().map(|id| id.as_bytes()[0]).collect()
    };
    let candidates = [
        candidate(1, "a", 1, Rank::Healthy, false),
        candidate(2, "a", 1, Rank::Healthy, false),
        candidate(3, "a", 2, Rank::Healthy, false),
        candidate(4, "b", 3, Rank::Coming, false),
        candidate(5, "b", 4, Rank::Healthy, false),
        candidate(6, "c", 5, Rank::Unhealthy, false),
    ];
    // Zone a has three: of its fuller instance the younger; then a and b are even, and b has one that does not run yet.
    assert_eq!(order(&candidates, 3), [6, 2, 4]);
    assert_eq!(order(&candidates, 9).len(), 6);
    let protected = candidate(7, "a", 1, Rank::Unhealthy, true);
    assert!(!order(&[candidates.as_slice(), &[protected]].concat(), 9).contains(&7));
}

/// A service of so many tasks that all run.
fn steady(desired: u32, instances: u8) -> World {
    let mut world = World::new(Scheduling::Replica, instances, Flavour::Good);
    world.service.zone_rebalancing = None;
    world.step(&Step::Scale(desired));
    world.calm();
    assert_eq!(world.live().len(), desired as usize);
    world
}

/// Lets the agents do what they have to, once.
fn agents(world: &mut World) {
    for _ in 0..world.tasks.len() {
        world.step(&Step::Agent(0));
    }
}

/// How many tasks a pass starts and stops.
fn pass(world: &mut World) -> (usize, usize) {
    let plan = world.pass();
    (plan.starts.len(), plan.stops.len())
}

#[test]
fn the_first_task_of_a_deployment_says_which_images_the_others_run() {
    let mut world = World::new(Scheduling::Replica, 3, Flavour::Good);
    world.step(&Step::Scale(3));
    assert_eq!((pass(&mut world), pass(&mut world)), ((1, 0), (0, 0)));
    agents(&mut world);
    let plan = world.pass();
    assert_eq!(plan.starts.len(), 2);
    let images = plan.revision.expect("the revision knows its images").images;
    assert_eq!((images[0].container.as_str(), images[0].digest.as_str()), ("app", "sha256:1"));
    world.deploy(Flavour::Good, false);
    assert_eq!(pass(&mut world).0, 3);
}

#[test]
fn with_200_percent_all_start_before_any_stops() {
    let mut world = steady(4, 5);
    world.deploy(Flavour::Good, false);
    assert_eq!(pass(&mut world), (4, 0));
    world.step(&Step::Agent(0));
    world.step(&Step::Agent(0));
    assert_eq!(pass(&mut world), (0, 2));
    world.calm();
    assert_eq!(world.said("deployment completed."), 2);
    assert_eq!(world.events.last().map(|event| &**event), Some("(service web) has reached a steady state."));
    let primary = world.service.primary().expect("a deployment");
    assert_eq!(*primary.reason, format!("ECS deployment {} completed.", primary.id));
}

#[test]
fn with_50_and_100_percent_two_of_four_stop_before_two_start() {
    let mut world = steady(4, 5);
    world.step(&Step::Percentages(50, 100));
    world.deploy(Flavour::Good, false);
    assert_eq!(pass(&mut world), (0, 2));
    assert_eq!(pass(&mut world), (2, 0));
    assert_eq!(pass(&mut world), (0, 0));
    agents(&mut world);
    assert_eq!(pass(&mut world), (0, 2));
    assert_eq!(pass(&mut world), (2, 0));
}

#[test]
fn percentages_that_leave_nothing_to_do_are_told_once_in_six_hours() {
    let mut world = steady(1, 2);
    world.step(&Step::Percentages(100, 100));
    world.deploy(Flavour::Good, false);
    let told = "unable to stop or start tasks during a deployment";
    for (after, times) in [(0, 1), (60, 1), (6 * 60 * 60, 2)] {
        world.step(&Step::Tick(after));
        assert_eq!(pass(&mut world), (0, 0));
        assert_eq!(world.said(told), times);
    }
}

#[test]
fn a_deployment_that_finds_no_place_leaves_the_old_one_alone() {
    let mut world = steady(2, 3);
    world.step(&Step::Percentages(0, 200));
    world.deploy(Flavour::Nowhere, false);
    assert_eq!((pass(&mut world), pass(&mut world)), ((0, 0), (0, 0)));
    let told = "(service web) was unable to place a task because no container instance met all of its requirements. The closest matching \
                (container-instance 01010101010101010101010101010101) is missing an attribute required by your task.";
    assert_eq!(world.said(told), 1);
    assert!(world.plan().why.iter().any(|why| why.contains("3 by attribute nowhere")));
}

#[test]
fn the_first_task_is_waited_for_only_where_others_wait() {
    let mut world = World::new(Scheduling::Replica, 3, Flavour::Good);
    let held_back = |world: &World| world.plan().why.iter().any(|why| why.contains("settles the images"));
    world.deploy(Flavour::Good, true);
    world.step(&Step::Scale(1));
    assert!(!held_back(&world), "{:?}", world.plan().why);
    world.step(&Step::Scale(2));
    assert!(held_back(&world), "{:?}", world.plan().why);
}

#[test]
fn a_port_that_the_old_task_holds_is_freed_where_the_minimum_allows_it() {
    let mut world = World::new(Scheduling::Replica, 1, Flavour::Checked);
    world.step(&Step::Scale(1));
    world.calm();
    world.deploy(Flavour::Checked, false);
    assert_eq!(pass(&mut world), (0, 0));
    assert_eq!(world.said("is already using a port required by your task"), 1);
    world.step(&Step::Percentages(0, 200));
    assert_eq!(pass(&mut world), (0, 1));
    agents(&mut world);
    assert_eq!(pass(&mut world), (1, 0));
}

fn breaks(rollback: bool) -> World {
    let mut world = steady(4, 5);
    world.step(&Step::Breaker { enable: true, rollback });
    world.deploy(Flavour::Broken, false);
    for _ in 0..6 {
        world.pass();
        agents(&mut world);
        world.step(&Step::Tick(5));
    }
    assert_eq!(world.said("deployment failed: tasks failed to start."), 1);
    world
}

#[test]
fn a_breaker_stops_a_bad_deployment() {
    let mut world = breaks(false);
    let primary = world.service.primary().expect("a deployment").clone();
    assert_eq!((primary.rollout, &*primary.reason), (Rollout::Failed, "ECS deployment circuit breaker: tasks failed to start."));
    let record = &world.records[&primary.record];
    assert_eq!((record.status, record.breaker.monitor), (ServiceDeploymentStatus::Stopped, Monitor::Triggered));
    assert_eq!((record.breaker.failures, record.breaker.threshold), (4, 3));
    world.step(&Step::Tick(3_600));
    assert_eq!(pass(&mut world), (0, 0));
    assert_eq!(world.live().iter().filter(|task| task.life.is_running()).count(), 4, "those of before run on");
}

#[test]
fn a_breaker_brings_the_last_good_revision_back() {
    let mut world = breaks(true);
    world.calm();
    let primary = world.service.primary().expect("a deployment").clone();
    assert_eq!((primary.rollout, primary.definition, world.service.deployments.len()), (Rollout::Completed, 1, 1));
    assert_eq!(world.said(&format!("rolling back to deployment {}.", primary.id)), 1);
    let record = &world.records[&primary.record];
    assert_eq!(record.status, ServiceDeploymentStatus::RollbackSuccessful);
    assert_eq!(record.rollback.as_ref().map(|rollback| rollback.revision), Some(primary.revision));
    assert_eq!(world.live().len(), 4);
}

#[test]
fn a_caller_stops_a_deployment_or_takes_it_back() {
    let mut world = steady(2, 3);
    world.deploy(Flavour::Good, false);
    world.step(&Step::RequestStop { rollback: true });
    world.calm();
    let primary = world.service.primary().expect("a deployment").clone();
    assert_eq!((primary.definition, primary.rollout), (1, Rollout::Completed));
    assert_eq!(world.records[&primary.record].status, ServiceDeploymentStatus::RollbackSuccessful);
    world.deploy(Flavour::Good, false);
    world.step(&Step::RequestStop { rollback: false });
    world.pass();
    let primary = world.service.primary().expect("a deployment").clone();
    assert_eq!((primary.definition, primary.rollout), (3, Rollout::Failed));
    assert_eq!(world.records[&primary.record].status, ServiceDeploymentStatus::Stopped);
    assert_eq!(pass(&mut world), (0, 0));
}

#[test]
fn tasks_that_never_run_are_started_less_and_less_often_until_something_changes() {
    let mut world = World::new(Scheduling::Replica, 3, Flavour::Broken);
    world.step(&Step::Scale(1));
    let mut waits = Vec::new();
    for _ in 0..4 {
        assert_eq!(pass(&mut world), (1, 0));
        agents(&mut world);
        let plan = world.pass();
        assert_eq!(plan.starts, []);
        let wake_at = plan.wake_at.expect("a time");
        waits.push(wake_at.since(world.now).as_secs());
        world.now = wake_at;
    }
    assert_eq!(waits, [1, 2, 4, 8]);
    let told =
        "(service web) is unable to consistently start tasks successfully. For more information, see the Troubleshooting section";
    assert_eq!(world.said(told), 1);
    world.pass();
    agents(&mut world);
    assert_eq!(pass(&mut world), (0, 0));
    world.step(&Step::Scale(1));
    assert_eq!(pass(&mut world), (1, 0));
}

#[test]
fn a_task_that_ran_is_replaced_at_once() {
    let mut world = steady(2, 3);
    for _ in 0..5 {
        world.step(&Step::Crash(0));
        assert_eq!(pass(&mut world), (1, 0));
        agents(&mut world);
    }
    assert!(!world.has_notice(Matter::Start));
}

#[test]
fn an_unhealthy_task_goes_once_another_has_taken_its_place() {
    let mut world = World::new(Scheduling::Replica, 5, Flavour::Checked);
    world.service.zone_rebalancing = None;
    world.calm();
    world.step(&Step::Health(0, false));
    assert_eq!(pass(&mut world), (1, 0));
    agents(&mut world);
    let plan = world.pass();
    assert_eq!(&*plan.stops[0].reason, "Task failed container health checks");
    assert_eq!(world.said("failed container health checks."), 1);
    world.calm();
    // Where there is no room for another, it goes first.
    world.step(&Step::Percentages(100, 100));
    world.step(&Step::Health(0, false));
    assert_eq!((pass(&mut world), pass(&mut world)), ((0, 1), (1, 0)));
}

#[test]
fn within_its_grace_a_task_is_not_judged() {
    let mut world = World::new(Scheduling::Replica, 5, Flavour::Checked);
    world.service.grace_seconds = Some(60);
    world.calm();
    world.step(&Step::Health(0, false));
    let plan = world.pass();
    assert_eq!((plan.starts.len(), plan.stops.len()), (0, 0));
    world.now = plan.wake_at.expect("the end of the grace");
    assert_eq!(pass(&mut world), (1, 0));
}

#[test]
fn protected_tasks_outlive_deployments_and_scale_in_until_their_protection_ends() {
    let mut world = steady(2, 3);
    world.step(&Step::Protect(0, 100));
    world.deploy(Flavour::Good, false);
    world.step(&Step::Scale(1));
    for _ in 0..4 {
        world.pass();
        agents(&mut world);
    }
    assert_eq!(world.live().len(), 2);
    assert_eq!(world.service.primary().map(|primary| primary.rollout), Some(Rollout::InProgress));
    let plan = world.pass();
    world.now = plan.wake_at.expect("the end of the protection");
    assert_eq!(pass(&mut world), (0, 1));
}

#[test]
fn tasks_leave_a_draining_instance_within_the_percentages() {
    let mut world = steady(3, 3);
    world.step(&Step::Drain(0));
    assert_eq!(pass(&mut world), (1, 0));
    agents(&mut world);
    assert_eq!(pass(&mut world), (0, 1));
    world.calm();
    let mut world = steady(3, 3);
    world.step(&Step::Percentages(100, 100));
    world.step(&Step::Drain(0));
    assert_eq!(pass(&mut world), (0, 0));
    world.step(&Step::Percentages(50, 100));
    assert_eq!(pass(&mut world), (0, 1));
}

#[test]
fn a_task_moves_to_the_zone_that_has_fewest() {
    // Instances 1 and 4 are in zone b, 2 in c.
    let mut world = World::new(Scheduling::Replica, 2, Flavour::Good);
    world.step(&Step::Scale(4));
    world.step(&Step::Drain(1));
    for _ in 0..6 {
        world.pass();
        agents(&mut world);
    }
    assert!(world.live().iter().all(|task| task.zone.as_deref() == Some("b")));
    world.step(&Step::Return(1));
    let plan = world.pass();
    assert_eq!((plan.starts.len(), plan.stops.len()), (1, 0));
    assert_eq!(plan.starts[0].zone.as_deref(), Some("c"));
    assert_eq!(world.said("(service web) is not AZ balanced with 4 tasks in b, 0 tasks in c. AZ Rebalancing in progress."), 1);
    assert_eq!(pass(&mut world), (0, 0), "the old one stays until the new one runs");
    agents(&mut world);
    assert_eq!(pass(&mut world), (0, 1));
    world.calm();
    let in_c = world.live().iter().filter(|task| task.zone.as_deref() == Some("c")).count();
    assert_eq!((in_c, world.live().len()), (2, 4));
    assert_eq!(world.said("is AZ balanced with 2 tasks in b, 2 tasks in c."), 1);
}

#[test]
fn a_daemon_has_one_task_on_each_instance_and_follows_them() {
    let mut world = World::new(Scheduling::Daemon, 3, Flavour::Good);
    world.calm();
    assert_eq!((world.live().len(), world.service.desired_count), (3, 3));
    world.step(&Step::Drain(0));
    assert_eq!(pass(&mut world), (0, 1));
    world.calm();
    assert_eq!(world.live().len(), 3);
    world.step(&Step::Percentages(0, 100));
    world.deploy(Flavour::Good, false);
    assert_eq!(pass(&mut world), (0, 3));
}

#[test]
fn each_capacity_provider_gets_its_share_on_its_own_instances() {
    let mut world = World::new(Scheduling::Replica, 4, Flavour::Good);
    world.share_out(&[("steady", 1, 1), ("spot", 3, 0)]);
    world.step(&Step::Scale(9));
    world.service.zone_rebalancing = None;
    world.calm();
    let by = |provider: &str| world.live().iter().filter(|task| task.capacity_provider.as_deref() == Some(provider)).count();
    // One of the base, then one to three.
    assert_eq!((by("steady"), by("spot")), (3, 6));
    for task in world.live() {
        let instance = &world.instances[&task.instance.expect("a place")];
        assert_eq!(instance.capacity_provider, task.capacity_provider);
    }
}

#[test]
fn task_sets_have_their_shares_rounded_up_and_give_them_back() {
    let mut world = World::new(Scheduling::Replica, 5, Flavour::Good);
    let (blue, green) = (world.add_set(1, Flavour::Good, 10_000), world.add_set(2, Flavour::Good, 2_500));
    world.step(&Step::Scale(5));
    world.calm();
    let of = |world: &World, id| world.live().iter().filter(|task| task.deployment() == Some(id)).count();
    assert_eq!((of(&world, blue), of(&world, green)), (5, 2));
    assert!(world.sets.values().all(|set| set.is_steady));
    assert_eq!(world.said("(service web, taskSet ecs-svc/0000000000000000002) has started 2 tasks: (task "), 1);
    world.sets.get_mut(&green).expect("the set").scale = 0;
    world.calm();
    assert_eq!((of(&world, blue), of(&world, green)), (5, 0));
    world.sets.get_mut(&blue).expect("the set").status = TaskSetStatus::Draining;
    world.calm();
    assert_eq!(of(&world, blue), 0);
}

#[test]
fn tasks_of_a_set_that_never_run_wait_too() {
    let mut world = World::new(Scheduling::Replica, 3, Flavour::Good);
    let set = world.add_set(1, Flavour::Broken, 10_000);
    world.step(&Step::Scale(1));
    for setbacks in 1..4 {
        assert_eq!(pass(&mut world), (1, 0));
        agents(&mut world);
        world.now = world.pass().wake_at.expect("a time");
        assert_eq!(world.sets[&set].setbacks, setbacks);
    }
    // Of a set that is gone, the ends of tasks are taken note of as well.
    world.pass();
    agents(&mut world);
    world.sets.clear();
    world.pass();
    assert!(world.tasks.values().all(|task| task.settled));
}

#[test]
fn a_deleted_service_stops_its_tasks_and_is_gone() {
    let mut world = steady(2, 3);
    world.step(&Step::Protect(0, 1_000));
    world.service.status = ServiceStatus::Draining;
    let plan = world.plan();
    assert_eq!(plan.stops.len(), 2);
    world.apply(plan);
    world.pass();
    assert_eq!(world.service.status, ServiceStatus::Inactive { at: world.now });
}

#[test]
fn a_steady_service_says_so_again_after_six_hours() {
    let mut world = steady(1, 2);
    let said = |world: &mut World, seconds| {
        world.step(&Step::Tick(seconds));
        world.pass();
        world.said("has reached a steady state.")
    };
    assert_eq!((said(&mut world, 60), said(&mut world, 6 * 60 * 60)), (1, 2));
    assert!(world.instances.values().all(|instance| instance.status == InstanceStatus::Active));
    assert!(world.now > Timestamp::EPOCH + Duration::from_secs(1));
}
