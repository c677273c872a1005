use std::collections::BTreeMap;

use berth_model::{
    Constraint, ConstraintKind, ContainerInstance, Facts, HealthCheck, InstanceId, InstanceStatus, LaunchType, Life, Name,
    Protocol, Resources, StopCode, Task, node,
};
use proptest::prelude::*;
use proptest::strategy::Strategy as Generated;

use super::{
    Field, GroupKey, Index, Lack, Placed, Placement, Pool, PoolKey, Rule, Sieve, Strategy, StrategyError, Want, place,
    place_into, rules, start,
};
use crate::fixtures::{at, attribute, container, counting, facts, instance, published, region};
use crate::task::{self, Order};

const ZONE: &str = "ecs.availability-zone";

/// An instance and how many tasks of each group it has.
type Spot = (ContainerInstance, BTreeMap<Name, u32>);
type Cluster = Vec<Spot>;

fn empty(instances: impl IntoIterator<Item = ContainerInstance>) -> Cluster {
    instances.into_iter().map(|instance| (instance, BTreeMap::new())).collect()
}

fn zoned(number: u8, zone: &str, tasks: u32) -> (ContainerInstance, BTreeMap<Name, u32>) {
    let instance = ContainerInstance { attributes: vec![attribute(ZONE, zone)], ..instance(number) };
    (instance, [("family:web".into(), tasks)].into_iter().collect())
}

fn web() -> GroupKey {
    GroupKey { cluster: "default".into(), name: "family:web".into() }
}

fn pool(cluster: &[Spot]) -> Pool {
    let mut pool = Pool::default();
    for (instance, groups) in cluster {
        pool.set_instance(instance.id, Some(instance));
        for (name, &tasks) in groups {
            let tasks = i32::try_from(tasks).expect("few tasks");
            let group = GroupKey { cluster: instance.cluster.clone(), name: name.clone() };
            pool.count(instance.id, &group, node::zone(&instance.attributes), tasks, tasks);
        }
    }
    pool
}

/// Places `count` tasks of `facts` in the group `family:web`.
#[derive(Debug, Clone)]
struct Call {
    facts: Facts,
    count: u32,
    rules: Vec<Rule>,
    strategies: Vec<Strategy>,
    seed: u128,
}

fn call(count: u32) -> Call {
    Call { facts: facts(), count, rules: Vec::new(), strategies: Vec::new(), seed: 7 }
}

impl Call {
    fn by(mut self, strategies: &[(&str, &str)]) -> Self {
        self.strategies = strategies.iter().map(|&(kind, field)| Strategy::of(kind, Some(field)).expect("a strategy")).collect();
        self
    }

    fn where_(mut self, expression: &str) -> Self {
        let constraint = Constraint { kind: ConstraintKind::MemberOf, expression: Some(expression.into()) };
        self.rules.extend(rules([&constraint]).expect("an expression"));
        self
    }

    fn on(&self, cluster: &[Spot]) -> Placement {
        let (reservation, group) = (self.facts.reservation(), web());
        let new = Want::new(&self.facts, &reservation, &group);
        let want = Want { count: self.count, rules: &self.rules, strategies: &self.strategies, ..new };
        place(&want, &pool(cluster), &mut Sieve::default(), &mut counting(self.seed))
    }
}

/// The numbers of the instances chosen, in order.
fn chosen(placement: &Placement) -> Vec<u8> {
    placement.placed.iter().map(|placed| placed.instance.as_bytes()[0]).collect()
}

fn sorted(placement: &Placement) -> Vec<u8> {
    let mut chosen = chosen(placement);
    chosen.sort_unstable();
    chosen
}

fn only_lack(placement: &Placement) -> &Lack {
    match placement.rejections.as_slice() {
        [rejection] => &rejection.lack,
        other => panic!("one rejection, not {other:?}"),
    }
}

#[track_caller]
fn lacks(facts: Facts, instance: ContainerInstance, reason: &str, sentence: &str) {
    let placement = Call { facts, ..call(1) }.on(&empty([instance]));
    assert_eq!(placement.unplaced, 1);
    let lack = only_lack(&placement);
    assert_eq!((lack.failure_reason(), lack.sentence().as_str()), (reason, sentence));
}

