//! How many tasks a second placement decides on, on simulated state: `bench/run.sh --only placement` runs it.
//!
//! Ten thousand instances in three zones get a million tasks of some hundred services, a batch of one service after the other as
//! service passes do: spread over zones, the fullest first, no two of a service on an instance, one attribute expression, one host
//! port, CPU and memory. Beside it, in the same run, a scan of plain vectors that looks for the best fit by memory alone.

#![allow(clippy::disallowed_methods, clippy::print_stdout, reason = "the bench has the clock that the crate must not have")]

use std::sync::Arc;
use std::time::{Duration, Instant};

use berth_model::{
    Attribute, Constraint, ConstraintKind, ContainerInstance, InstanceId, InstanceStatus, Name, PortSet, Region, Resources, Tags,
    Timestamp, node,
};
use berth_plan::placement::{Field, GroupKey, Pool, Rule, Sieve, Strategy, Want, place, rules};

const INSTANCES: u32 = 10_000;
const CPU: u32 = 64 * 1_024;
const MEMORY: u32 = 256 * 1_024;
const ZONES: [&str; 3] = ["us-east-1a", "us-east-1b", "us-east-1c"];

fn main() {
    let argument = |at: usize, otherwise: u32| std::env::args().nth(at).and_then(|text| text.parse().ok()).unwrap_or(otherwise);
    let (tasks, batch) = (argument(1, 1_000_000), argument(2, 10));
    let mut world = World::new(tasks);
    let mut scan = Scan::new(&world.services);
    println!("{:>10} {:>14} {:>14} {:>8} {:>12} {:>12}", "tasks", "placements/s", "scan/s", "ratio", "p50 us", "p99 us");
    let slices = 10;
    let mut totals = [Duration::ZERO; 2];
    for _ in 0..slices {
        let mut latencies = Vec::new();
        let mut placed = 0;
        let before = processor_time();
        while placed < tasks / slices {
            let (took, count) = world.batch(batch);
            latencies.push(took / count.max(1));
            placed += count;
        }
        let here = processor_time() - before;
        let before = processor_time();
        scan.place(placed);
        let scanned = processor_time() - before;
        totals[0] += here;
        totals[1] += scanned;
        latencies.sort();
        let at = |part: usize| latencies[latencies.len() * part / 100].as_secs_f64() * 1e6;
        let rate = |time: Duration| f64::from(placed) / time.as_secs_f64();
        let (own, plain) = (rate(here), rate(scanned));
        println!("{:>10} {own:>14.0} {plain:>14.0} {:>8.2} {:>12.1} {:>12.1}", world.placed, own / plain, at(50), at(99));
    }
    let rate = |time: Duration| f64::from(tasks) / time.as_secs_f64();
    println!(
        "all: {:.0} placements/s, scan {:.0}/s, ratio {:.2}",
        rate(totals[0]),
        rate(totals[1]),
        rate(totals[0]) / rate(totals[1])
    );
    println!("instances in use: {}; no packing could do with fewer than {}", world.in_use(), world.lower_bound());
}

/// What this thread has used of a processor: other work on the machine does not count.
fn processor_time() -> Duration {
    let times = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    Duration::from_nanos(times.split(' ').next().and_then(|time| time.parse().ok()).unwrap_or_default())
}

/// A service of the simulation.
struct Service {
    group: GroupKey,
    reservation: Resources,
    rules: Vec<Rule>,
    sieve: Sieve,
}

struct World {
    pool: Pool,
    instances: Vec<ContainerInstance>,
    services: Vec<Service>,
    strategies: Vec<Strategy>,
    next: usize,
    placed: u32,
    chance: u64,
}

impl World {
    fn new(tasks: u32) -> Self {
        let instances: Vec<_> = (0..INSTANCES).map(instance).collect();
        let mut pool = Pool::default();
        for instance in &instances {
            pool.set_instance(instance.id, Some(instance));
        }
        let services = (0..(tasks / 1_000).max(100)).map(service).collect();
        let strategies = vec![Strategy::Spread(Field::Attribute(node::ZONE.into())), Strategy::BinpackMemory];
        Self { pool, instances, services, strategies, next: 0, placed: 0, chance: 1 }
    }

