//! Deployments: how a service comes from one revision to another.

use minicbor::{Decode, Encode};

use crate::{DeploymentId, Document, LifecycleStage, Name, Pause, PauseHook, Region, RevisionId, ServiceDeploymentId, Timestamp};

/// How revisions of a service replace each other.
#[derive(Debug, Clone, PartialEq, Encode, Decode)]
#[cbor(map)]
pub struct DeploymentConfiguration {
    /// How many healthy tasks there are at least, in percent of those wanted; rounded up.
    #[n(0)]
    pub minimum_healthy_percent: u32,
    /// How many tasks there are at most, in percent of those wanted; rounded down.
    #[n(1)]
    pub maximum_percent: u32,
    /// Whether a deployment whose tasks fail is given up.
    #[n(2)]
    pub circuit_breaker: CircuitBreaker,
    /// Alarms that are watched, as given.
    #[n(3)]
    pub alarms: Option<Document>,
    /// The strategy, where it is not a rolling update.
    #[n(4)]
    pub strategy: Option<Name>,
    /// How long both revisions run side by side at the end.
    #[n(5)]
    pub bake_minutes: Option<u32>,
    /// The hooks at which deployments pause. The field 6 was a document with hooks that did not act.
    #[cbor(n(7), default)]
    pub hooks: Vec<PauseHook>,
    /// On how many of its instances a daemon's task may be missing at once, in hundredths of a percent.
    #[n(20)]
    pub drain: Option<u32>,
}

/// Whether a deployment whose tasks fail is given up, and what follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Encode, Decode)]
#[cbor(map)]
pub struct CircuitBreaker {
    /// Whether it is.
    #[n(0)]
    pub enable: bool,
    /// Whether the last revision that completed comes back then.
    #[n(1)]
    pub rollback: bool,
}

/// A revision that runs or is to run, or that ran and is being replaced.
#[derive(Debug, Clone, PartialEq, Encode, Decode)]
#[cbor(map)]
pub struct Deployment {
    /// Its id, which its tasks are signed with.
    #[n(0)]
    pub id: DeploymentId,
    /// The record of it that stays.
    #[n(1)]
    pub record: ServiceDeploymentId,
    /// The revision of the service.
    #[n(2)]
    pub revision: RevisionId,
    /// The family of the revision's task definition.
    #[n(3)]
    pub family: Name,
    /// The revision of its task definition.
    #[n(4)]
    pub definition: u32,
    /// How far it is.
    #[n(5)]
    pub rollout: Rollout,
    /// How far it is, in words.
    #[n(6)]
    pub reason: Box<str>,
    /// When it was made.
    #[n(7)]
    pub created_at: Timestamp,
    /// When it last changed.
    #[n(8)]
    pub updated_at: Timestamp,
    /// How many of its tasks failed since one last ran as it should.
    #[n(9)]
    pub failed_tasks: u32,
    /// How many times in a row tasks of it ended before they ran.
    #[n(10)]
    pub setbacks: u32,
    /// When the next of its tasks may be started, after such setbacks.
    #[n(11)]
    pub retry_at: Option<Timestamp>,
    /// The deployment that it takes back.
    #[n(12)]
    pub rolls_back: Option<DeploymentId>,
    /// The digests of the images that its first task ran, by container: what the others run.
    #[n(13)]
    pub digests: Vec<ResolvedImage>,
    /// The digests above are to be used.
    #[n(14)]
    pub consistent: bool,
}

/// The image that a container's first instance ran.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct ResolvedImage {
    /// The container.
    #[n(0)]
    pub container: Name,
    /// The digest of its image.
    #[n(1)]
    pub digest: Name,
}

/// How far a deployment is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
#[cbor(index_only)]
pub enum Rollout {
    /// On its way.
    #[n(0)]
    InProgress,
    /// Its tasks run, and no others.
    #[n(1)]
    Completed,
    /// It was given up: nothing of it is started any more.
    #[n(2)]
    Failed,
}

impl Rollout {
    /// AWS's word for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::InProgress => "IN_PROGRESS",
            Self::Completed => "COMPLETED",
            Self::Failed => "FAILED",
        }
    }
}

