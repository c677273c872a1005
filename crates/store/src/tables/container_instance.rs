//! Container instances, by region and id.

use berth_model::node::Offer;
use berth_model::{ContainerInstance, InstanceId, InstanceStatus, Name, Region, Timestamp};

use crate::{Key, KeyReader, KeyWriter, Record};

/// Names a container instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct InstanceKey {
    /// Its region.
    pub region: Region,
    /// Its id.
    pub id: InstanceId,
}

/// What container instances are looked up by.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum InstanceIndex {
    /// The instances of a cluster in a state, but for those that take Fargate tasks alone: nobody sees them.
    Cluster(Region, Name, InstanceState),
    /// The registrations of a machine in a cluster, by the machine's own id.
    Machine(Region, Name, Name),
    /// The instances a principal registered, by its key id.
    Owner(Name),
    /// The instances that were deregistered in this minute since 1970.
    GoneIn(i64),
    /// The instances of a region in a state that take Fargate tasks, of whatever cluster they are.
    Fargate(Region, InstanceState),
}

impl InstanceIndex {
    /// The index value of instances that were deregistered in the minute of that moment.
    #[must_use]
    pub fn gone_at(at: Timestamp) -> Self {
        Self::GoneIn(at.as_millis().div_euclid(60_000))
    }
}

/// An [`InstanceStatus`] without its dates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum InstanceState {
    /// Not yet taking tasks.
    Registering,
    /// Taking tasks.
    Active,
    /// Taking no new ones.
    Draining,
    /// Going away.
    Deregistering,
    /// Never came to be.
    RegistrationFailed,
    /// Gone.
    Inactive,
}

impl From<&InstanceStatus> for InstanceState {
    fn from(status: &InstanceStatus) -> Self {
        match status {
            InstanceStatus::Registering => Self::Registering,
            InstanceStatus::Active => Self::Active,
            InstanceStatus::Draining => Self::Draining,
            InstanceStatus::Deregistering => Self::Deregistering,
            InstanceStatus::RegistrationFailed => Self::RegistrationFailed,
            InstanceStatus::Inactive { .. } => Self::Inactive,
        }
    }
}

impl Key for InstanceKey {
    fn write(&self, to: &mut KeyWriter) {
        to.region(self.region);
        to.id(&self.id);
    }

    fn read(from: &mut KeyReader<'_>) -> Option<Self> {
        Some(Self { region: from.region()?, id: from.id()? })
    }
}

impl Record for ContainerInstance {
    type Key = InstanceKey;
    type Index = InstanceIndex;

    fn key(&self) -> InstanceKey {
        InstanceKey { region: self.region, id: self.id }
    }

    fn indexes(&self, emit: &mut dyn FnMut(InstanceIndex)) {
        let (offer, state) = (Offer::of(&self.attributes), InstanceState::from(&self.status));
        if offer.plain {
            emit(InstanceIndex::Cluster(self.region, self.cluster.clone(), state));
        }
        if offer.fargate {
            emit(InstanceIndex::Fargate(self.region, state));
        }
        emit(InstanceIndex::Owner(self.owner.clone()));
        if let InstanceStatus::Inactive { at } = self.status {
            emit(InstanceIndex::gone_at(at));
        }
        if let Some(machine) = &self.ec2_instance_id {
            emit(InstanceIndex::Machine(self.region, self.cluster.clone(), machine.clone()));
        }
    }
}