#[test]
fn a_task_takes_what_it_needs_and_the_next_finds_it_taken() {
    // 2,048 CPU units hold eight tasks of 256; memory of 4,096 MiB eight of 512.
    let placement = call(10).on(&empty([instance(1)]));
    assert_eq!((placement.placed.len(), placement.unplaced), (8, 2));
    assert_eq!(*only_lack(&placement), Lack::Cpu { needs: 256, has: 0 });
}

#[test]
fn nothing_is_rejected_when_all_find_a_place() {
    assert_eq!(call(8).on(&empty([instance(1), instance(2)])).rejections, []);
}

#[test]
fn no_instances_is_no_place() {
    let placement = call(2).on(&Vec::new());
    assert_eq!((placement.placed.len(), placement.unplaced, placement.nearest()), (0, 2, None));
}

#[test]
fn short_cpu_and_memory_are_told_with_their_amounts() {
    let used = |cpu, memory| ContainerInstance { used: Resources { cpu, memory, ..Resources::default() }, ..instance(1) };
    lacks(facts(), used(1_900, 0), "RESOURCE:CPU", "needs 256 CPU units, has 148");
    lacks(facts(), used(0, 3_968), "RESOURCE:MEMORY", "needs 512 MiB, has 128 MiB");
    lacks(facts(), used(9_999, 9_999), "RESOURCE:CPU", "needs 256 CPU units, has 0");
}

fn on_port(port: u16, protocol: Protocol) -> Facts {
    let mut facts = facts();
    facts.containers[0].ports.push(published(port, protocol));
    facts
}

#[test]
fn a_taken_port_is_told_with_its_number() {
    let used = |resources| ContainerInstance { used: resources, ..instance(1) };
    let tcp = used(Resources { ports_tcp: [80].into_iter().collect(), ..Resources::default() });
    let udp = used(Resources { ports_udp: [53].into_iter().collect(), ..Resources::default() });
    lacks(on_port(80, Protocol::Tcp), tcp.clone(), "RESOURCE:PORTS", "needs port 80/tcp, which is taken");
    lacks(on_port(22, Protocol::Tcp), tcp.clone(), "RESOURCE:PORTS", "needs port 22/tcp, which the host keeps");
    lacks(on_port(53, Protocol::Udp), udp, "RESOURCE:PORTS", "needs port 53/udp, which is taken");
    assert_eq!(Call { facts: on_port(80, Protocol::Udp), ..call(1) }.on(&empty([tcp])).unplaced, 0);
}

#[test]
fn two_tasks_on_one_static_port_never_share_an_instance() {
    let placement = Call { facts: on_port(80, Protocol::Tcp), ..call(3) }.on(&empty([instance(1), instance(2)]));
    assert_eq!((sorted(&placement), placement.unplaced), (vec![1, 2], 1));
    assert!(placement.rejections.iter().all(|r| r.lack == Lack::Port { port: 80, protocol: Protocol::Tcp, kept: false }));
}

#[test]
fn each_task_gets_gpus_of_its_own() {
    let mut facts = facts();
    facts.containers[0].gpus = 2;
    let names = |gpus: &[&str]| gpus.iter().map(|&gpu| gpu.into()).collect();
    let mut instance = instance(1);
    instance.registered.gpus = names(&["a", "b", "c", "d", "e"]);
    instance.used.gpus = names(&["b"]);
    let placement = Call { facts: facts.clone(), ..call(3) }.on(&empty([instance.clone()]));
    let given: Vec<Vec<&str>> =
        placement.placed.iter().map(|placed| placed.reservation.gpus.iter().map(|gpu| gpu.as_str()).collect()).collect();
    assert_eq!(given, [["a", "c"], ["d", "e"]]);
    instance.used.gpus = names(&["a", "b", "c", "d"]);
    lacks(facts, instance, "RESOURCE:GPU", "needs 2 GPUs, has 1");
}

