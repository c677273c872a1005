//! What a task costs: memory per record with its index entries, and durable updates per second.
//!
//! `cargo run --release -p berth-store --example measure`, with TMPDIR on the disk to be measured.

use std::alloc::System;
use std::convert::Infallible;
use std::error::Error;
use std::time::{Duration, Instant};

use berth_model::{
    Container, ContainerId, ContainerLife, Desired, Health, InstanceId, LaunchType, Life, NetworkBinding, PortSpan, Protocol,
    Region, Resources, Tags, Task, TaskId, TaskTimes, Timestamp,
};
use berth_store::backend::Sqlite;
use berth_store::{MOST_ROWS, Options, Store, UpdateError};
use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// Per step.
const TASKS: u64 = 10_000;
const STEPS: u64 = 5;
const CONCURRENT: u64 = 64;
const INSTANCES: u64 = 500;

#[allow(clippy::print_stdout)] // A program that prints.
fn main() -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("store.db");
    let runtime = tokio::runtime::Builder::new_multi_thread().build()?;
    println!("a task record takes {} bytes, a container {}", size_of::<Task>(), size_of::<Container>());
    runtime.block_on(async {
        let store = Store::open(Sqlite::open(&path, "measure")?, Options::new("measure"))?;
        for step in 0..STEPS {
            let before = allocated();
            fill(&store, step * TASKS).await?;
            println!("{:>7} tasks: {} bytes per task in this step", (step + 1) * TASKS, (allocated() - before) / TASKS);
        }
        for concurrent in [1, CONCURRENT] {
            throughput(&store, concurrent).await?;
        }
        store.close().await?;
        drop(store);
        let (before, began) = (allocated(), Instant::now());
        let store = Store::open(Sqlite::open(&path, "measure")?, Options::new("measure"))?;
        let (took, tasks) = (began.elapsed(), store.view().total::<Task>() as u64);
        println!("opened with {tasks} tasks in {took:?}: {} bytes per task", (allocated() - before) / tasks);
        store.close().await?;
        Ok(())
    })
}

fn allocated() -> u64 {
    let stats = ALLOCATOR.stats();
    (stats.bytes_allocated - stats.bytes_deallocated) as u64
}

async fn fill(store: &Store, from: u64) -> Result<(), UpdateError<Infallible>> {
    let slice = MOST_ROWS as u64;
    for start in (from..from + TASKS).step_by(MOST_ROWS) {
        store
            .update(|tx| {
                (start..start + slice).for_each(|number| drop(tx.put(task(number))));
                Ok(())
            })
            .await?;
    }
    Ok(())
}

#[allow(clippy::print_stdout)] // A program that prints.
async fn throughput(store: &Store, concurrent: u64) -> Result<(), Box<dyn Error>> {
    const TIME: Duration = Duration::from_secs(3);
    let began = Instant::now();
    let writers: Vec<_> = (0..concurrent)
        .map(|writer| {
            let store = store.clone();
            tokio::spawn(async move {
                let (mut number, mut latencies) = ((concurrent * 1_000 + writer) * 1_000_000, Vec::new());
                while began.elapsed() < TIME {
                    let sent = Instant::now();
                    store.update(|tx| Ok::<_, Infallible>(tx.put(task(number)))).await?;
                    latencies.push(sent.elapsed());
                    number += 1;
                }
                Ok::<_, UpdateError<Infallible>>(latencies)
            })
        })
        .collect();
    let mut latencies = Vec::new();
    for writer in writers {
        latencies.extend(writer.await??);
    }
    latencies.sort_unstable();
    let (count, rate) = (latencies.len(), latencies.len() as u64 / TIME.as_secs());
    let (median, p99) = (latencies[count / 2], latencies[count * 99 / 100]);
    println!("{concurrent:>3} writers: {rate} durable updates per second, p50 {median:?}, p99 {p99:?}");
    Ok(())
}

/// Sixteen bytes spread like random ones.
fn bytes(number: u64, salt: u64) -> [u8; 16] {
    let mix = |value: u64| {
        let value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        value ^ (value >> 31)
    };
    let (high, low) = (mix(number.wrapping_add(salt)), mix(number.wrapping_mul(3).wrapping_add(salt ^ 7)));
    (u128::from(high) << 64 | u128::from(low)).to_be_bytes()
}

fn place() -> Region {
    Region::new("us-east-1").unwrap_or_else(|_| unreachable!("a region's name"))
}

/// A running task as a scheduler would start it: one container, a published port, no overrides.
fn task(number: u64) -> Task {
    let at = |seconds| Timestamp::from_millis(1_700_000_000_000) + Duration::from_secs(number + seconds);
    let service = number % 20;
    let binding = NetworkBinding {
        bind_ip: "0.0.0.0".into(),
        container: PortSpan::Port(80),
        host: PortSpan::Port(32_768),
        protocol: Protocol::Tcp,
    };
    let runtime_id: String = bytes(number, 5).iter().chain(&bytes(number, 6)).map(|byte| format!("{byte:02x}")).collect();
    let container = Container {
        id: ContainerId::from_bytes(bytes(number, 3)),
        known: ContainerLife::Running,
        exit_code: None,
        reason: None,
        runtime_id: Some(runtime_id.into()),
        image_digest: Some("sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08".into()),
        bindings: Box::new([binding]),
        health: Health::Unknown,
    };
    Task {
        region: place(),
        id: TaskId::from_bytes(bytes(number, 1)),
        cluster: "default".into(),
        family: format!("family-{service}").into(),
        revision: 3,
        containers: Box::new([container]),
        overrides: None,
        launch: LaunchType::Ec2,
        capacity_provider: None,
        platform_version: None,
        group: format!("service:service-{service}").into(),
        started_by: Some(format!("ecs-svc/{service:019}").into()),
        instance: Some(InstanceId::from_bytes(bytes(number % INSTANCES, 2))),
        zone: Some("us-east-1a".into()),
        life: Life::Running { started_at: at(3) },
        desired: Desired::Running,
        reservation: Resources { cpu: 256, memory: 512, ..Resources::default() },
        version: 3,
        times: TaskTimes {
            created_at: at(0),
            pull_started_at: Some(at(1)),
            pull_stopped_at: Some(at(2)),
            execution_stopped_at: None,
        },
        connectivity: None,
        enable_execute_command: false,
        tags: Tags::default(),
        client_token: None,
        attachments: [].into_iter().collect(),
        ephemeral_storage_gib: None,
        override_cpu: None,
        override_memory: None,
        protected_until: None,
        settled: false,
    }
}
