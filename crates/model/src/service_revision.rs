//! The record of a service's revision: what its tasks are made from.

use std::fmt;
use std::str::FromStr;

use minicbor::{Decode, Encode};

use crate::{
    DeploymentId, Document, LaunchType, Name, Region, ResolvedImage, SecurityGroupId, StrategyItem, SubnetId, Tags, Timestamp,
    nineteen_digits,
};

/// The id of a service's revision: nineteen digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(transparent)]
pub struct RevisionId(#[n(0)] u64);

impl RevisionId {
    /// An id from bytes nobody can guess.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(nineteen_digits::number(bytes))
    }

    /// The id of that number.
    #[must_use]
    pub const fn new(number: u64) -> Self {
        Self(number)
    }

    /// Its number.
    #[must_use]
    pub const fn number(self) -> u64 {
        self.0
    }
}

impl fmt::Display for RevisionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:019}", self.0)
    }
}

/// A text that is no revision's id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not the id of a service's revision: nineteen digits")]
pub struct ParseRevisionIdError(Box<str>);

impl FromStr for RevisionId {
    type Err = ParseRevisionIdError;

    fn from_str(text: &str) -> Result<Self, ParseRevisionIdError> {
        nineteen_digits::parse(text).map(Self).ok_or_else(|| ParseRevisionIdError(text.chars().take(64).collect()))
    }
}

/// What the tasks of a service are made from. It never changes, but for the images that its first task resolved.
#[derive(Debug, Clone, PartialEq, Encode, Decode)]
#[cbor(map)]
pub struct ServiceRevision {
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
    pub id: RevisionId,
    /// The family of its task definition.
    #[n(4)]
    pub family: Name,
    /// The revision of its task definition.
    #[n(5)]
    pub definition: u32,
    /// How its tasks are launched.
    #[n(6)]
    pub source: Source,
    /// The networks of its tasks, where they have interfaces of their own.
    #[n(7)]
    pub network: Option<ServiceNetwork>,
    /// Load balancers, registries, volumes and what else a caller gave that is not decided on, as given.
    #[n(8)]
    pub rest: Option<Document>,
    /// The size of its tasks' disks in GiB, where it is not the default.
    #[n(9)]
    pub ephemeral_storage_gib: Option<u32>,
    /// The images that its first task ran.
    #[n(10)]
    pub images: Vec<ResolvedImage>,
    /// When it was made.
    #[n(11)]
    pub created_at: Timestamp,
}

/// Who provides the machines of tasks.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Source {
    /// The launch type; where a strategy is given, that of its providers.
    #[n(0)]
    pub launch: LaunchType,
    /// The shares of capacity providers.
    #[n(1)]
    pub strategy: Vec<StrategyItem>,
    /// The platform version of Fargate tasks.
    #[n(2)]
    pub platform_version: Option<Name>,
    /// The platform of Fargate tasks.
    #[n(3)]
    pub platform_family: Option<Name>,
}

/// Where a service's tasks have their network interfaces.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct ServiceNetwork {
    /// The subnets.
    #[n(0)]
    pub subnets: Vec<SubnetId>,
    /// The security groups.
    #[n(1)]
    pub groups: Vec<SecurityGroupId>,
    /// Whether the interfaces get public addresses.
    #[n(2)]
    pub public: bool,
}

/// A set of tasks that somebody else deploys: CodeDeploy, or a caller.
#[derive(Debug, Clone, PartialEq, Encode, Decode)]
#[cbor(map)]
pub struct TaskSet {
    /// Where it is.
    #[n(0)]
    pub region: Region,
    /// The service's cluster.
    #[n(1)]
    pub cluster: Name,
    /// The service.
    #[n(2)]
    pub service: Name,
    /// Its id, which its tasks are signed with.
    #[n(3)]
    pub id: DeploymentId,
    /// The caller's id for it.
    #[n(4)]
    pub external_id: Option<Box<str>>,
    /// Whether it serves.
    #[n(5)]
    pub status: TaskSetStatus,
    /// The revision of the service its tasks are made from.
    #[n(6)]
    pub revision: RevisionId,
    /// Its share of the service's tasks, in hundredths of a percent.
    #[n(7)]
    pub scale: u32,
    /// Whether as many of its tasks run as are wanted.
    #[n(8)]
    pub is_steady: bool,
    /// Since when.
    #[n(9)]
    pub steady_at: Timestamp,
    /// When it was made.
    #[n(10)]
    pub created_at: Timestamp,
    /// When it last changed.
    #[n(11)]
    pub updated_at: Timestamp,
    /// Its tags.
    #[n(12)]
    pub tags: Tags,
    /// The client token it was made with.
    #[n(13)]
    pub client_token: Option<Box<str>>,
    /// How many times in a row tasks of it ended before they ran.
    #[n(14)]
    pub setbacks: u32,
    /// When the next of its tasks may be started, after such setbacks.
    #[n(15)]
    pub retry_at: Option<Timestamp>,
}

/// Whether a task set serves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
#[cbor(index_only)]
pub enum TaskSetStatus {
    /// It serves.
    #[n(0)]
    Primary,
    /// It does not.
    #[n(1)]
    Active,
    /// Its tasks are being stopped.
    #[n(2)]
    Draining,
}

impl TaskSetStatus {
    /// AWS's word for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Primary => "PRIMARY",
            Self::Active => "ACTIVE",
            Self::Draining => "DRAINING",
        }
    }
}

impl TaskSet {
    /// How many tasks it is to have, of a service that wants so many: rounded up.
    #[must_use]
    pub fn share_of(&self, desired: u32) -> u32 {
        let share = (u64::from(desired) * u64::from(self.scale)).div_ceil(10_000);
        u32::try_from(share).unwrap_or(u32::MAX)
    }
}