#[test]
fn an_instance_that_takes_no_tasks_gets_none() {
    for (status, word) in [(InstanceStatus::Draining, "is DRAINING"), (InstanceStatus::Registering, "is REGISTERING")] {
        lacks(facts(), ContainerInstance { status, ..instance(1) }, "INACTIVE", word);
    }
    lacks(facts(), ContainerInstance { agent_connected: false, ..instance(1) }, "AGENT", "its agent is disconnected");
    let health = |status: &str| {
        vec![HealthCheck { kind: "CONTAINER_RUNTIME".into(), status: status.into(), last_updated: at(0), last_change: at(0) }]
    };
    let impaired = ContainerInstance { health: health("IMPAIRED"), ..instance(1) };
    lacks(facts(), impaired, "AGENT", "is impaired: CONTAINER_RUNTIME");
    assert_eq!(call(1).on(&empty([ContainerInstance { health: health("OK"), ..instance(1) }])).unplaced, 0);
}

#[test]
fn a_demanded_attribute_must_be_there_with_the_same_value() {
    let wants = |name: &str, value: &str| Facts { requires_attributes: vec![attribute(name, value)], ..facts() };
    let has = ContainerInstance { attributes: vec![attribute("os", "linux"), attribute("gpu", "")], ..instance(1) };
    for met in [wants("os", "linux"), wants("os", ""), wants("gpu", "")] {
        assert_eq!(Call { facts: met, ..call(1) }.on(&empty([has.clone()])).unplaced, 0);
    }
    lacks(wants("ssd", ""), has.clone(), "ATTRIBUTE", "needs the attribute ssd");
    lacks(wants("os", "windows"), has.clone(), "ATTRIBUTE", "needs the attribute os = windows");
    lacks(wants("gpu", "x"), has, "ATTRIBUTE", "needs the attribute gpu = x");
}

#[test]
fn tasks_of_a_capacity_provider_go_to_its_instances() {
    let (facts, group, provider) = (facts(), web(), Name::new("spot"));
    let reservation = facts.reservation();
    let want = Want { provider: Some(&provider), count: 9, ..Want::new(&facts, &reservation, &group) };
    let of =
        |number, provider: Option<&str>| ContainerInstance { capacity_provider: provider.map(Name::new), ..instance(number) };
    let pool = pool(&empty([of(1, Some("spot")), of(2, Some("steady")), of(3, None)]));
    let placement = place(&want, &pool, &mut Sieve::default(), &mut counting(0));
    assert_eq!(chosen(&placement), [1; 8]);
    let sentences: Vec<String> = placement.rejections.iter().map(|rejection| rejection.lack.sentence()).collect();
    assert_eq!(sentences[1..], ["belongs to the capacity provider steady", "belongs to no capacity provider"]);
}

#[test]
fn placing_into_a_pool_leaves_the_tasks_there() {
    let (facts, group) = (facts(), web());
    let reservation = facts.reservation();
    let want = Want { count: 2, ..Want::new(&facts, &reservation, &group) };
    let (mut pool, mut ids) = (pool(&empty([instance(1)])), counting(0));
    for tasks in [2, 4, 6, 8] {
        assert_eq!(place_into(&want, &mut pool, &mut Sieve::default(), &mut ids).unplaced, 0);
        assert_eq!((pool.on(instance(1).id, &group), pool.used(instance(1).id).map(|used| used.cpu)), (tasks, Some(tasks * 256)));
    }
    assert_eq!(place_into(&want, &mut pool, &mut Sieve::default(), &mut ids).unplaced, 2);
}

#[test]
fn member_of_selects_instances() {
    let cluster = vec![zoned(1, "a", 0), zoned(2, "b", 0), zoned(3, "b", 0)];
    let call = call(20).where_("attribute:ecs.availability-zone == b").where_("ec2InstanceId != i-3");
    let placement = call.on(&cluster);
    assert_eq!(chosen(&placement), [2; 8]);
    let lack = &placement.rejections[0].lack;
    assert_eq!(lack.failure_reason(), "MemberOf placement constraint unsatisfied.");
    assert_eq!(lack.sentence(), "is not selected by attribute:ecs.availability-zone == b");
    let nearest = placement.nearest().expect("a rejection");
    assert_eq!((nearest.instance.as_bytes()[0], &nearest.lack), (2, &Lack::Cpu { needs: 256, has: 0 }));
}