/// What stays of a deployment: its record.
#[derive(Debug, Clone, PartialEq, Encode, Decode)]
#[cbor(map)]
pub struct ServiceDeployment {
    /// Where it is.
    #[n(0)]
    pub region: Region,
    /// The service's cluster.
    #[n(1)]
    pub cluster: Name,
    /// The service.
    #[n(2)]
    pub service: Name,
    /// Its id.
    #[n(3)]
    pub id: ServiceDeploymentId,
    /// The deployment's own id.
    #[n(4)]
    pub deployment: DeploymentId,
    /// How far it is.
    #[n(5)]
    pub status: ServiceDeploymentStatus,
    /// Why, in words.
    #[n(6)]
    pub reason: Option<Box<str>>,
    /// The revision it brings.
    #[n(7)]
    pub target: RevisionId,
    /// The revisions it replaces.
    #[n(8)]
    pub sources: Vec<RevisionId>,
    /// How it goes about it.
    #[n(9)]
    pub configuration: DeploymentConfiguration,
    /// How many tasks it is to bring up.
    #[n(10)]
    pub requested: u32,
    /// When it was made.
    #[n(11)]
    pub created_at: Timestamp,
    /// When it began.
    #[n(12)]
    pub started_at: Option<Timestamp>,
    /// When it was over.
    #[n(13)]
    pub finished_at: Option<Timestamp>,
    /// When it was stopped.
    #[n(14)]
    pub stopped_at: Option<Timestamp>,
    /// When it last changed.
    #[n(15)]
    pub updated_at: Timestamp,
    /// What the circuit breaker saw.
    #[n(16)]
    pub breaker: BreakerState,
    /// How it is taken back.
    #[n(17)]
    pub rollback: Option<Rollback>,
    /// Where it is on its way; none if it has no hooks, or is taken back.
    #[n(18)]
    pub stage: Option<LifecycleStage>,
    /// Its pauses, in the order in which they began.
    #[cbor(n(19), default)]
    pub pauses: Vec<Pause>,
}

impl ServiceDeployment {
    /// Whether nothing of it may be started yet: it is on its way, and before its tasks are.
    #[must_use]
    pub fn is_held_back(&self) -> bool {
        !self.status.is_final() && self.stage.is_some_and(|stage| stage < LifecycleStage::ScaleUp)
    }
}

/// How far a service deployment is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
#[cbor(index_only)]
pub enum ServiceDeploymentStatus {
    /// It waits.
    #[n(0)]
    Pending,
    /// It is on its way.
    #[n(1)]
    InProgress,
    /// It is there.
    #[n(2)]
    Successful,
    /// A caller wants it to stop where it is.
    #[n(3)]
    StopRequested,
    /// It was stopped.
    #[n(4)]
    Stopped,
    /// A caller wants it to be taken back.
    #[n(5)]
    RollbackRequested,
    /// It is being taken back.
    #[n(6)]
    RollbackInProgress,
    /// It was taken back.
    #[n(7)]
    RollbackSuccessful,
    /// It could not be taken back.
    #[n(8)]
    RollbackFailed,
}

impl ServiceDeploymentStatus {
    /// AWS's word for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "PENDING",
            Self::InProgress => "IN_PROGRESS",
            Self::Successful => "SUCCESSFUL",
            Self::StopRequested => "STOP_REQUESTED",
            Self::Stopped => "STOPPED",
            Self::RollbackRequested => "ROLLBACK_REQUESTED",
            Self::RollbackInProgress => "ROLLBACK_IN_PROGRESS",
            Self::RollbackSuccessful => "ROLLBACK_SUCCESSFUL",
            Self::RollbackFailed => "ROLLBACK_FAILED",
        }
    }

    /// Whether nothing follows.
    #[must_use]
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Successful | Self::Stopped | Self::RollbackSuccessful | Self::RollbackFailed)
    }
}

/// What a circuit breaker saw of a deployment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct BreakerState {
    /// Whether it watches.
    #[n(0)]
    pub monitor: Monitor,
    /// How many tasks failed.
    #[n(1)]
    pub failures: u32,
    /// With how many it gives up.
    #[n(2)]
    pub threshold: u32,
}

/// Whether something watches a deployment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
#[cbor(index_only)]
pub enum Monitor {
    /// No.
    #[n(0)]
    Disabled,
    /// Yes.
    #[n(1)]
    Monitoring,
    /// It gave the deployment up.
    #[n(2)]
    Triggered,
    /// It saw nothing.
    #[n(3)]
    Complete,
}

impl Monitor {
    /// AWS's word for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Disabled => "DISABLED",
            Self::Monitoring => "MONITORING",
            Self::Triggered => "TRIGGERED",
            Self::Complete => "MONITORING_COMPLETE",
        }
    }
}

/// How a deployment is taken back.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Rollback {
    /// Why.
    #[n(0)]
    pub reason: Box<str>,
    /// Since when.
    #[n(1)]
    pub started_at: Timestamp,
    /// The revision that comes back.
    #[n(2)]
    pub revision: RevisionId,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deployments_id_has_nineteen_digits_and_comes_back() {
        for bytes in [[0; 16], [0xff; 16], [7; 16]] {
            let id = DeploymentId::from_bytes(bytes);
            assert_eq!(id.to_string().len(), "ecs-svc/".len() + 19);
            assert_eq!(id.to_string().parse(), Ok(id));
        }
        for wrong in ["", "ecs-svc/", "ecs-svc/123", "0000000000000000001", "ecs-svc/+000000000000000001"] {
            assert!(wrong.parse::<DeploymentId>().is_err(), "{wrong}");
        }
    }
}
