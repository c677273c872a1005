//! Services, their events, revisions, deployments and task sets.

use std::convert::Infallible;

use berth_model::{
    DeploymentId, Name, Region, RevisionId, Scheduling, Service, ServiceDeployment, ServiceDeploymentId, ServiceEvent,
    ServiceRevision, ServiceStatus, TaskSet, Timestamp,
};

use crate::{Key, KeyReader, KeyWriter, Record};

/// Names a service.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ServiceKey {
    /// Its region.
    pub region: Region,
    /// Its cluster.
    pub cluster: Name,
    /// Its name.
    pub name: Name,
}

/// What services are looked up by.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum ServiceIndex {
    /// The services of a cluster in a state; none of them a daemon.
    Cluster(Region, Name, ServiceState),
    /// The daemons of a region that are not gone.
    Daemons(Region),
    /// The services that have a deployment of a revision of a task definition, by family and revision.
    Definition(Region, Name, u32),
    /// The services that became inactive in this minute since 1970.
    GoneIn(i64),
    /// The active services whose images nodes pull before tasks come.
    PullAhead,
}

impl ServiceIndex {
    /// The index value of services that became inactive in the minute of that moment.
    #[must_use]
    pub fn gone_at(at: Timestamp) -> Self {
        Self::GoneIn(at.as_millis().div_euclid(60_000))
    }
}

/// A [`ServiceStatus`] without its dates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ServiceState {
    /// It keeps tasks running.
    Active,
    /// Its last tasks end.
    Draining,
    /// It is gone.
    Inactive,
}

impl From<&ServiceStatus> for ServiceState {
    fn from(status: &ServiceStatus) -> Self {
        match status {
            ServiceStatus::Active => Self::Active,
            ServiceStatus::Draining => Self::Draining,
            ServiceStatus::Inactive { .. } => Self::Inactive,
        }
    }
}

impl Key for ServiceKey {
    fn write(&self, to: &mut KeyWriter) {
        to.region(self.region);
        to.text(&self.cluster);
        to.text(&self.name);
    }

    fn read(from: &mut KeyReader<'_>) -> Option<Self> {
        Some(Self { region: from.region()?, cluster: from.name()?, name: from.name()? })
    }
}

impl Record for Service {
    type Key = ServiceKey;
    type Index = ServiceIndex;

    fn key(&self) -> ServiceKey {
        ServiceKey { region: self.region, cluster: self.cluster.clone(), name: self.name.clone() }
    }

    fn indexes(&self, emit: &mut dyn FnMut(ServiceIndex)) {
        let state = ServiceState::from(&self.status);
        match self.scheduling {
            Scheduling::Managed if state == ServiceState::Inactive => {}
            Scheduling::Managed => emit(ServiceIndex::Daemons(self.region)),
            Scheduling::Replica | Scheduling::Daemon => {
                emit(ServiceIndex::Cluster(self.region, self.cluster.clone(), state));
            }
        }
        let mut definitions: Vec<_> = self.deployments.iter().map(|d| (d.family.clone(), d.definition)).collect();
        definitions.sort();
        definitions.dedup();
        for (family, definition) in definitions {
            emit(ServiceIndex::Definition(self.region, family, definition));
        }
        if let ServiceStatus::Inactive { at } = self.status {
            emit(ServiceIndex::gone_at(at));
        }
        if self.pull_ahead && state == ServiceState::Active {
            emit(ServiceIndex::PullAhead);
        }
    }
}

/// Names an event of a service: a new one takes the place of the one a hundred before it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ServiceEventKey {
    /// The service.
    pub service: ServiceKey,
    /// The event's number, modulo how many are kept.
    pub slot: u64,
}

impl Key for ServiceEventKey {
    fn write(&self, to: &mut KeyWriter) {
        self.service.write(to);
        to.wide(self.slot);
    }

    fn read(from: &mut KeyReader<'_>) -> Option<Self> {
        Some(Self { service: ServiceKey::read(from)?, slot: from.wide()? })
    }
}

impl Record for ServiceEvent {
    type Key = ServiceEventKey;
    /// A service's hundred are a range of keys.
    type Index = Infallible;

    fn key(&self) -> ServiceEventKey {
        let service = ServiceKey { region: self.region, cluster: self.cluster.clone(), name: self.service.clone() };
        ServiceEventKey { service, slot: self.number % Service::EVENTS }
    }

    fn indexes(&self, _: &mut dyn FnMut(Infallible)) {}
}

/// Names a revision of a service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ServiceRevisionKey {
    /// Its region.
    pub region: Region,
    /// Its id.
    pub id: RevisionId,
}

/// What records of a service are looked up by.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum OfService {
    /// Those of a service: region, cluster, service.
    Service(Region, Name, Name),
    /// The records of deployments that ended in this minute since 1970.
    EndedIn(i64),
}

impl Key for ServiceRevisionKey {
    fn write(&self, to: &mut KeyWriter) {
        to.region(self.region);
        to.wide(self.id.number());
    }

    fn read(from: &mut KeyReader<'_>) -> Option<Self> {
        Some(Self { region: from.region()?, id: RevisionId::new(from.wide()?) })
    }
}

impl Record for ServiceRevision {
    type Key = ServiceRevisionKey;
    type Index = OfService;

    fn key(&self) -> ServiceRevisionKey {
        ServiceRevisionKey { region: self.region, id: self.id }
    }

    fn indexes(&self, emit: &mut dyn FnMut(OfService)) {
        emit(OfService::Service(self.region, self.cluster.clone(), self.service.clone()));
    }
}

/// Names the record of a deployment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ServiceDeploymentKey {
    /// Its region.
    pub region: Region,
    /// Its id.
    pub id: ServiceDeploymentId,
}

impl Key for ServiceDeploymentKey {
    fn write(&self, to: &mut KeyWriter) {
        to.region(self.region);
        to.id(&self.id);
    }

    fn read(from: &mut KeyReader<'_>) -> Option<Self> {
        Some(Self { region: from.region()?, id: from.id()? })
    }
}

impl Record for ServiceDeployment {
    type Key = ServiceDeploymentKey;
    type Index = OfService;

    fn key(&self) -> ServiceDeploymentKey {
        ServiceDeploymentKey { region: self.region, id: self.id }
    }

    fn indexes(&self, emit: &mut dyn FnMut(OfService)) {
        emit(OfService::Service(self.region, self.cluster.clone(), self.service.clone()));
        if let Some(at) = self.finished_at {
            emit(OfService::EndedIn(at.as_millis().div_euclid(60_000)));
        }
    }
}

/// Names a task set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TaskSetKey {
    /// Its region.
    pub region: Region,
    /// Its id.
    pub id: DeploymentId,
}

impl Key for TaskSetKey {
    fn write(&self, to: &mut KeyWriter) {
        to.region(self.region);
        to.wide(self.id.number());
    }

    fn read(from: &mut KeyReader<'_>) -> Option<Self> {
        Some(Self { region: from.region()?, id: DeploymentId::new(from.wide()?) })
    }
}

impl Record for TaskSet {
    type Key = TaskSetKey;
    type Index = OfService;

    fn key(&self) -> TaskSetKey {
        TaskSetKey { region: self.region, id: self.id }
    }

    fn indexes(&self, emit: &mut dyn FnMut(OfService)) {
        emit(OfService::Service(self.region, self.cluster.clone(), self.service.clone()));
    }
}