#[test]
fn member_of_sees_the_tasks_of_the_same_call() {
    let placement = call(3).where_("not(task:group == family:web)").on(&empty([instance(1), instance(2)]));
    assert_eq!((sorted(&placement), placement.unplaced), (vec![1, 2], 1));
}

#[test]
fn distinct_instance_puts_each_task_on_its_own() {
    let cluster = vec![zoned(1, "a", 1), zoned(2, "a", 0), zoned(3, "a", 0)];
    let placement = Call { rules: vec![Rule::DistinctInstance], ..call(3) }.on(&cluster);
    assert_eq!((sorted(&placement), placement.unplaced), (vec![2, 3], 1));
    for rejection in &placement.rejections {
        assert_eq!(rejection.lack.failure_reason(), "DistinctInstance placement constraint unsatisfied.");
        assert_eq!(rejection.lack.sentence(), "has a task of the same group");
    }
}

#[test]
fn rejections_come_in_the_order_of_ids() {
    let full = |number| ContainerInstance { agent_connected: false, ..instance(number) };
    let placement = call(1).on(&empty([full(3), full(1), full(2)]));
    let order: Vec<u8> = placement.rejections.iter().map(|rejection| rejection.instance.as_bytes()[0]).collect();
    assert_eq!(order, [1, 2, 3]);
    assert_eq!(placement.nearest().map(|rejection| rejection.instance), Some(InstanceId::from_bytes([1; 16])));
}

#[test]
fn spread_over_instances_evens_out_the_group() {
    let cluster = vec![zoned(1, "a", 2), zoned(2, "a", 0), zoned(3, "a", 1)];
    for field in ["instanceId", "host"] {
        assert_eq!(sorted(&call(3).by(&[("spread", field)]).on(&cluster)), [2, 2, 3], "{field}");
    }
}

#[test]
fn spread_over_zones_counts_full_instances_too() {
    // Zone a has three tasks, on an instance that takes no more.
    let mut cluster = vec![zoned(1, "a", 3), zoned(2, "a", 0), zoned(3, "b", 0), zoned(4, "b", 0)];
    cluster[0].0.status = InstanceStatus::Draining;
    let placement = call(4).by(&[("spread", "attribute:ecs.availability-zone"), ("spread", "instanceId")]).on(&cluster);
    let mut first = chosen(&placement)[..3].to_vec();
    first[..2].sort_unstable();
    assert_eq!(first[..2], [3, 4]);
    assert_ne!(first[2], 2);
}

#[test]
fn instances_without_the_attribute_share_a_place() {
    let mut cluster = vec![zoned(1, "a", 0), zoned(2, "", 0), zoned(3, "", 0)];
    cluster[1].0.attributes.clear();
    cluster[2].0.attributes.clear();
    let placement = call(4).by(&[("spread", "attribute:ecs.availability-zone")]).on(&cluster);
    assert_eq!(chosen(&placement).iter().filter(|&&number| number == 1).count(), 2);
}

#[test]
fn binpack_fills_the_fullest_that_has_room() {
    let with =
        |number, cpu, memory| ContainerInstance { used: Resources { cpu, memory, ..Resources::default() }, ..instance(number) };
    let cluster = empty([with(1, 0, 3_072), with(2, 1_024, 0), with(3, 2_000, 4_000)]);
    assert_eq!(chosen(&call(5).by(&[("binpack", "cpu")]).on(&cluster)), [2, 2, 2, 2, 1]);
    assert_eq!(chosen(&call(3).by(&[("binpack", "MEMORY")]).on(&cluster)), [1, 1, 2]);
}

