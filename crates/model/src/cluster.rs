//! The record of a cluster.

use minicbor::{Decode, Encode};

use crate::{Document, Name, Region, Tags, Timestamp};

/// A cluster.
#[derive(Debug, Clone, PartialEq, Encode, Decode)]
#[cbor(map)]
pub struct Cluster {
    /// Where it is.
    #[n(0)]
    pub region: Region,
    /// Its name, unique in its region.
    #[n(1)]
    pub name: Name,
    /// Whether it still exists.
    #[n(2)]
    pub status: ClusterStatus,
    /// Settings by name, such as `containerInsights`.
    #[n(3)]
    pub settings: Vec<(Name, Box<str>)>,
    /// Its configuration, as given.
    #[n(4)]
    pub configuration: Option<Document>,
    /// The capacity providers its tasks may use.
    #[n(5)]
    pub capacity_providers: Vec<Name>,
    /// What a task uses that names no provider and no launch type.
    #[n(6)]
    pub default_strategy: Vec<StrategyItem>,
    /// The default Service Connect namespace.
    #[n(7)]
    pub service_connect_namespace: Option<Box<str>>,
    /// Its tags.
    #[n(8)]
    pub tags: Tags,
    /// When it was made, or made active again.
    #[n(9)]
    pub created_at: Timestamp,
    /// When it was deleted.
    #[n(10)]
    pub inactive_at: Option<Timestamp>,
}

/// Whether a cluster exists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
#[cbor(index_only)]
pub enum ClusterStatus {
    /// It takes tasks.
    #[n(0)]
    Active,
    /// It was deleted and is still described for a while.
    #[n(1)]
    Inactive,
}

impl ClusterStatus {
    /// AWS's word for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "ACTIVE",
            Self::Inactive => "INACTIVE",
        }
    }
}

/// One capacity provider's share of the tasks.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct StrategyItem {
    /// The capacity provider.
    #[n(0)]
    pub provider: Name,
    /// Its share of what exceeds the bases.
    #[n(1)]
    pub weight: u32,
    /// How many tasks it gets first.
    #[n(2)]
    pub base: u32,
}
