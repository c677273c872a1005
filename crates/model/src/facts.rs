//! What plan decides on.

use minicbor::{Decode, Encode};

use crate::{Attribute, Constraint, LaunchSet, Name, PortSet, Resources};

/// The part of a task definition that decisions are made on. The rest is in its document.
#[derive(Debug, Clone, PartialEq, Encode, Decode)]
#[cbor(map)]
pub struct Facts {
    /// Its containers, in the order of the definition; a task's containers have the same order.
    #[n(0)]
    pub containers: Vec<ContainerFacts>,
    /// CPU units of the whole task.
    #[n(1)]
    pub cpu: Option<u32>,
    /// Memory of the whole task in MiB.
    #[n(2)]
    pub memory: Option<u32>,
    /// How its containers reach the network.
    #[n(3)]
    pub network_mode: NetworkMode,
    /// The launch types it can be used with.
    #[n(4)]
    pub compatibilities: LaunchSet,
    /// What an instance must have to run it.
    #[n(5)]
    pub requires_attributes: Vec<Attribute>,
    /// The role its containers have.
    #[n(6)]
    pub task_role: Option<Box<str>>,
    /// The role the agent has for it.
    #[n(7)]
    pub execution_role: Option<Box<str>>,
    /// Where its tasks may go.
    #[n(8)]
    pub constraints: Vec<Constraint>,
}

/// The part of a container definition that decisions are made on.
#[derive(Debug, Clone, PartialEq, Encode, Decode)]
#[cbor(map)]
pub struct ContainerFacts {
    /// Its name, unique in the definition.
    #[n(0)]
    pub name: Name,
    /// The image it runs.
    #[n(1)]
    pub image: Name,
    /// Whether the task ends with it.
    #[n(2)]
    pub essential: bool,
    /// CPU units.
    #[n(3)]
    pub cpu: u32,
    /// The hard limit in MiB.
    #[n(4)]
    pub memory: Option<u32>,
    /// The soft limit in MiB.
    #[n(5)]
    pub memory_reservation: Option<u32>,
    /// Its published ports.
    #[n(6)]
    pub ports: Vec<PortMapping>,
    /// What has to have happened before it starts.
    #[n(7)]
    pub depends_on: Vec<Dependency>,
    /// How many GPUs it gets.
    #[n(8)]
    pub gpus: u32,
    /// Whether it has a health check.
    #[n(9)]
    pub health_checked: bool,
}

/// A published port, or a range of them.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct PortMapping {
    /// The port in the container.
    #[n(0)]
    pub container_port: Option<u16>,
    /// The port of the host; none or 0 lets the agent choose.
    #[n(1)]
    pub host_port: Option<u16>,
    /// First and last port in the container, instead of `container_port`.
    #[n(2)]
    pub container_port_range: Option<(u16, u16)>,
    /// TCP or UDP.
    #[n(3)]
    pub protocol: Protocol,
}

/// A transport protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(index_only)]
pub enum Protocol {
    /// TCP.
    #[n(0)]
    Tcp,
    /// UDP.
    #[n(1)]
    Udp,
}

impl Protocol {
    /// AWS's word for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Tcp => "tcp",
            Self::Udp => "udp",
        }
    }
}

/// Something another container has to have done first.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Dependency {
    /// The other container.
    #[n(0)]
    pub container: Name,
    /// What it has to have done.
    #[n(1)]
    pub condition: Condition,
}

/// What a container can wait for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum Condition {
    /// It has started.
    #[n(0)]
    Start,
    /// It has ended.
    #[n(1)]
    Complete,
    /// It has ended with exit code 0.
    #[n(2)]
    Success,
    /// Its health check has passed.
    #[n(3)]
    Healthy,
}

impl Condition {
    /// AWS's word for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Start => "START",
            Self::Complete => "COMPLETE",
            Self::Success => "SUCCESS",
            Self::Healthy => "HEALTHY",
        }
    }
}

/// How the containers of a task reach the network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum NetworkMode {
    /// Behind the host, with published ports.
    #[n(0)]
    Bridge,
    /// As the host.
    #[n(1)]
    Host,
    /// With a network interface of the task's own.
    #[n(2)]
    Awsvpc,
    /// Not at all.
    #[n(3)]
    None,
}

impl NetworkMode {
    /// AWS's word for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Bridge => "bridge",
            Self::Host => "host",
            Self::Awsvpc => "awsvpc",
            Self::None => "none",
        }
    }
}

impl Facts {
    /// What a task takes of its instance: its own size where given, else the sum of its containers' (of their memory
    /// the soft limit where there is one), and the host ports known beforehand. Which GPUs it gets is for placement to
    /// say.
    #[must_use]
    pub fn reservation(&self) -> Resources {
        let sum = |amount: fn(&ContainerFacts) -> u32| {
            self.containers.iter().fold(0_u32, |sum, container| sum.saturating_add(amount(container)))
        };
        Resources {
            cpu: self.cpu.unwrap_or_else(|| sum(|c| c.cpu)),
            memory: self.memory.unwrap_or_else(|| sum(|c| c.memory_reservation.or(c.memory).unwrap_or(0))),
            ports_tcp: self.host_ports(Protocol::Tcp),
            ports_udp: self.host_ports(Protocol::Udp),
            interfaces: u32::from(self.network_mode == NetworkMode::Awsvpc),
            ..Resources::default()
        }
    }

    /// How many GPUs a task needs.
    #[must_use]
    pub fn gpu_count(&self) -> u32 {
        self.containers.iter().fold(0, |sum, container| sum.saturating_add(container.gpus))
    }

    fn host_ports(&self, protocol: Protocol) -> PortSet {
        let mappings = self.containers.iter().flat_map(|c| &c.ports).filter(|port| port.protocol == protocol);
        match self.network_mode {
            NetworkMode::Bridge => mappings.filter_map(|port| port.host_port.filter(|&port| port != 0)).collect(),
            NetworkMode::Host => mappings.flat_map(PortMapping::container_ports).collect(),
            NetworkMode::Awsvpc | NetworkMode::None => PortSet::new(),
        }
    }
}

impl PortMapping {
    /// The ports in the container.
    fn container_ports(&self) -> impl Iterator<Item = u16> + use<> {
        let range = self.container_port_range.map(|(first, last)| first..=last);
        range.into_iter().flatten().chain(self.container_port)
    }
}

#[cfg(test)]
mod tests;
