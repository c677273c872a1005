//! What is left of a service that was deleted.

use std::ops::RangeInclusive;

use berth_model::{Service, ServiceDeployment, ServiceEvent, ServiceRevision, ServiceStatus, TaskSet};
use berth_store::{
    OfService, ServiceDeploymentKey, ServiceEventKey, ServiceIndex, ServiceKey, ServiceRevisionKey, State, TaskSetKey,
    Transaction,
};

/// Rows of a deleted service: of all that belongs to it first, and its own once nothing else is left.
#[derive(Debug)]
pub(super) struct Remains {
    service: ServiceKey,
    events: Vec<ServiceEventKey>,
    revisions: Vec<ServiceRevisionKey>,
    deployments: Vec<ServiceDeploymentKey>,
    sets: Vec<TaskSetKey>,
    is_all: bool,
}

/// What is left of the services with these index values, as much as there is room for.
pub(super) fn due(state: &State, values: RangeInclusive<ServiceIndex>, room: &mut usize) -> Vec<Remains> {
    let mut all = Vec::new();
    for (_, key) in state.index::<Service>(values) {
        if *room == 0 {
            break;
        }
        let remains = Remains::of(state, key, *room);
        *room -= remains.len();
        all.push(remains);
    }
    all
}

impl Remains {
    fn of(state: &State, key: &ServiceKey, room: usize) -> Self {
        let of_service = OfService::Service(key.region, key.cluster.clone(), key.name.clone());
        let slot = |slot| ServiceEventKey { service: key.clone(), slot };
        let mut left = room;
        let mut take = |there: usize| {
            let taken = there.min(left);
            left -= taken;
            taken
        };
        let events =
            state.range::<ServiceEvent>(slot(0)..=slot(Service::EVENTS)).map(|event| slot(event.number % Service::EVENTS));
        let mut events: Vec<_> = events.collect();
        let revisions = state.with::<ServiceRevision>(&of_service, ..);
        let mut revisions: Vec<_> =
            revisions.map(|revision| ServiceRevisionKey { region: revision.region, id: revision.id }).collect();
        let deployments = state.with::<ServiceDeployment>(&of_service, ..);
        let mut deployments: Vec<_> =
            deployments.map(|deployment| ServiceDeploymentKey { region: deployment.region, id: deployment.id }).collect();
        let sets = state.with::<TaskSet>(&of_service, ..);
        let mut sets: Vec<_> = sets.map(|set| TaskSetKey { region: set.region, id: set.id }).collect();
        let there = events.len() + revisions.len() + deployments.len() + sets.len();
        events.truncate(take(events.len()));
        revisions.truncate(take(revisions.len()));
        deployments.truncate(take(deployments.len()));
        sets.truncate(take(sets.len()));
        Self { service: key.clone(), events, revisions, deployments, sets, is_all: there < room }
    }

    /// How many rows they are.
    pub(super) fn len(&self) -> usize {
        self.events.len() + self.revisions.len() + self.deployments.len() + self.sets.len() + usize::from(self.is_all)
    }

    /// Deletes them, unless the service was created again since; answers how many there were.
    pub(super) fn forget(&self, tx: &mut Transaction) -> usize {
        let is_gone = |service: &Service| matches!(service.status, ServiceStatus::Inactive { .. });
        if !tx.get::<Service>(&self.service).is_some_and(|service| is_gone(service)) {
            return 0;
        }
        let mut gone = 0;
        for key in &self.events {
            gone += usize::from(tx.delete::<ServiceEvent>(key).is_some());
        }
        for key in &self.revisions {
            gone += usize::from(tx.delete::<ServiceRevision>(key).is_some());
        }
        for key in &self.deployments {
            gone += usize::from(tx.delete::<ServiceDeployment>(key).is_some());
        }
        for key in &self.sets {
            gone += usize::from(tx.delete::<TaskSet>(key).is_some());
        }
        if self.is_all {
            gone += usize::from(tx.delete::<Service>(&self.service).is_some());
        }
        gone
    }
}

#[cfg(test)]
pub(super) mod tests;
