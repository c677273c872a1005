//! The record of a task. There can be a million: its size is watched by a test.

use minicbor::{Decode, Encode};
use thin_vec::ThinVec;

use crate::{
    Attachment, Container, DeploymentId, Desired, Document, InstanceId, LaunchType, Life, Name, NetworkInterface, Region,
    Resources, Tags, TaskId, Timestamp, cbor, daemon,
};

/// A task.
#[derive(Debug, Clone, PartialEq, Encode, Decode)]
#[cbor(map)]
pub struct Task {
    /// Where it is.
    #[n(0)]
    pub region: Region,
    /// Its id.
    #[n(1)]
    pub id: TaskId,
    /// Its cluster.
    #[n(2)]
    pub cluster: Name,
    /// The family of its task definition.
    #[n(3)]
    pub family: Name,
    /// The revision of its task definition.
    #[n(4)]
    pub revision: u32,
    /// Its containers, in the order of its task definition.
    #[n(5)]
    pub containers: Box<[Container]>,
    /// What the caller overrode of the task definition.
    #[n(6)]
    pub overrides: Option<Document>,
    /// Who provides its machine.
    #[n(7)]
    pub launch: LaunchType,
    /// The capacity provider it came by.
    #[n(8)]
    pub capacity_provider: Option<Name>,
    /// The platform version of a Fargate task.
    #[n(9)]
    pub platform_version: Option<Name>,
    /// Its group, such as `family:web` or `service:web`.
    #[n(10)]
    pub group: Name,
    /// What the caller, or the service's deployment, signed it with.
    #[n(11)]
    pub started_by: Option<Name>,
    /// The instance it is placed on. For a Fargate task that may be one of another cluster.
    #[n(12)]
    pub instance: Option<InstanceId>,
    /// Its availability zone.
    #[n(13)]
    pub zone: Option<Name>,
    /// What it is known to be doing.
    #[n(14)]
    pub life: Life,
    /// What it is meant to do.
    #[n(15)]
    pub desired: Desired,
    /// What it holds of its instance.
    #[n(16)]
    pub reservation: Resources,
    /// Rises with each change a client can see.
    #[n(17)]
    pub version: u64,
    /// When what happened to it.
    #[n(18)]
    pub times: TaskTimes,
    /// Whether it is connected, once it was.
    #[n(19)]
    pub connectivity: Option<Connectivity>,
    /// Whether commands may be run in it.
    #[n(20)]
    pub enable_execute_command: bool,
    /// Its tags.
    #[n(21)]
    pub tags: Tags,
    /// The client token it was started with.
    #[n(22)]
    pub client_token: Option<Box<str>>,
    /// What is attached to it, such as a network interface.
    #[cbor(n(23), with = "cbor::thin")]
    pub attachments: ThinVec<Attachment>,
    /// The size of its disk in GiB, where it is not the default.
    #[n(24)]
    pub ephemeral_storage_gib: Option<u32>,
    /// CPU units, where the caller overrode them.
    #[n(25)]
    pub override_cpu: Option<u32>,
    /// Memory in MiB, where the caller overrode it.
    #[n(26)]
    pub override_memory: Option<u32>,
    /// Until when its service must not stop it.
    #[n(27)]
    pub protected_until: Option<Timestamp>,
    /// Whether its service has taken note of its end.
    #[cbor(n(28), default)]
    pub settled: bool,
}

/// When what happened to a task, apart from what its [`Life`] knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct TaskTimes {
    /// It was accepted.
    #[n(0)]
    pub created_at: Timestamp,
    /// Its first image began to be pulled.
    #[n(1)]
    pub pull_started_at: Option<Timestamp>,
    /// Its last image was there.
    #[n(2)]
    pub pull_stopped_at: Option<Timestamp>,
    /// Its essential container ended.
    #[n(3)]
    pub execution_stopped_at: Option<Timestamp>,
}

/// Whether a task is connected, and since when.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Connectivity {
    /// Whether it is.
    #[n(0)]
    pub connected: bool,
    /// Since when.
    #[n(1)]
    pub at: Timestamp,
}

impl Task {
    /// Whether nothing can happen to it any more.
    #[must_use]
    pub const fn is_stopped(&self) -> bool {
        self.life.is_stopped()
    }

    /// The deployment or task set of a service that it belongs to.
    #[must_use]
    pub fn deployment(&self) -> Option<DeploymentId> {
        self.started_by.as_deref()?.parse().ok().filter(|_| self.service_of_group().is_some())
    }

    /// The service that it belongs to, by the name that is kept under.
    #[must_use]
    pub fn service(&self) -> Option<Name> {
        self.deployment().and_then(|_| self.service_of_group()).map(Name::from)
    }

    fn service_of_group(&self) -> Option<&str> {
        self.group.strip_prefix("service:").or_else(|| daemon::known_as(&self.group).map(|_| self.group.as_str()))
    }

    /// Whether a service started it.
    #[must_use]
    pub fn is_of_service(&self) -> bool {
        self.deployment().is_some()
    }

    /// Whether its service must not stop it now.
    #[must_use]
    pub fn is_protected(&self, now: Timestamp) -> bool {
        self.protected_until.is_some_and(|until| now < until)
    }

    /// The network interface of its own, with its attachment.
    pub fn interface(&self) -> Option<(&Attachment, &NetworkInterface)> {
        self.attachments.iter().find_map(|attachment| Some((attachment, attachment.interface()?)))
    }
}

#[cfg(test)]
mod tests;
