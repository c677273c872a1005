//! What the tests of this crate share.

use berth_model::{
    Attribute, ContainerFacts, ContainerInstance, Facts, InstanceId, InstanceStatus, LaunchSet, LaunchType, Name, NetworkMode,
    PortMapping, Protocol, Region, Resources, Tags, Timestamp,
};

/// A million seconds after 1970, and later.
pub(crate) fn at(second: i64) -> Timestamp {
    Timestamp::from_millis((1_000_000 + second) * 1_000)
}

/// Ids that count.
pub(crate) fn counting(mut from: u128) -> impl FnMut() -> [u8; 16] {
    move || {
        from += 1;
        from.to_be_bytes()
    }
}

pub(crate) fn region() -> Region {
    Region::new("us-east-1").expect("a region")
}

/// One essential container `app` of 256 CPU units and 512 MiB.
pub(crate) fn facts() -> Facts {
    Facts {
        containers: vec![container("app", true)],
        cpu: None,
        memory: None,
        network_mode: NetworkMode::Bridge,
        compatibilities: LaunchSet::default().with(LaunchType::Ec2),
        requires_attributes: Vec::new(),
        task_role: None,
        execution_role: None,
        constraints: Vec::new(),
    }
}

pub(crate) fn container(name: &str, essential: bool) -> ContainerFacts {
    ContainerFacts {
        name: name.into(),
        image: "busybox".into(),
        essential,
        cpu: 256,
        memory: Some(512),
        memory_reservation: None,
        ports: Vec::new(),
        depends_on: Vec::new(),
        gpus: 0,
        health_checked: false,
    }
}

pub(crate) fn published(host_port: u16, protocol: Protocol) -> PortMapping {
    PortMapping { container_port: Some(80), host_port: Some(host_port), container_port_range: None, protocol }
}

pub(crate) fn attribute(name: &str, value: &str) -> Attribute {
    Attribute { name: name.into(), value: (!value.is_empty()).then(|| Name::new(value)) }
}

/// A connected instance of 2,048 CPU units and 4,096 MiB that keeps port 22 for itself.
pub(crate) fn instance(number: u8) -> ContainerInstance {
    ContainerInstance {
        region: region(),
        id: InstanceId::from_bytes([number; 16]),
        cluster: "default".into(),
        ec2_instance_id: Some(format!("i-{number}").into()),
        status: InstanceStatus::Active,
        status_reason: None,
        version: 1,
        agent_connected: true,
        agent_version: Some("1.105.1".into()),
        agent_hash: None,
        docker_version: None,
        registered: Resources { cpu: 2_048, memory: 4_096, ports_tcp: [22].into_iter().collect(), ..Resources::default() },
        used: Resources::default(),
        attributes: Vec::new(),
        capacity_provider: None,
        tags: Tags::default(),
        registered_at: at(0),
        owner: "node".into(),
        client_token: None,
        health: Vec::new(),
        first_stream_at: None,
    }
}