#[test]
fn a_later_strategy_decides_only_between_equals() {
    let with = |number, zone, memory| {
        let (instance, groups) = zoned(number, zone, 0);
        (ContainerInstance { used: Resources { memory, ..Resources::default() }, ..instance }, groups)
    };
    let cluster = vec![with(1, "a", 0), with(2, "a", 1_024), with(3, "b", 512), with(4, "b", 0)];
    let placement = call(4).by(&[("spread", "attribute:ecs.availability-zone"), ("binpack", "memory")]).on(&cluster);
    assert_eq!(sorted(&placement), [2, 2, 3, 3]);
}

#[test]
fn after_random_no_strategy_is_asked() {
    let cluster = empty((1..=50).map(instance));
    let random = call(10).by(&[("random", "")]).on(&cluster);
    assert_eq!(chosen(&call(10).by(&[("random", ""), ("binpack", "cpu")]).on(&cluster)), chosen(&random));
    assert_eq!(chosen(&call(10).on(&cluster)), chosen(&random));
}

#[test]
fn chance_reaches_every_instance() {
    let cluster = empty((1..=5).map(instance));
    let mut seen: Vec<u8> = (0..60).flat_map(|seed| chosen(&Call { seed: seed * 1_000, ..call(1) }.on(&cluster))).collect();
    seen.sort_unstable();
    seen.dedup();
    assert_eq!(seen, [1, 2, 3, 4, 5]);
}

#[test]
fn a_place_says_why() {
    let placement = call(1).by(&[("spread", "attribute:zone"), ("binpack", "memory")]).on(&empty([instance(1), instance(2)]));
    let why = placement.placed[0].why.to_string();
    assert_eq!(why, "best by spread(attribute:zone), binpack(memory) of 2 instances");
    assert_eq!(call(1).on(&empty([instance(1)])).placed[0].why.to_string(), "best by random of 1 instances");
}

#[test]
fn one_that_is_gone_is_no_place_and_no_rejection() {
    let gone = ContainerInstance { status: InstanceStatus::Inactive { at: at(0) }, ..instance(1) };
    let placement = call(1).on(&empty([gone]));
    assert_eq!((placement.unplaced, placement.rejections.len()), (1, 0));
}

#[test]
fn a_summary_says_which_constraint_took_how_many_out_and_what_the_nearest_lacks() {
    let mut cluster = [zoned(1, "a", 0), zoned(2, "a", 0), zoned(3, "b", 0), zoned(4, "b", 0)];
    cluster[0].0.agent_connected = false;
    cluster[3].0.used.memory = 4_000;
    let placement = call(1).where_("attribute:ecs.availability-zone == b").on(&cluster[..]);
    assert_eq!(placement.unplaced, 0);
    cluster[2].0.used.memory = 3_900;
    let placement = call(1).where_("attribute:ecs.availability-zone == b").on(&cluster[..]);
    let summary = placement.summary();
    assert_eq!(
        summary.to_string(),
        format!(
            "none of 4 instances has room: 2 by memory, 1 by agent disconnected, \
             1 by memberOf attribute:ecs.availability-zone == b; the nearest, {}, needs 512 MiB, has 196 MiB",
            instance(3).id
        )
    );
    assert_eq!(call(1).on(&Vec::new()).summary().to_string(), "there are no instances");
}

#[test]
fn a_named_instance_is_checked_for_room_and_agent() {
    let facts = on_port(80, Protocol::Tcp);
    let reservation = facts.reservation();
    let group = web();
    let want = Want::new(&facts, &reservation, &group);
    let on =
        |instance: &ContainerInstance| start(&want, &pool(&empty([instance.clone()])), instance.id).expect("the pool has it");
    let placed = on(&instance(4)).expect("room");
    assert_eq!((placed.instance, placed.reservation), (instance(4).id, reservation.clone()));
    assert_eq!(on(&ContainerInstance { agent_connected: false, ..instance(4) }), Err(Lack::Agent));
    let taken = Lack::Port { port: 80, protocol: Protocol::Tcp, kept: false };
    assert_eq!(on(&ContainerInstance { used: reservation.clone(), ..instance(4) }), Err(taken));
}

