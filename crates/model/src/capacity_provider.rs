//! The record of a capacity provider.

use minicbor::{Decode, Encode};

use crate::{Document, Name, Region, Tags, Timestamp};

/// A named source of machines. FARGATE and FARGATE_SPOT are there without a record.
#[derive(Debug, Clone, PartialEq, Encode, Decode)]
#[cbor(map)]
pub struct CapacityProvider {
    /// Where it is.
    #[n(0)]
    pub region: Region,
    /// Its name, unique in its region.
    #[n(1)]
    pub name: Name,
    /// The cluster it is of, if it is of one alone.
    #[n(2)]
    pub cluster: Option<Name>,
    /// What it stands for, as given.
    #[n(3)]
    pub source: ProviderSource,
    /// Whether it exists.
    #[n(4)]
    pub status: ProviderStatus,
    /// What was last done to it, in AWS's word, such as `CREATE_COMPLETE`.
    #[n(5)]
    pub update_status: Option<Name>,
    /// Why.
    #[n(6)]
    pub update_reason: Option<Box<str>>,
    /// Its tags.
    #[n(7)]
    pub tags: Tags,
    /// When it was made.
    #[n(8)]
    pub created_at: Timestamp,
}

/// What a capacity provider stands for.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub enum ProviderSource {
    /// A named group of nodes: those that registered with its name.
    #[n(0)]
    AutoScalingGroup(#[n(0)] Document),
    /// Instances that it manages.
    #[n(1)]
    ManagedInstances(#[n(0)] Document),
}

/// Whether a capacity provider exists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
#[cbor(index_only)]
pub enum ProviderStatus {
    /// It is being made.
    #[n(0)]
    Provisioning,
    /// It exists.
    #[n(1)]
    Active,
    /// It is being taken down.
    #[n(2)]
    Deprovisioning,
    /// It was deleted and is still described for a while.
    #[n(3)]
    Inactive,
}

impl ProviderStatus {
    /// AWS's word for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Provisioning => "PROVISIONING",
            Self::Active => "ACTIVE",
            Self::Deprovisioning => "DEPROVISIONING",
            Self::Inactive => "INACTIVE",
        }
    }
}
