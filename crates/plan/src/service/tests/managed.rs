//! Daemons of capacity providers.

use berth_model::{ContainerInstance, Rollout, Scheduling, ServiceDeploymentStatus, ServiceStatus};

use super::world::{Flavour, Step, World};
use super::{agents, pass};
use crate::service::delete;

fn steady(instances: u8) -> World {
    let mut world = World::new(Scheduling::Managed, instances, Flavour::Good);
    world.calm();
    world
}

/// How many instances have a task that is well.
fn served(world: &World) -> usize {
    world.live().iter().filter(|task| world.is_healthy(task)).count()
}

#[test]
fn each_instance_of_the_providers_has_one_task_by_its_provider() {
    let mut world = steady(4);
    let providers: Vec<_> = world.live().iter().map(|task| task.capacity_provider.clone()).collect();
    assert_eq!(providers, ["green", "blue", "green", "blue"].map(|name| Some(name.into())));
    assert!(world.live().iter().all(|task| task.group == *"daemon:web"));
    let (_, first) = world.instances.clone().pop_first().expect("an instance");
    world.replace_instance(ContainerInstance { capacity_provider: Some("red".into()), ..first });
    assert_eq!(pass(&mut world), (0, 1), "one that is of another provider now has none");
    world.calm();
    assert_eq!((world.live().len(), world.service.desired_count), (3, 3));
    assert_eq!(world.events, Vec::<Box<str>>::new(), "nobody can ask for the events of a daemon");
}

#[test]
fn no_more_instances_are_without_their_task_at_once_than_the_drain_percentage_says() {
    let mut world = steady(5);
    world.step(&Step::Percentages(40, 100));
    world.deploy(Flavour::Good, true);
    let mut fewest = 5;
    for _ in 0..40 {
        world.pass();
        fewest = fewest.min(served(&world));
        agents(&mut world);
    }
    assert_eq!(fewest, 3);
    let primary = world.service.primary().expect("a deployment");
    assert_eq!((primary.rollout, served(&world)), (Rollout::Completed, 5));
    assert!(world.live().iter().all(|task| task.deployment() == Some(primary.id)));
}

#[test]
fn an_instance_out_of_reach_keeps_its_task_and_is_not_counted() {
    let mut world = steady(3);
    let (id, first) = world.instances.clone().pop_first().expect("an instance");
    world.replace_instance(ContainerInstance { agent_connected: false, ..first.clone() });
    assert_eq!(pass(&mut world), (0, 0));
    assert_eq!((world.live().len(), world.service.desired_count), (3, 2));
    world.deploy(Flavour::Good, true);
    world.calm_without_return();
    let of_first = world.live().into_iter().find(|task| task.instance == Some(id)).expect("its task").deployment();
    assert_eq!(world.service.primary().map(|primary| primary.rollout), Some(Rollout::Completed));
    assert_ne!(of_first, world.service.primary().map(|primary| primary.id));
    let now = world.instances[&id].clone();
    world.replace_instance(ContainerInstance { agent_connected: true, ..now });
    world.calm();
    let primary = world.service.primary().map(|primary| primary.id);
    assert!(world.live().iter().all(|task| task.deployment() == primary));
}

#[test]
fn where_the_new_task_cannot_be_the_old_one_stays() {
    let mut world = steady(2);
    world.deploy(Flavour::Nowhere, true);
    let plan = world.pass();
    assert_eq!((plan.starts.len(), plan.stops.len()), (0, 0));
    assert_eq!((served(&world), world.service.primary().map(|primary| primary.rollout)), (2, Some(Rollout::InProgress)));
}

#[test]
fn tasks_that_do_not_start_bring_the_last_revision_back() {
    let mut world = steady(3);
    let before = world.service.primary().expect("a deployment").id;
    world.step(&Step::Breaker { enable: true, rollback: true });
    world.deploy(Flavour::Broken, true);
    let broken = world.service.primary().expect("a deployment").record;
    world.calm();
    assert_eq!(world.service.primary().map(|primary| primary.id), Some(before));
    assert_eq!(world.records[&broken].status, ServiceDeploymentStatus::RollbackSuccessful);
    assert_eq!(served(&world), 3);
}

#[test]
fn a_daemon_without_instances_is_there_at_once_and_a_deleted_one_is_gone() {
    let world = steady(0);
    assert_eq!(world.service.primary().map(|primary| primary.rollout), Some(Rollout::Completed));
    let mut world = World::new(Scheduling::Managed, 2, Flavour::Good);
    world.calm();
    world.service = delete(&world.service, None, world.now).0;
    let plan = world.pass();
    assert!(plan.stops.iter().all(|halt| *halt.reason == *"Daemon was deleted") && plan.stops.len() == 2);
    world.pass();
    assert_eq!(world.service.status, ServiceStatus::Draining, "as long as its tasks run");
    agents(&mut world);
    world.pass();
    assert!(matches!(world.service.status, ServiceStatus::Inactive { .. }));
}
