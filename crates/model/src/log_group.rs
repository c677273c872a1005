//! The record of a log group. Its streams and events are not records: telemetry keeps them, under the group's id.

use minicbor::{Decode, Encode};

use crate::{LogGroupId, Name, Region, Tags, Timestamp};

/// A log group.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct LogGroup {
    /// Where it is.
    #[n(0)]
    pub region: Region,
    /// Its name, unique in its region.
    #[n(1)]
    pub name: Name,
    /// What its data is kept under. A group that takes the name of a deleted one has another, and none of its data.
    #[n(2)]
    pub id: LogGroupId,
    /// What may be done with its events.
    #[n(3)]
    pub class: LogGroupClass,
    /// For how many days events are kept; nothing for ever.
    #[n(4)]
    pub retention_in_days: Option<u32>,
    /// Whether it refuses to be deleted.
    #[n(5)]
    pub deletion_protection: bool,
    /// Its tags.
    #[n(6)]
    pub tags: Tags,
    /// When it was made.
    #[n(7)]
    pub created_at: Timestamp,
}

/// What may be done with the events of a log group. It is given once and does not change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
#[cbor(index_only)]
pub enum LogGroupClass {
    /// Everything.
    #[n(0)]
    Standard,
    /// Less, for less money.
    #[n(1)]
    InfrequentAccess,
}

impl LogGroupClass {
    /// AWS's word for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Standard => "STANDARD",
            Self::InfrequentAccess => "INFREQUENT_ACCESS",
        }
    }
}
