//! Histories that nobody would think of. What must hold after every pass is checked by the world itself.

use berth_model::{HookAction, LifecycleStage, PauseHook, Rollout, Scheduling, Service, daemon};
use berth_plan::service::Bounds;
use berth_testkit::simulation::{Kind, Step, World};
use proptest::prelude::*;

fn kind() -> impl Strategy<Value = Kind> {
    prop_oneof![
        4 => Just(Kind::Plain),
        3 => Just(Kind::Checked),
        2 => Just(Kind::Broken),
        1 => Just(Kind::Sick),
        1 => Just(Kind::Nowhere),
        2 => Just(Kind::Networked),
    ]
}

fn hook() -> impl Strategy<Value = PauseHook> {
    let stages = prop::sample::subsequence(LifecycleStage::HOOKED.to_vec(), 1..=3);
    (stages, 1_u32..4, action()).prop_map(|(stages, minutes, action)| PauseHook {
        stages,
        timeout_minutes: Some(minutes),
        timeout_action: Some(action),
    })
}

fn action() -> impl Strategy<Value = HookAction> {
    prop_oneof![3 => Just(HookAction::Continue), 1 => Just(HookAction::Rollback)]
}

fn step() -> impl Strategy<Value = Step> {
    let at = any::<usize>;
    prop_oneof![
        30 => Just(Step::Turn),
        30 => at().prop_map(Step::Agent),
        4 => Just(Step::Agents),
        4 => at().prop_map(Step::Crash),
        4 => (at(), any::<bool>()).prop_map(|(at, is_well)| Step::Health(at, is_well)),
        4 => (at(), 0_u32..9).prop_map(|(at, count)| Step::Scale(at, count)),
        3 => (at(), kind()).prop_map(|(at, kind)| Step::Deploy(at, kind)),
        2 => (at(), prop::sample::select(vec![0, 33, 50, 100]), prop::sample::select(vec![100, 125, 150, 200]))
            .prop_map(|(at, least, most)| Step::Percentages(at, least, most)),
        1 => (at(), any::<bool>(), any::<bool>()).prop_map(|(at, enable, rollback)| Step::Breaker(at, enable, rollback)),
        1 => (at(), any::<bool>()).prop_map(|(at, rolls_back)| Step::StopDeployment(at, rolls_back)),
        2 => (at(), prop::collection::vec(hook(), 0..3)).prop_map(|(at, hooks)| Step::Hooks(at, hooks)),
        3 => (at(), action()).prop_map(|(at, action)| Step::Answer(at, action)),
        2 => (at(), 0_u64..600).prop_map(|(at, seconds)| Step::Protect(at, seconds)),
        2 => at().prop_map(Step::StopTask),
        2 => at().prop_map(Step::Drain),
        1 => at().prop_map(Step::Lose),
        1 => at().prop_map(Step::Disconnect),
        4 => at().prop_map(Step::Return),
        6 => (0_u64..120).prop_map(Step::Tick),
        1 => Just(Step::Restart),
        2 => Just(Step::Forget),
    ]
}

fn world() -> World {
    let mut world = World::new(5);
    world.create("front", Scheduling::Replica, Kind::Checked, 3);
    world.create("back", Scheduling::Replica, Kind::Networked, 4);
    // It pauses at every stage from the beginning.
    let hook = PauseHook { stages: LifecycleStage::HOOKED.to_vec(), timeout_minutes: Some(2), timeout_action: None };
    world.step(&Step::Hooks(0, vec![hook]));
    world.create("watch", Scheduling::Daemon, Kind::Plain, 0);
    world
}

/// A world with a daemon of capacity providers beside a service.
fn daemons() -> World {
    let mut world = World::new(5);
    world.create(&daemon::kept("watch"), Scheduling::Managed, Kind::Plain, 0);
    world.create("front", Scheduling::Replica, Kind::Plain, 3);
    world
}

fn lives(world: World, steps: &[Step]) -> World {
    let mut world = world;
    for step in steps {
        world.step(step);
    }
    world
}

