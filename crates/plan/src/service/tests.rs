use std::time::Duration;

use berth_model::{
    InstanceStatus, Matter, Monitor, Rollout, Scheduling, ServiceDeploymentStatus, ServiceStatus, Task, TaskId, Timestamp,
};
use proptest::prelude::*;

use super::world::{Flavour, Step, World};
use super::{Bounds, Candidate, LONGEST_DELAY, Rank, breaker_threshold, order_of_scale_in, restart_delay, uneven};
use crate::fixtures::at;

fn flavour() -> impl Strategy<Value = Flavour> {
    prop_oneof![4 => Just(Flavour::Good), 3 => Just(Flavour::Checked), 2 => Just(Flavour::Broken), 1 => Just(Flavour::Nowhere)]
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
    world.step(&Step::Deploy(Flavour::Checked));
    world.calm();
    let wanted =
        if world.service.scheduling == Scheduling::Daemon { world.instances.len() } else { world.service.desired_count as usize };
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

fn runs(scheduling: Scheduling, steps: &[Step]) {
    let mut world = World::new(scheduling, 5, Flavour::Good);
    for step in steps {
        world.step(step);
    }
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
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2, ..ProptestConfig::default() })]

    #[test]
    fn a_long_life_keeps_its_promises(steps in prop::collection::vec(step(), 10_000)) {
        runs(Scheduling::Replica, &steps);
    }
}
