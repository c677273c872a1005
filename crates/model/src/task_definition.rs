//! The records of task definitions and their families.

use std::sync::Arc;

use minicbor::{Decode, Encode};

use crate::{Document, Facts, Name, Region, Tags, Timestamp, cbor};

/// A family of task definitions. It outlives its revisions, so that their numbers are never used again.
#[derive(Debug, Clone, PartialEq, Encode, Decode)]
#[cbor(map)]
pub struct Family {
    /// Where it is.
    #[n(0)]
    pub region: Region,
    /// Its name, unique in its region.
    #[n(1)]
    pub name: Name,
    /// The highest revision ever registered.
    #[n(2)]
    pub last_revision: u32,
}

/// One revision of a task definition.
#[derive(Debug, Clone, PartialEq, Encode, Decode)]
#[cbor(map)]
pub struct TaskDefinition {
    /// Where it is.
    #[n(0)]
    pub region: Region,
    /// Its family.
    #[n(1)]
    pub family: Name,
    /// Its number in the family, from 1.
    #[n(2)]
    pub revision: u32,
    /// Whether it may be used.
    #[n(3)]
    pub status: RevisionStatus,
    /// What placement and scheduling decide on.
    #[cbor(n(4), with = "cbor::arc")]
    pub facts: Arc<Facts>,
    /// The whole of it, as AWS describes it.
    #[n(5)]
    pub document: Document,
    /// When it was registered.
    #[n(6)]
    pub registered_at: Timestamp,
    /// The ARN of who registered it.
    #[n(7)]
    pub registered_by: Box<str>,
    /// Its tags.
    #[n(8)]
    pub tags: Tags,
}

/// Whether a revision may be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub enum RevisionStatus {
    /// New tasks and services may use it.
    #[n(0)]
    Active,
    /// Only services that already use it may.
    #[n(1)]
    Inactive {
        /// When it became so.
        #[n(0)]
        deregistered_at: Timestamp,
    },
    /// It goes away once nothing uses it.
    #[n(2)]
    DeleteInProgress {
        /// When it became inactive.
        #[n(0)]
        deregistered_at: Timestamp,
        /// When its deletion was asked for.
        #[n(1)]
        requested_at: Timestamp,
    },
}

impl RevisionStatus {
    /// AWS's word for it.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Active => "ACTIVE",
            Self::Inactive { .. } => "INACTIVE",
            Self::DeleteInProgress { .. } => "DELETE_IN_PROGRESS",
        }
    }

    /// Its place in the order of a revision's life.
    #[must_use]
    pub const fn rank(&self) -> u8 {
        match self {
            Self::Active => 0,
            Self::Inactive { .. } => 1,
            Self::DeleteInProgress { .. } => 2,
        }
    }
}