#[test]
fn strategies_have_aws_names_and_fields() {
    assert_eq!(Strategy::of("random", None), Ok(Strategy::Random));
    assert_eq!(Strategy::of("spread", Some("host")), Ok(Strategy::Spread(Field::Instance)));
    assert_eq!(Strategy::of("spread", Some("attribute:rack")), Ok(Strategy::Spread(Field::Attribute("rack".into()))));
    assert_eq!(Strategy::of("binpack", Some("CPU")), Ok(Strategy::BinpackCpu));
    assert_eq!(Strategy::of("pack", None), Err(StrategyError::Kind("pack".into())));
    for (kind, field) in
        [("spread", None), ("spread", Some("attribute:")), ("spread", Some("zone")), ("binpack", Some("disk")), ("binpack", None)]
    {
        assert!(matches!(Strategy::of(kind, field), Err(StrategyError::Field { .. })), "{kind} {field:?}");
    }
}

#[test]
fn a_constraint_that_makes_no_sense_is_refused() {
    let constraint = |kind, expression: Option<&str>| Constraint { kind, expression: expression.map(Into::into) };
    assert_eq!(rules([&constraint(ConstraintKind::DistinctInstance, None)]), Ok(vec![Rule::DistinctInstance]));
    let refused = rules([&constraint(ConstraintKind::MemberOf, Some("stack == prod"))]).expect_err("no subject");
    assert_eq!(refused.position, 0);
    assert!(rules([&constraint(ConstraintKind::MemberOf, None)]).is_err());
}

prop_compose! {
    fn some_instance(number: u8)(
        cpu in 0_u32..3_000,
        memory in 0_u32..4_000,
        zone in 0_u8..3,
        port in prop::option::of(80_u16..83),
        connected in prop::bool::weighted(0.9),
        tasks in 0_u32..4,
    ) -> (ContainerInstance, BTreeMap<Name, u32>) {
        let (mut instance, groups) = zoned(number, &format!("zone-{zone}"), tasks);
        instance.attributes.extend((cpu % 3 > 0).then(|| attribute("rack", if cpu % 3 == 1 { "north" } else { "south" })));
        instance.registered.cpu = cpu;
        instance.registered.memory = memory;
        instance.used.ports_tcp = port.into_iter().collect();
        instance.agent_connected = connected;
        (instance, groups)
    }
}

fn some_cluster() -> impl Generated<Value = Cluster> {
    (0_u8..8).prop_flat_map(|length| (1..=length).map(some_instance).collect::<Vec<_>>())
}

prop_compose! {
    fn some_call()(
        count in 1_u32..=10,
        port in prop::option::of(80_u16..83),
        cpu in 0_u32..800,
        distinct in any::<bool>(),
        strategies in prop::sample::subsequence(
            vec![("spread", "attribute:ecs.availability-zone"), ("spread", "attribute:rack"), ("spread", "instanceId"),
                 ("binpack", "memory"), ("binpack", "cpu"), ("random", "")],
            0..=4,
        ).prop_shuffle(),
        seed in any::<u64>(),
    ) -> Call {
        let mut facts = port.map_or_else(facts, |port| on_port(port, Protocol::Tcp));
        facts.containers[0].cpu = cpu;
        facts.containers.push(container("sidecar", false));
        let rules = if distinct { vec![Rule::DistinctInstance] } else { Vec::new() };
        Call { facts, count, rules, seed: seed.into(), ..call(1) }.by(&strategies)
    }
}

/// What the strategies compare, computed without an index.
fn measures(chain: &[Strategy], cluster: &[Spot], (instance, groups): &Spot) -> Vec<u32> {
    let measure = |strategy: &Strategy| match strategy {
        Strategy::BinpackCpu => instance.registered.cpu - instance.used.cpu,
        Strategy::BinpackMemory => instance.registered.memory - instance.used.memory,
        Strategy::Spread(Field::Instance) => groups["family:web"],
        Strategy::Spread(Field::Attribute(name)) => {
            let value = |instance: &ContainerInstance| instance.attributes.iter().find(|a| a.name == *name).cloned();
            let same = cluster.iter().filter(|(other, _)| value(other) == value(instance));
            same.map(|(_, groups)| groups["family:web"]).sum()
        }
        Strategy::Random => 0,
    };
    chain.iter().map(measure).collect()
}

