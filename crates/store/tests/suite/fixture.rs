//! Backends that can be opened again, and records.

use std::future::Future;
use std::sync::Arc;

use berth_model::{
    ContainerInstance, Desired, Facts, InstanceId, InstanceStatus, LaunchSet, LaunchType, Life, Name, NetworkMode, Region,
    Resources, RevisionStatus, Stop, StopCode, Tags, Task, TaskDefinition, TaskId, TaskTimes, Timestamp,
};
use berth_store::backend::{Memory, Sqlite};
use berth_store::{Options, Store, TaskKey};
use tempfile::TempDir;

/// What a store can be opened on, again and again.
pub(crate) trait Media {
    fn new() -> Self
    where
        Self: Sized;
    fn open_with(&self, options: Options) -> Store;

    fn open(&self) -> Store {
        self.open_with(Options::new("test"))
    }
}

pub(crate) struct Ram(pub(crate) Memory);

impl Media for Ram {
    fn new() -> Self {
        Self(Memory::new())
    }

    fn open_with(&self, options: Options) -> Store {
        Store::open(self.0.clone(), options).unwrap()
    }
}

pub(crate) struct Disk(TempDir);

impl Media for Disk {
    fn new() -> Self {
        Self(TempDir::new().unwrap())
    }

    fn open_with(&self, options: Options) -> Store {
        Store::open(Sqlite::open(&self.0.path().join("store.db"), "abc123").unwrap(), options).unwrap()
    }
}

/// Runs a future on a runtime of its own.
pub(crate) fn wait<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().unwrap().block_on(future)
}

pub(crate) fn region(name: &str) -> Region {
    Region::new(name).unwrap()
}

pub(crate) fn key(number: u8) -> TaskKey {
    TaskKey { region: region("us-east-1"), id: TaskId::from_bytes([number; 16]) }
}

pub(crate) fn task(number: u8) -> Task {
    let TaskKey { region, id } = key(number);
    Task {
        region,
        id,
        cluster: "default".into(),
        family: "web".into(),
        revision: 1,
        containers: Box::default(),
        overrides: None,
        launch: LaunchType::Ec2,
        capacity_provider: None,
        platform_version: None,
        group: "family:web".into(),
        started_by: None,
        instance: None,
        zone: None,
        life: Life::Pending,
        desired: Desired::Running,
        reservation: Resources::default(),
        version: 1,
        times: TaskTimes {
            created_at: Timestamp::EPOCH,
            pull_started_at: None,
            pull_stopped_at: None,
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

pub(crate) fn instance(number: u8) -> ContainerInstance {
    ContainerInstance {
        region: region("us-east-1"),
        id: InstanceId::from_bytes([number; 16]),
        cluster: "default".into(),
        ec2_instance_id: None,
        status: InstanceStatus::Active,
        status_reason: None,
        version: 1,
        agent_connected: true,
        agent_version: None,
        agent_hash: None,
        docker_version: None,
        registered: Resources::default(),
        used: Resources::default(),
        attributes: Vec::new(),
        capacity_provider: None,
        tags: Tags::default(),
        registered_at: Timestamp::EPOCH,
        owner: "node".into(),
        client_token: None,
        health: Vec::new(),
        first_stream_at: None,
    }
}

pub(crate) fn stop() -> Desired {
    let stop = Stop { code: StopCode::UserInitiated, reason: "Task stopped by user".into(), stopping_at: Timestamp::EPOCH };
    Desired::Stopped(Box::new(stop))
}

pub(crate) fn definition(family: &str, revision: u32, status: RevisionStatus) -> TaskDefinition {
    let facts = Facts {
        containers: Vec::new(),
        cpu: None,
        memory: None,
        network_mode: NetworkMode::Bridge,
        compatibilities: LaunchSet::default(),
        requires_attributes: Vec::new(),
        task_role: None,
        execution_role: None,
        constraints: Vec::new(),
    };
    TaskDefinition {
        region: region("us-east-1"),
        family: Name::new(family),
        revision,
        status,
        facts: Arc::new(facts),
        document: berth_model::Document::new("{}"),
        registered_at: Timestamp::EPOCH,
        registered_by: "arn:aws:iam::000000000000:root".into(),
        tags: Tags::default(),
    }
}