/// Whatever happened: where nothing is in the way, each service gets what it was to have, with the percentages that it has, without
/// anybody asking it to.
fn get_where_they_were_going(world: &mut World) {
    let never_well = |service: &Service| {
        let mut kinds = service.deployments.iter().map(|deployment| world.kind_of(&service.name, deployment.definition));
        kinds.any(|kind| matches!(kind, Some(Kind::Broken | Kind::Sick)))
    };
    if world.services().iter().any(never_well) {
        // Their tasks are started again and again: of the primary deployment, or of one that comes back.
        return;
    }
    world.calm();
    for service in world.services() {
        let Some(primary) = service.primary() else { panic!("{} has no deployment", service.name) };
        let configuration = &service.configuration;
        let bounds = Bounds::of(service.desired_count, configuration.minimum_healthy_percent, configuration.maximum_percent);
        let is_stuck = bounds.most == bounds.desired && bounds.least == bounds.desired;
        let is_good = matches!(world.kind_of(&service.name, primary.definition), Some(Kind::Plain));
        if is_good && !is_stuck && primary.rollout != Rollout::Failed && service.scheduling == Scheduling::Replica {
            assert_eq!(primary.rollout, Rollout::Completed, "{}: {:#?}", service.name, world.events(&service.name).last());
        }
    }
}

/// Once all is well, and everybody wants what can be had, everybody has it.
fn come_to_rest(world: &mut World) {
    for at in 0..3 {
        world.step(&Step::Percentages(at, 0, 200));
        world.step(&Step::Scale(at, 4));
        world.step(&Step::Hooks(at, Vec::new()));
        world.step(&Step::Deploy(at, Kind::Checked));
        // Five nodes have port 80 once each: two services cannot have it on all.
        world.step(&Step::Deploy(at, if at == 1 { Kind::Checked } else { Kind::Networked }));
    }
    world.calm();
    for service in world.services() {
        let primary = service.primary().expect("a deployment");
        assert_eq!(primary.rollout, Rollout::Completed, "{}: {:#?}", service.name, world.events(&service.name));
        assert_eq!(service.deployments.len(), 1);
        let tasks = world.live(&service);
        assert_eq!(tasks.len(), if service.scheduling == Scheduling::Daemon { 5 } else { 4 }, "{}", service.name);
        assert!(tasks.iter().all(|task| task.deployment() == Some(primary.id) && world.is_healthy(task)));
    }
    let unsettled = world.view().range::<berth_model::Task>(..).filter(|task| task.is_stopped() && !task.settled).count();
    assert_eq!(unsettled, 0, "the end of every task was taken note of");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn services_keep_their_promises_whatever_happens(steps in prop::collection::vec(step(), 0..300)) {
        let mut world = lives(world(), &steps);
        get_where_they_were_going(&mut world);
        come_to_rest(&mut world);
    }

    #[test]
    fn daemons_keep_their_promises_whatever_happens(steps in prop::collection::vec(step(), 0..300)) {
        // Daemons have no hooks.
        let steps: Vec<_> = steps.into_iter().filter(|step| !matches!(step, Step::Hooks(..))).collect();
        let mut world = lives(daemons(), &steps);
        world.step(&Step::Deploy(0, Kind::Checked));
        // It leaves the daemon room and its port.
        world.step(&Step::Percentages(1, 0, 200));
        world.step(&Step::Scale(1, 3));
        world.step(&Step::Deploy(1, Kind::Plain));
        world.calm();
        let watch = world.services().into_iter().find(|service| service.scheduling == Scheduling::Managed).expect("the daemon");
        let primary = watch.primary().expect("a deployment");
        prop_assert_eq!((primary.rollout, watch.deployments.len()), (Rollout::Completed, 1));
        let mut nodes: Vec<_> = world.live(&watch).iter().filter(|task| world.is_healthy(task)).map(|task| task.instance).collect();
        nodes.sort();
        nodes.dedup();
        prop_assert_eq!((nodes.len(), world.live(&watch).len()), (5, 5));
    }

    #[test]
    fn the_same_history_leads_to_the_same_end(steps in prop::collection::vec(step(), 0..100)) {
        let (one, other) = (lives(world(), &steps), lives(world(), &steps));
        prop_assert_eq!(one.services(), other.services());
        prop_assert_eq!(one.tasks(), other.tasks());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1, ..ProptestConfig::default() })]

    #[test]
    fn a_long_life_keeps_its_promises(steps in prop::collection::vec(step(), 10_000)) {
        let mut world = lives(world(), &steps);
        get_where_they_were_going(&mut world);
        come_to_rest(&mut world);
    }
}