proptest! {
    #[test]
    fn placement_never_takes_more_than_there_is(cluster in some_cluster(), call in some_call()) {
        let placement = call.on(&cluster);
        prop_assert_eq!(placement.placed.len() + placement.unplaced as usize, call.count as usize);
        for (instance, groups) in &cluster {
            let mut used = instance.used.clone();
            let here: Vec<_> = placement.placed.iter().filter(|placed| placed.instance == instance.id).collect();
            let distinct = !call.rules.is_empty();
            prop_assert!(!distinct || here.is_empty() || groups["family:web"] == 0 && here.len() == 1);
            for placed in here {
                prop_assert!(instance.agent_connected);
                prop_assert_eq!(instance.registered.fits(&used, &placed.reservation), Ok(()));
                used = used.checked_add(&placed.reservation).expect("room");
            }
        }
    }

    #[test]
    fn a_task_is_left_out_only_when_every_instance_lacks_something(cluster in some_cluster(), call in some_call()) {
        let placement = call.on(&cluster);
        let rejected = if placement.unplaced == 0 { 0 } else { cluster.len() };
        prop_assert_eq!(placement.rejections.len(), rejected);
        for rejection in &placement.rejections {
            prop_assert!(!rejection.lack.sentence().is_empty() && !rejection.lack.failure_reason().is_empty());
        }
    }

    #[test]
    fn each_place_is_the_best_by_every_strategy(cluster in some_cluster(), call in some_call()) {
        let mut cluster = cluster;
        let chain: Vec<Strategy> = call.strategies.iter().take_while(|&strategy| *strategy != Strategy::Random).cloned().collect();
        for Placed { instance, reservation, .. } in call.on(&cluster).placed {
            let fits = |(spot, groups): &&Spot| {
                let distinct = call.rules.is_empty() || groups["family:web"] == 0;
                spot.agent_connected && distinct && spot.registered.fits(&spot.used, &reservation).is_ok()
            };
            let best = cluster.iter().filter(fits).map(|spot| measures(&chain, &cluster, spot)).min();
            let chosen = cluster.iter().position(|(spot, _)| spot.id == instance).expect("one of the cluster");
            prop_assert_eq!(Some(measures(&chain, &cluster, &cluster[chosen])), best);
            let (spot, groups) = &mut cluster[chosen];
            spot.used = spot.used.checked_add(&reservation).expect("room");
            *groups.entry("family:web".into()).or_default() += 1;
        }
    }

    #[test]
    fn the_order_of_the_instances_changes_nothing(cluster in some_cluster(), call in some_call(), turn in 0_usize..8) {
        let mut other = cluster.clone();
        other.reverse();
        other.rotate_left(turn.min(cluster.len()));
        prop_assert_eq!(call.on(&cluster), call.on(&other));
    }

    #[test]
    fn spread_never_leaves_zones_with_room_uneven(zones in prop::collection::vec(0_u8..3, 1..8), count in 1_u32..=10) {
        let cluster: Cluster = (1..).zip(&zones).map(|(number, zone)| zoned(number, &format!("zone-{zone}"), 0)).collect();
        let placement = call(count).by(&[("spread", "attribute:ecs.availability-zone")]).on(&cluster);
        let mut tasks: BTreeMap<u8, u32> = zones.iter().map(|&zone| (zone, 0)).collect();
        for number in chosen(&placement) {
            *tasks.entry(zones[usize::from(number) - 1]).or_default() += 1;
        }
        // Ten tasks at most and room for eight on each instance: only one zone can be full.
        let (least, most) = (tasks.values().min().expect("a zone"), tasks.values().max().expect("a zone"));
        prop_assert!(placement.unplaced > 0 || most - least <= 1, "{:?}", tasks);
    }
}

