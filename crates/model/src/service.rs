//! The record of a service.

use minicbor::{Decode, Encode};

use crate::{Constraint, Deployment, DeploymentConfiguration, Name, Region, Tags, Timestamp};

/// A number of tasks of a definition that are kept running.
#[derive(Debug, Clone, PartialEq, Encode, Decode)]
#[cbor(map)]
pub struct Service {
    /// Where it is.
    #[n(0)]
    pub region: Region,
    /// Its cluster.
    #[n(1)]
    pub cluster: Name,
    /// Its name, unique in its cluster.
    #[n(2)]
    pub name: Name,
    /// Whether it keeps tasks running.
    #[n(3)]
    pub status: ServiceStatus,
    /// How many tasks there are to be.
    #[n(4)]
    pub scheduling: Scheduling,
    /// Who deploys.
    #[n(5)]
    pub controller: DeploymentController,
    /// How many tasks there are to be; of a daemon it follows from the instances.
    #[n(6)]
    pub desired_count: u32,
    /// How revisions replace each other.
    #[n(7)]
    pub configuration: DeploymentConfiguration,
    /// The primary deployment first, then those it replaces, the newest first.
    #[n(8)]
    pub deployments: Vec<Deployment>,
    /// Where its tasks may go, beside what their definition says.
    #[n(9)]
    pub constraints: Vec<Constraint>,
    /// Which of the places is best.
    #[n(10)]
    pub strategies: Vec<PlacementStrategy>,
    /// For how many seconds a task that began to run is not judged by its health.
    #[n(11)]
    pub grace_seconds: Option<u32>,
    /// Whether tasks move when their zones become uneven; none if nobody ever said.
    #[n(12)]
    pub zone_rebalancing: Option<bool>,
    /// The role it calls load balancers with.
    #[n(13)]
    pub role: Option<Box<str>>,
    /// Its tags.
    #[n(14)]
    pub tags: Tags,
    /// Whose tags its tasks get.
    #[n(15)]
    pub propagate_tags: Option<TagSource>,
    /// Whether its tasks get tags that name cluster and service.
    #[n(16)]
    pub managed_tags: bool,
    /// Whether commands may be run in its tasks.
    #[n(17)]
    pub enable_execute_command: bool,
    /// When it was created.
    #[n(18)]
    pub created_at: Timestamp,
    /// The ARN of who created it.
    #[n(19)]
    pub created_by: Box<str>,
    /// When it was last changed by a caller.
    #[n(20)]
    pub updated_at: Timestamp,
    /// The number of its next event.
    #[n(21)]
    pub next_event: u64,
    /// What it said last of each matter that it does not repeat for a while.
    #[n(22)]
    pub notices: Vec<Notice>,
    /// Rises with each change.
    #[n(23)]
    pub version: u64,
    /// The client token it was created with.
    #[n(24)]
    pub client_token: Option<Box<str>>,
    /// Whether nodes that suit its tasks pull their images before tasks come.
    #[cbor(n(25), default)]
    pub pull_ahead: bool,
}

/// Whether a service keeps tasks running.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub enum ServiceStatus {
    /// Yes.
    #[n(0)]
    Active,
    /// It was deleted, and its last tasks end.
    #[n(1)]
    Draining,
    /// It was deleted, and is still described for a while.
    #[n(2)]
    Inactive {
        /// Since when.
        #[n(0)]
        at: Timestamp,
    },
}

impl ServiceStatus {
    /// AWS's word for it.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Active => "ACTIVE",
            Self::Draining => "DRAINING",
            Self::Inactive { .. } => "INACTIVE",
        }
    }
}

/// How many tasks a service has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
#[cbor(index_only)]
pub enum Scheduling {
    /// As many as are wanted.
    #[n(0)]
    Replica,
    /// One on each instance that suits.
    #[n(1)]
    Daemon,
    /// One on each instance of its capacity providers: it is not a service to its callers, but a [daemon](crate::daemon).
    #[n(2)]
    Managed,
}

impl Scheduling {
    /// AWS's word for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Replica => "REPLICA",
            Self::Daemon | Self::Managed => "DAEMON",
        }
    }
}

/// Who decides which revisions run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
#[cbor(index_only)]
pub enum DeploymentController {
    /// The service.
    #[n(0)]
    Ecs,
    /// CodeDeploy, by task sets.
    #[n(1)]
    CodeDeploy,
    /// A caller, by task sets.
    #[n(2)]
    External,
}

impl DeploymentController {
    /// AWS's word for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ecs => "ECS",
            Self::CodeDeploy => "CODE_DEPLOY",
            Self::External => "EXTERNAL",
        }
    }
}

/// Whose tags are copied to tasks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
#[cbor(index_only)]
pub enum TagSource {
    /// The task definition's.
    #[n(0)]
    TaskDefinition,
    /// The service's.
    #[n(1)]
    Service,
    /// Nobody's.
    #[n(2)]
    None,
}

impl TagSource {
    /// AWS's word for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::TaskDefinition => "TASK_DEFINITION",
            Self::Service => "SERVICE",
            Self::None => "NONE",
        }
    }
}

/// A placement strategy, as AWS names it.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct PlacementStrategy {
    /// Such as `spread`.
    #[n(0)]
    pub kind: Name,
    /// Such as `instanceId`.
    #[n(1)]
    pub field: Option<Name>,
}

/// What a service said last of something.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Notice {
    /// What it was about.
    #[n(0)]
    pub matter: Matter,
    /// What it said.
    #[n(1)]
    pub message: Box<str>,
    /// When.
    #[n(2)]
    pub at: Timestamp,
}

/// What a service says something about that it does not repeat for a while.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
#[cbor(index_only)]
pub enum Matter {
    /// That it is steady.
    #[n(0)]
    Steady,
    /// That a task finds no place.
    #[n(1)]
    Placement,
    /// That tasks do not come to run.
    #[n(2)]
    Start,
    /// That its percentages leave nothing to do.
    #[n(3)]
    Deadlock,
    /// How even its zones are.
    #[n(4)]
    Zones,
}

/// Something that happened to a service. It has the hundred last ones.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct ServiceEvent {
    /// Where the service is.
    #[n(0)]
    pub region: Region,
    /// The service's cluster.
    #[n(1)]
    pub cluster: Name,
    /// The service.
    #[n(2)]
    pub service: Name,
    /// Its number, from 0, in the order in which they happened.
    #[n(3)]
    pub number: u64,
    /// Its id.
    #[cbor(n(4), with = "minicbor::bytes")]
    pub id: [u8; 16],
    /// When it happened.
    #[n(5)]
    pub at: Timestamp,
    /// What happened.
    #[n(6)]
    pub message: Box<str>,
}

impl Service {
    /// How many events of a service are kept.
    pub const EVENTS: u64 = 100;

    /// The deployment whose revision is to run, if the service deploys by itself.
    #[must_use]
    pub fn primary(&self) -> Option<&Deployment> {
        self.deployments.first()
    }

    /// The group its tasks are in.
    #[must_use]
    pub fn group(&self) -> Name {
        match self.scheduling {
            Scheduling::Managed => self.name.clone(),
            Scheduling::Replica | Scheduling::Daemon => Name::from(format!("service:{}", self.name)),
        }
    }
}
