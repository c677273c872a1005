//! The records of a simulated world.

use berth_model::{
    Attribute, CircuitBreaker, ContainerFacts, ContainerInstance, DeploymentConfiguration, DeploymentController, Document, Facts,
    InstanceId, InstanceStatus, LaunchSet, LaunchType, Name, NetworkMode, PortMapping, Protocol, Region, Resources, RevisionId,
    RevisionStatus, Scheduling, Service, ServiceNetwork, ServiceRevision, ServiceStatus, Source, StrategyItem, Subnet, SubnetId,
    Tags, TaskDefinition, Timestamp, VpcId, node,
};

/// What tasks of a revision are like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// They run.
    Plain,
    /// They run, hold host port 80, and have a health check.
    Checked,
    /// They end before they run.
    Broken,
    /// They run, and their health check fails.
    Sick,
    /// No node has what they want.
    Nowhere,
    /// They run and have a network interface of their own.
    Networked,
}

/// The cluster of everything.
pub(super) const CLUSTER: &str = "default";
/// The capacity provider of all nodes.
const PROVIDER: &str = "nodes";
const ZONES: [&str; 3] = ["us-east-1a", "us-east-1b", "us-east-1c"];

pub(super) fn region() -> Region {
    Region::new(crate::plane::REGION).unwrap_or_else(|error| unreachable!("{error}"))
}

fn zone(number: u8) -> &'static str {
    ZONES[usize::from(number.wrapping_sub(1)) % ZONES.len()]
}

/// The subnet of a zone: eleven addresses.
pub(super) fn subnet(number: u8) -> Subnet {
    Subnet {
        region: region(),
        id: SubnetId::from_bytes([number; 16]),
        vpc: VpcId::from_bytes([1; 16]),
        zone: zone(number).into(),
        cidr: format!("10.0.{number}.0/28").parse().unwrap_or_else(|error| unreachable!("{error}")),
    }
}

/// A node of 1,024 CPU units and 4,096 MiB that makes task networks.
pub(super) fn instance(number: u8, now: Timestamp) -> ContainerInstance {
    let attribute = |name: &str, value: &str| Attribute { name: name.into(), value: Some(value.into()) };
    let attributes = vec![attribute(node::ZONE, zone(number)), attribute(node::AWSVPC, node::AWSVPC_VERSION)];
    let interfaces = node::Offer::of(&attributes).interfaces;
    ContainerInstance {
        region: region(),
        id: InstanceId::from_bytes([number; 16]),
        cluster: CLUSTER.into(),
        ec2_instance_id: None,
        status: InstanceStatus::Active,
        status_reason: None,
        version: 1,
        agent_connected: true,
        agent_version: None,
        agent_hash: None,
        docker_version: None,
        registered: Resources { cpu: 1_024, memory: 4_096, interfaces, ..Resources::default() },
        used: Resources::default(),
        attributes,
        capacity_provider: Some(PROVIDER.into()),
        tags: Tags::default(),
        registered_at: now,
        owner: "node".into(),
        client_token: None,
        health: Vec::new(),
        first_stream_at: None,
    }
}

pub(super) fn definition(family: &Name, revision: u32, kind: Kind, now: Timestamp) -> TaskDefinition {
    let port = PortMapping { container_port: Some(80), host_port: Some(80), container_port_range: None, protocol: Protocol::Tcp };
    let facts = Facts {
        containers: vec![ContainerFacts {
            name: "app".into(),
            image: "app:latest".into(),
            essential: true,
            cpu: 128,
            memory: Some(256),
            memory_reservation: None,
            ports: if kind == Kind::Checked { vec![port] } else { Vec::new() },
            depends_on: Vec::new(),
            gpus: 0,
            health_checked: matches!(kind, Kind::Checked | Kind::Sick),
        }],
        cpu: None,
        memory: None,
        network_mode: if kind == Kind::Networked { NetworkMode::Awsvpc } else { NetworkMode::Bridge },
        compatibilities: LaunchSet::default().with(LaunchType::Ec2),
        requires_attributes: (kind == Kind::Nowhere)
            .then(|| Attribute { name: "nowhere".into(), value: None })
            .into_iter()
            .collect(),
        task_role: None,
        execution_role: None,
        constraints: Vec::new(),
    };
    TaskDefinition {
        region: region(),
        family: family.clone(),
        revision,
        status: RevisionStatus::Active,
        facts: facts.into(),
        document: Document::new("{}"),
        registered_at: now,
        registered_by: "".into(),
        tags: Tags::default(),
    }
}

pub(super) fn service(name: &Name, scheduling: Scheduling, desired: u32, now: Timestamp) -> Service {
    Service {
        region: region(),
        cluster: CLUSTER.into(),
        name: name.clone(),
        status: ServiceStatus::Active,
        scheduling,
        controller: DeploymentController::Ecs,
        desired_count: desired,
        configuration: DeploymentConfiguration {
            minimum_healthy_percent: 100,
            maximum_percent: 200,
            circuit_breaker: CircuitBreaker::default(),
            alarms: None,
            strategy: None,
            bake_minutes: None,
            hooks: Vec::new(),
            drain: Some(2_500),
        },
        deployments: Vec::new(),
        constraints: Vec::new(),
        strategies: Vec::new(),
        grace_seconds: None,
        zone_rebalancing: Some(true),
        role: None,
        tags: Tags::default(),
        propagate_tags: None,
        managed_tags: false,
        enable_execute_command: false,
        created_at: now,
        created_by: "".into(),
        updated_at: now,
        next_event: 0,
        notices: Vec::new(),
        version: 1,
        client_token: None,
        pull_ahead: false,
    }
}

pub(super) fn revision(service: &Service, definition: &TaskDefinition, id: RevisionId, now: Timestamp) -> ServiceRevision {
    let network = ServiceNetwork {
        subnets: (1..=3).map(|number| SubnetId::from_bytes([number; 16])).collect(),
        groups: Vec::new(),
        public: false,
    };
    let strategy = match service.scheduling {
        Scheduling::Managed => vec![StrategyItem { provider: PROVIDER.into(), weight: 1, base: 0 }],
        Scheduling::Replica | Scheduling::Daemon => Vec::new(),
    };
    ServiceRevision {
        region: service.region,
        cluster: service.cluster.clone(),
        service: service.name.clone(),
        id,
        family: definition.family.clone(),
        definition: definition.revision,
        source: Source { launch: LaunchType::Ec2, strategy, platform_version: None, platform_family: None },
        network: (definition.facts.network_mode == NetworkMode::Awsvpc).then_some(network),
        rest: None,
        ephemeral_storage_gib: None,
        images: Vec::new(),
        created_at: now,
    }
}
