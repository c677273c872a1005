use berth_model::{Constraint, ConstraintKind, InstanceStatus, LaunchType, node};

use super::*;
use crate::fixtures::{at, attribute, instance, region};
use crate::placement::rules;

/// What a service of a cluster asks for.
fn of(service: &str, since: i64, images: &[&str]) -> PullAhead {
    PullAhead {
        pool: PoolKey::of(region(), &"default".into(), LaunchType::Ec2),
        group: GroupKey { cluster: "default".into(), name: service.into() },
        attributes: Vec::new(),
        rules: Vec::new(),
        zones: None,
        providers: Vec::new(),
        since: at(since),
        images: images.iter().map(|image| Box::from(*image)).collect(),
    }
}

fn told(instance: &ContainerInstance, all: &[PullAhead]) -> Vec<String> {
    images_ahead(instance, all).into_iter().map(String::from).collect()
}

#[test]
fn what_came_last_is_pulled_first_and_each_image_once() {
    let all = [of("old", 1, &["a", "b"]), of("new", 9, &["c", "b"]), of("as-new", 9, &["d"])];
    assert_eq!(told(&instance(1), &all), ["d", "c", "b", "a"]);
    assert_eq!(told(&instance(1), &[]), Vec::<String>::new());
    let many: Vec<String> = (0..1000).map(|number| number.to_string()).collect();
    let many = of("many", 1, &many.iter().map(String::as_str).collect::<Vec<_>>());
    assert_eq!(told(&instance(1), &[many]).len(), MOST_IMAGES);
}

#[test]
fn only_instances_that_a_task_could_come_to_are_told() {
    let zone = |name: &str| attribute(node::ZONE, name);
    let own = ContainerInstance {
        attributes: vec![attribute("disk", "ssd"), zone("a")],
        capacity_provider: Some("racks".into()),
        ..instance(1)
    };
    let is_told = |instance: &ContainerInstance, change: &dyn Fn(&mut PullAhead)| {
        let mut one = of("web", 1, &["a"]);
        change(&mut one);
        !told(instance, &[one]).is_empty()
    };
    let member_of =
        |expression: &str| rules(&[Constraint { kind: ConstraintKind::MemberOf, expression: Some(expression.into()) }]).unwrap();
    assert!(is_told(&own, &|_| {}));
    assert!(is_told(&own, &|one| one.attributes = vec![attribute("disk", "ssd")]));
    assert!(!is_told(&own, &|one| one.attributes = vec![attribute("disk", "tape")]));
    assert!(is_told(&own, &|one| one.rules = member_of("attribute:disk == ssd")));
    assert!(!is_told(&own, &|one| one.rules = member_of("attribute:disk != ssd")));
    assert!(is_told(&own, &|one| one.zones = Some(vec!["a".into(), "b".into()])));
    assert!(!is_told(&own, &|one| one.zones = Some(vec!["b".into()])));
    assert!(is_told(&own, &|one| one.providers = vec!["cloud".into(), "racks".into()]));
    assert!(!is_told(&own, &|one| one.providers = vec!["cloud".into()]));
    assert!(!is_told(&own, &|one| one.pool = PoolKey::of(region(), &"other".into(), LaunchType::Ec2)));
    assert!(!is_told(&own, &|one| one.pool = PoolKey::Fargate(region())));
    assert!(!is_told(&ContainerInstance { status: InstanceStatus::Draining, ..own.clone() }, &|_| {}));
    assert!(!is_told(&ContainerInstance { agent_connected: false, ..own }, &|_| {}));
}

#[test]
fn what_is_on_an_instance_now_does_not_matter() {
    let full = ContainerInstance { used: instance(1).registered, ..instance(1) };
    let mut one = of("web", 1, &["a"]);
    one.rules = rules(&[
        Constraint { kind: ConstraintKind::DistinctInstance, expression: None },
        Constraint { kind: ConstraintKind::MemberOf, expression: Some("task:group == service:db".into()) },
    ])
    .unwrap();
    assert_eq!(told(&full, &[one]), ["a"]);
}
