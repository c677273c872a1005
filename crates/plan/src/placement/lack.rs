//! Why an instance does not get a task.

use std::fmt;

use berth_model::{Attribute, InstanceStatus, Name, Protocol};

use crate::query::Expression;

/// What an instance lacks for a task. Displayed as the rest of a sentence that begins with the instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Lack {
    /// It takes no tasks.
    NotActive(InstanceStatus),
    /// Its agent is disconnected.
    Agent,
    /// A health check of it fails: its name.
    Impaired(Name),
    /// It belongs to another capacity provider than the task's: its own.
    CapacityProvider(Option<Name>),
    /// An attribute the task definition demands.
    Attribute(Attribute),
    /// The expression of a `memberOf` does not select it.
    MemberOf(Expression),
    /// It is in another availability zone than the subnets that were named: its own.
    Location(Option<Name>),
    /// `distinctInstance`: tasks of the group are there.
    DistinctInstance {
        /// How many.
        tasks: u32,
    },
    /// CPU units.
    Cpu {
        /// What the task needs.
        needs: u32,
        /// What is left.
        has: u32,
    },
    /// Memory in MiB.
    Memory {
        /// What the task needs.
        needs: u32,
        /// What is left.
        has: u32,
    },
    /// A port of the host.
    Port {
        /// The first that is taken.
        port: u16,
        /// Of which protocol.
        protocol: Protocol,
        /// Whether the host keeps it for itself, rather than a task.
        kept: bool,
    },
    /// GPUs.
    Gpu {
        /// What the task needs.
        needs: u32,
        /// What is left.
        has: u32,
    },
    /// Network interfaces: it has no more than its tasks have.
    Interface,
}

impl Lack {
    /// AWS's word for it in the failures of RunTask and StartTask.
    #[must_use]
    pub const fn failure_reason(&self) -> &'static str {
        match self {
            Self::NotActive(_) => "INACTIVE",
            Self::Agent | Self::Impaired(_) => "AGENT",
            Self::Attribute(_) | Self::CapacityProvider(_) => "ATTRIBUTE",
            Self::Location(_) => "LOCATION",
            Self::MemberOf(_) => "MemberOf placement constraint unsatisfied.",
            Self::DistinctInstance { .. } => "DistinctInstance placement constraint unsatisfied.",
            Self::Cpu { .. } => "RESOURCE:CPU",
            Self::Memory { .. } => "RESOURCE:MEMORY",
            Self::Port { .. } => "RESOURCE:PORTS",
            Self::Gpu { .. } => "RESOURCE:GPU",
            Self::Interface => "RESOURCE:ENI",
        }
    }

    /// What is lacking, and how much of it: `needs 512 MiB, has 128 MiB`.
    #[must_use]
    pub fn sentence(&self) -> String {
        self.to_string()
    }

    /// How near the instance came to getting the task: of two, the one with the higher number lacks less.
    #[must_use]
    pub const fn nearness(&self) -> u8 {
        match self {
            Self::NotActive(_) => 0,
            Self::Agent => 1,
            Self::Impaired(_) => 2,
            Self::CapacityProvider(_) => 3,
            Self::Attribute(_) => 4,
            Self::Location(_) => 5,
            Self::MemberOf(_) => 6,
            Self::DistinctInstance { .. } => 7,
            Self::Cpu { .. } => 8,
            Self::Memory { .. } => 9,
            Self::Port { .. } => 10,
            Self::Gpu { .. } => 11,
            Self::Interface => 12,
        }
    }
}

impl fmt::Display for Lack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotActive(status) => write!(f, "is {}", status.as_str()),
            Self::Agent => f.write_str("its agent is disconnected"),
            Self::Impaired(check) => write!(f, "is impaired: {check}"),
            Self::CapacityProvider(Some(own)) => write!(f, "belongs to the capacity provider {own}"),
            Self::CapacityProvider(None) => f.write_str("belongs to no capacity provider"),
            Self::Attribute(Attribute { name, value: None }) => write!(f, "needs the attribute {name}"),
            Self::Attribute(Attribute { name, value: Some(value) }) => write!(f, "needs the attribute {name} = {value}"),
            Self::Location(Some(zone)) => write!(f, "is in {zone}, where none of the subnets is"),
            Self::Location(None) => f.write_str("is in no availability zone"),
            Self::MemberOf(expression) => write!(f, "is not selected by {expression}"),
            Self::DistinctInstance { tasks: 1 } => f.write_str("has a task of the same group"),
            Self::DistinctInstance { tasks } => write!(f, "has {tasks} tasks of the same group"),
            Self::Cpu { needs, has } => write!(f, "needs {needs} CPU units, has {has}"),
            Self::Memory { needs, has } => write!(f, "needs {needs} MiB, has {has} MiB"),
            Self::Port { port, protocol, kept: true } => {
                write!(f, "needs port {port}/{}, which the host keeps", protocol.as_str())
            }
            Self::Port { port, protocol, kept: false } => write!(f, "needs port {port}/{}, which is taken", protocol.as_str()),
            Self::Gpu { needs: 1, has } => write!(f, "needs 1 GPU, has {has}"),
            Self::Gpu { needs, has } => write!(f, "needs {needs} GPUs, has {has}"),
            Self::Interface => f.write_str("has no network interface left"),
        }
    }
}