    /// Places some tasks of the next service and takes up what follows, as the store does: the old state is kept meanwhile.
    fn batch(&mut self, count: u32) -> (Duration, u32) {
        let at = self.next % self.services.len();
        self.next += 1;
        let Self { pool, services, strategies, instances, chance, .. } = self;
        let Service { group, reservation, rules, sieve } = &mut services[at];
        let want = Want { attributes: &[], reservation, gpus: 0, group, provider: None, zones: None, count, rules, strategies };
        let mut ids = || {
            *chance = chance.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            u128::from(*chance).to_be_bytes()
        };
        let start = Instant::now();
        let before = pool.clone();
        let placement = place(&want, &before, sieve, &mut ids);
        for placed in &placement.placed {
            let number = u32::from_be_bytes(placed.instance.as_bytes()[12..].try_into().unwrap_or_default());
            let instance = &mut instances[number as usize];
            instance.used =
                instance.used.checked_add(&placed.reservation).unwrap_or_else(|short| unreachable!("{short} is short"));
            pool.set_instance(instance.id, Some(instance));
            pool.count(instance.id, group, node::zone(&instance.attributes), 1, 0);
        }
        let took = start.elapsed();
        let placed = u32::try_from(placement.placed.len()).unwrap_or(u32::MAX);
        assert!(placed > 0, "no room: {}", placement.summary());
        self.placed += placed;
        (took, placed)
    }

    fn in_use(&self) -> usize {
        self.instances.iter().filter(|instance| instance.used.cpu > 0).count()
    }

    /// The fewest instances that could hold what is placed.
    fn lower_bound(&self) -> u64 {
        let sum =
            |amount: fn(&Resources) -> u32| self.instances.iter().map(|instance| u64::from(amount(&instance.used))).sum::<u64>();
        (sum(|used| used.cpu).div_ceil(CPU.into())).max(sum(|used| used.memory).div_ceil(MEMORY.into()))
    }
}

fn instance(number: u32) -> ContainerInstance {
    let attribute = |name: &str, value: &str| Attribute { name: name.into(), value: Some(value.into()) };
    let region = Region::new("us-east-1").unwrap_or_else(|error| unreachable!("{error}"));
    let capabilities = (0..20).map(|n| attribute(&format!("ecs.capability.{n}"), "1"));
    ContainerInstance {
        region,
        id: InstanceId::from_bytes(u128::from(number).to_be_bytes()),
        cluster: "default".into(),
        ec2_instance_id: None,
        status: InstanceStatus::Active,
        status_reason: None,
        version: 1,
        agent_connected: true,
        agent_version: None,
        agent_hash: None,
        docker_version: None,
        registered: Resources { cpu: CPU, memory: MEMORY, ..Resources::default() },
        used: Resources::default(),
        attributes: capabilities
            .chain([
                attribute(node::ZONE, ZONES[number as usize % ZONES.len()]),
                attribute("ecs.instance-type", if number.is_multiple_of(10) { "t3.large" } else { "c7.metal" }),
            ])
            .collect(),
        capacity_provider: None,
        tags: Tags::default(),
        registered_at: Timestamp::EPOCH,
        owner: "node".into(),
        client_token: None,
        health: Vec::new(),
        first_stream_at: None,
    }
}

fn service(number: u32) -> Service {
    let selects = Constraint { kind: ConstraintKind::MemberOf, expression: Some("attribute:ecs.instance-type =~ c7.*".into()) };
    let distinct = Constraint { kind: ConstraintKind::DistinctInstance, expression: None };
    let port = u16::try_from(1_024 + number % 60_000).unwrap_or(1_024);
    Service {
        group: GroupKey { cluster: "default".into(), name: Name::new(&format!("service:web-{number}")) },
        reservation: Resources {
            cpu: 128 << (number % 3),
            memory: 512 << (number / 3 % 4),
            ports_tcp: [port].into_iter().collect::<PortSet>(),
            ..Resources::default()
        },
        rules: rules([&selects, &distinct]).unwrap_or_else(|error| unreachable!("{error}")),
        sieve: Sieve::default(),
    }
}

/// A scan of plain vectors: the best fit by memory, no constraints.
struct Scan {
    cpu: Vec<u32>,
    memory: Vec<u32>,
    sizes: Arc<[(u32, u32)]>,
    next: usize,
}

impl Scan {
    fn new(services: &[Service]) -> Self {
        let instances = INSTANCES as usize;
        let sizes = services.iter().map(|service| (service.reservation.cpu, service.reservation.memory)).collect();
        Self { cpu: vec![CPU; instances], memory: vec![MEMORY; instances], sizes, next: 0 }
    }

    fn place(&mut self, count: u32) {
        for _ in 0..count {
            let (cpu, memory) = self.sizes[self.next % self.sizes.len()];
            self.next += 1;
            // Twice through the vectors, because the compiler makes vector instructions of that.
            let fitting = |(&own_cpu, &own_memory): (&u32, &u32)| {
                if own_cpu >= cpu && own_memory >= memory { own_memory } else { u32::MAX }
            };
            let least = self.cpu.iter().zip(&self.memory).map(fitting).min().unwrap_or(u32::MAX);
            let at = self.cpu.iter().zip(&self.memory).position(|left| fitting(left) == least).unwrap_or(0);
            if least != u32::MAX {
                self.cpu[at] -= cpu;
                self.memory[at] -= memory;
            }
        }
    }
}
