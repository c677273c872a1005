//! Clusters, by region and name.

use berth_model::{Cluster, ClusterStatus, Name, Region, Timestamp};

use crate::{Key, KeyReader, KeyWriter, Record};

/// Names a cluster.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ClusterKey {
    /// Its region.
    pub region: Region,
    /// Its name.
    pub name: Name,
}

/// What clusters are looked up by.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum ClusterIndex {
    /// The clusters of a region with a status.
    Status(Region, ClusterStatus),
    /// The clusters that were deleted in this minute since 1970.
    DeletedIn(i64),
}

impl ClusterIndex {
    /// The index value of clusters that were deleted in the minute of that moment.
    #[must_use]
    pub fn deleted_at(at: Timestamp) -> Self {
        Self::DeletedIn(at.as_millis().div_euclid(60_000))
    }
}

impl Key for ClusterKey {
    fn write(&self, to: &mut KeyWriter) {
        to.region(self.region);
        to.text(&self.name);
    }

    fn read(from: &mut KeyReader<'_>) -> Option<Self> {
        Some(Self { region: from.region()?, name: from.name()? })
    }
}

impl Record for Cluster {
    type Key = ClusterKey;
    type Index = ClusterIndex;

    fn key(&self) -> ClusterKey {
        ClusterKey { region: self.region, name: self.name.clone() }
    }

    fn indexes(&self, emit: &mut dyn FnMut(ClusterIndex)) {
        emit(ClusterIndex::Status(self.region, self.status));
        if let Some(at) = self.inactive_at {
            emit(ClusterIndex::deleted_at(at));
        }
    }
}
