//! The containers of a task.

use minicbor::{Decode, Encode};

use crate::{ContainerId, Name, Protocol};

/// A container of a task, as last reported. Its name and image are in the task definition's facts, at the same position.
#[derive(Debug, Clone, PartialEq, Encode, Decode)]
#[cbor(map)]
pub struct Container {
    /// Its id.
    #[n(0)]
    pub id: ContainerId,
    /// What it is known to be doing.
    #[n(1)]
    pub known: ContainerLife,
    /// How it ended.
    #[n(2)]
    pub exit_code: Option<i32>,
    /// Why it is as it is, if the agent said.
    #[n(3)]
    pub reason: Option<Box<str>>,
    /// Its id in the container runtime.
    #[n(4)]
    pub runtime_id: Option<Box<str>>,
    /// The digest of the image it runs.
    #[n(5)]
    pub image_digest: Option<Name>,
    /// Its published ports.
    #[n(6)]
    pub bindings: Box<[NetworkBinding]>,
    /// What its health check says.
    #[n(7)]
    pub health: Health,
}

/// The states of a container; they only advance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
#[cbor(index_only)]
pub enum ContainerLife {
    /// It is not running yet.
    #[n(0)]
    Pending,
    /// It runs.
    #[n(1)]
    Running,
    /// It is over.
    #[n(2)]
    Stopped,
}

impl ContainerLife {
    /// AWS's word for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "PENDING",
            Self::Running => "RUNNING",
            Self::Stopped => "STOPPED",
        }
    }
}

/// What a health check says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
#[cbor(index_only)]
pub enum Health {
    /// There is no check, or it has not come to a result.
    #[n(0)]
    Unknown,
    /// It passes.
    #[n(1)]
    Healthy,
    /// It fails.
    #[n(2)]
    Unhealthy,
}

impl Health {
    /// AWS's word for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unknown => "UNKNOWN",
            Self::Healthy => "HEALTHY",
            Self::Unhealthy => "UNHEALTHY",
        }
    }
}

/// A port of a container that a port of the host leads to.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct NetworkBinding {
    /// The host's address.
    #[n(0)]
    pub bind_ip: Name,
    /// In the container.
    #[n(1)]
    pub container: PortSpan,
    /// On the host.
    #[n(2)]
    pub host: PortSpan,
    /// TCP or UDP.
    #[n(3)]
    pub protocol: Protocol,
}

/// One port or a range of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub enum PortSpan {
    /// One port.
    #[n(0)]
    Port(#[n(0)] u16),
    /// From the first to the last.
    #[n(1)]
    Range(#[n(0)] u16, #[n(1)] u16),
}
