//! The record of a container instance.

use minicbor::{Decode, Encode};

use crate::{Attribute, InstanceId, Name, Region, Resources, Tags, Timestamp};

/// A machine registered in a cluster.
#[derive(Debug, Clone, PartialEq, Encode, Decode)]
#[cbor(map)]
pub struct ContainerInstance {
    /// Where it is.
    #[n(0)]
    pub region: Region,
    /// Its id.
    #[n(1)]
    pub id: InstanceId,
    /// Its cluster.
    #[n(2)]
    pub cluster: Name,
    /// The machine's own id.
    #[n(3)]
    pub ec2_instance_id: Option<Name>,
    /// Whether it takes tasks.
    #[n(4)]
    pub status: InstanceStatus,
    /// Why it is in that status.
    #[n(5)]
    pub status_reason: Option<Box<str>>,
    /// Rises with each change a client can see.
    #[n(6)]
    pub version: u64,
    /// Whether its agent is connected.
    #[n(7)]
    pub agent_connected: bool,
    /// The agent's version.
    #[n(8)]
    pub agent_version: Option<Name>,
    /// The commit the agent was built from.
    #[n(9)]
    pub agent_hash: Option<Name>,
    /// The container runtime's version.
    #[n(10)]
    pub docker_version: Option<Name>,
    /// What it has.
    #[n(11)]
    pub registered: Resources,
    /// What its tasks hold of it.
    #[n(12)]
    pub used: Resources,
    /// Its attributes.
    #[n(13)]
    pub attributes: Vec<Attribute>,
    /// The capacity provider it belongs to.
    #[n(14)]
    pub capacity_provider: Option<Name>,
    /// Its tags.
    #[n(15)]
    pub tags: Tags,
    /// When it was registered.
    #[n(16)]
    pub registered_at: Timestamp,
    /// The key id of the principal that registered it, which alone may speak for it.
    #[n(17)]
    pub owner: Name,
    /// The client token of its registration.
    #[n(18)]
    pub client_token: Option<Box<str>>,
    /// What its health checks say.
    #[n(19)]
    pub health: Vec<HealthCheck>,
    /// When its agent first opened a stream. Until then whether it is connected is only what it said when it registered.
    #[n(20)]
    pub first_stream_at: Option<Timestamp>,
}

/// Whether a container instance takes tasks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub enum InstanceStatus {
    /// Not yet.
    #[n(0)]
    Registering,
    /// Yes.
    #[n(1)]
    Active,
    /// No new ones; those of services move away.
    #[n(2)]
    Draining,
    /// No longer.
    #[n(3)]
    Deregistering,
    /// It never came to.
    #[n(4)]
    RegistrationFailed,
    /// It is gone and still described for a while.
    #[n(5)]
    Inactive {
        /// Since when.
        #[n(0)]
        at: Timestamp,
    },
}

impl InstanceStatus {
    /// AWS's word for it.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Registering => "REGISTERING",
            Self::Active => "ACTIVE",
            Self::Draining => "DRAINING",
            Self::Deregistering => "DEREGISTERING",
            Self::RegistrationFailed => "REGISTRATION_FAILED",
            Self::Inactive { .. } => "INACTIVE",
        }
    }
}

/// The result of a health check of an instance.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct HealthCheck {
    /// What is checked, such as `CONTAINER_RUNTIME`.
    #[n(0)]
    pub kind: Name,
    /// The result, such as `OK`.
    #[n(1)]
    pub status: Name,
    /// When it last came.
    #[n(2)]
    pub last_updated: Timestamp,
    /// When it last differed from the one before.
    #[n(3)]
    pub last_change: Timestamp,
}
