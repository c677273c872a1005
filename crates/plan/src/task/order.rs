//! The beginning of a task.

use berth_model::{
    Attachment, Container, ContainerId, ContainerLife, Desired, Document, Facts, Health, InstanceId, LaunchType, Life, Name,
    NetworkMode, Region, Resources, Tags, Task, TaskId, TaskTimes, ThinVec, Timestamp,
};

use crate::IdSource;

/// What a task is made from.
#[derive(Debug, Clone)]
pub struct Order<'a> {
    /// Where it is to be.
    pub region: Region,
    /// Its cluster.
    pub cluster: Name,
    /// The family of its task definition.
    pub family: Name,
    /// The revision of its task definition.
    pub revision: u32,
    /// The facts of that revision.
    pub facts: &'a Facts,
    /// Who provides its machine.
    pub launch: LaunchType,
    /// The instance it is placed on, if it is.
    pub instance: Option<InstanceId>,
    /// What it takes of its instance.
    pub reservation: Resources,
    /// The instance's availability zone.
    pub zone: Option<Name>,
    /// Its group; `family:` and its family if none.
    pub group: Option<Name>,
    /// What the caller signed it with.
    pub started_by: Option<Name>,
    /// What the caller overrode.
    pub overrides: Option<Document>,
    /// The CPU units the caller overrode.
    pub override_cpu: Option<u32>,
    /// The memory in MiB the caller overrode.
    pub override_memory: Option<u32>,
    /// The capacity provider it came by.
    pub capacity_provider: Option<Name>,
    /// The platform version of a Fargate task.
    pub platform_version: Option<Name>,
    /// The size of its disk in GiB, where it is not the default.
    pub ephemeral_storage_gib: Option<u32>,
    /// Whether commands may be run in it.
    pub enable_execute_command: bool,
    /// Its tags.
    pub tags: Tags,
    /// The client token of the call.
    pub client_token: Option<Box<str>>,
    /// What is attached to it.
    pub attachments: ThinVec<Attachment>,
}

impl<'a> Order<'a> {
    /// A task of a definition that nobody asked anything special of.
    #[must_use]
    pub fn new(region: Region, cluster: Name, (family, revision): (Name, u32), facts: &'a Facts, launch: LaunchType) -> Self {
        Self {
            region,
            cluster,
            family,
            revision,
            facts,
            launch,
            instance: None,
            reservation: facts.reservation(),
            zone: None,
            group: None,
            started_by: None,
            overrides: None,
            override_cpu: None,
            override_memory: None,
            capacity_provider: None,
            platform_version: None,
            ephemeral_storage_gib: None,
            enable_execute_command: false,
            tags: Tags::default(),
            client_token: None,
            attachments: ThinVec::new(),
        }
    }
}

/// The record of a new task. It waits for a network interface of its own or a place, if it needs one, else for its agent.
pub fn accept(order: Order<'_>, now: Timestamp, ids: &mut dyn IdSource) -> Task {
    let id = TaskId::from_bytes(ids.next());
    let containers = order.facts.containers.iter().map(|_| container(ContainerId::from_bytes(ids.next()))).collect();
    let waits = order.instance.is_none() || order.facts.network_mode == NetworkMode::Awsvpc;
    Task {
        region: order.region,
        id,
        cluster: order.cluster,
        group: order.group.unwrap_or_else(|| format!("family:{}", order.family).into()),
        family: order.family,
        revision: order.revision,
        containers,
        overrides: order.overrides,
        launch: order.launch,
        capacity_provider: order.capacity_provider,
        platform_version: order.platform_version,
        started_by: order.started_by,
        instance: order.instance,
        zone: order.zone,
        life: if waits { Life::Provisioning } else { Life::Pending },
        desired: Desired::Running,
        reservation: order.reservation,
        version: 1,
        times: TaskTimes { created_at: now, pull_started_at: None, pull_stopped_at: None, execution_stopped_at: None },
        connectivity: None,
        enable_execute_command: order.enable_execute_command,
        tags: order.tags,
        client_token: order.client_token,
        attachments: order.attachments,
        ephemeral_storage_gib: order.ephemeral_storage_gib,
        override_cpu: order.override_cpu,
        override_memory: order.override_memory,
        protected_until: None,
        settled: false,
    }
}

fn container(id: ContainerId) -> Container {
    Container {
        id,
        known: ContainerLife::Pending,
        exit_code: None,
        reason: None,
        runtime_id: None,
        image_digest: None,
        bindings: Box::default(),
        health: Health::Unknown,
    }
}