#[test]
fn an_index_follows_tasks_and_instances_in_any_order() {
    let mut at_home = task::accept(
        Order {
            instance: Some(instance(1).id),
            zone: Some("a".into()),
            ..Order::new(region(), "default".into(), ("web".into(), 1), &facts(), LaunchType::Ec2)
        },
        at(0),
        &mut counting(0),
    );
    let key = PoolKey::Cluster(region(), "default".into());
    let mut index = Index::default();
    index.task(None, Some(&at_home));
    let (home, _) = zoned(1, "a", 0);
    index.instance(None, Some(&home));
    let on = |index: &Index| index.pool(&key).map(|pool| pool.on(home.id, &web()));
    let spread = |index: &Index| {
        let pool = index.pool(&key).expect("a pool");
        pool.spread(&web()).map(|(zone, tasks)| (zone.map(ToString::to_string), tasks)).collect::<Vec<_>>()
    };
    assert_eq!((on(&index), spread(&index)), (Some(1), vec![(Some("a".to_owned()), 1)]));
    let before = index.clone();
    let running = Task { life: Life::Running { started_at: at(1) }, ..at_home.clone() };
    index.task(Some(&at_home), Some(&running));
    let running_on = |index: &Index| index.pool(&key).and_then(|pool| pool.with_subject(home.id, |subject| subject.running));
    assert_eq!((running_on(&index), running_on(&before), on(&index)), (Some(1), Some(0), Some(1)));
    at_home = task::stop(&running, StopCode::UserInitiated, "", at(2)).expect("a change");
    index.task(Some(&running), Some(&at_home));
    assert_eq!((running_on(&index), on(&index), spread(&index)[0].1), (Some(0), Some(0), 0));
    let moved = ContainerInstance { cluster: "other".into(), ..home.clone() };
    index.instance(Some(&home), Some(&moved));
    assert_eq!((index.pool(&key).map(Pool::active), running_on(&index)), (Some(0), None));
    index.instance(Some(&moved), None);
    let other = PoolKey::Cluster(region(), "other".into());
    assert_eq!(index.pool(&other).map(Pool::active), Some(0));
}

#[test]
fn fargate_tasks_count_in_the_region_and_not_in_the_cluster() {
    let attributes = vec![attribute(node::AWSVPC, "1"), attribute(node::FARGATE, "")];
    let node = ContainerInstance { attributes, ..instance(1) };
    let facts = facts();
    let order = Order::new(region(), "shop".into(), ("web".into(), 1), &facts, LaunchType::Fargate);
    let guest = task::accept(Order { instance: Some(node.id), ..order }, at(0), &mut counting(0));
    let mut index = Index::default();
    index.instance(None, Some(&node));
    index.task(None, Some(&guest));
    let group = GroupKey { cluster: "shop".into(), name: "family:web".into() };
    let on = |key: PoolKey| index.pool(&key).map(|pool| (pool.active(), pool.on(node.id, &group)));
    assert_eq!(on(PoolKey::Fargate(region())), Some((1, 1)));
    assert_eq!(on(PoolKey::Cluster(region(), "default".into())), Some((1, 0)));
}

#[test]
fn a_sieve_forgets_what_changed() {
    let (facts, group) = (facts(), web());
    let (reservation, rules) = (
        facts.reservation(),
        rules([&Constraint { kind: ConstraintKind::MemberOf, expression: Some("attribute:new exists".into()) }])
            .expect("an expression"),
    );
    let want = Want { rules: &rules, ..Want::new(&facts, &reservation, &group) };
    let (mut pool, mut sieve) = (pool(&empty([instance(1)])), Sieve::default());
    assert_eq!(place(&want, &pool, &mut sieve, &mut counting(0)).unplaced, 1);
    pool.set_instance(instance(1).id, Some(&ContainerInstance { attributes: vec![attribute("new", "")], ..instance(1) }));
    assert_eq!(place(&want, &pool, &mut sieve, &mut counting(0)).unplaced, 0);
}
