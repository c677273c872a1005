//! What is left of the deployments that a service had: records, and the revisions that nothing else names.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;

use berth_model::{RevisionId, Service, ServiceDeployment, ServiceRevision};
use berth_store::{OfService, ServiceDeploymentKey, ServiceKey, ServiceRevisionKey, Shared, State, Transaction};

/// The record of a deployment that goes, and the revisions that go with it.
#[derive(Debug)]
pub(super) struct Past {
    service: ServiceKey,
    deployment: ServiceDeploymentKey,
    revisions: Vec<RevisionId>,
}

/// The records with these index values that their services do not need, as many as there is room for.
pub(super) fn due(state: &State, values: RangeInclusive<OfService>, room: &mut usize) -> Vec<Past> {
    let old = state.index::<ServiceDeployment>(values).filter_map(|(_, key)| state.get::<ServiceDeployment>(key));
    let mut by_service: BTreeMap<ServiceKey, Vec<&Shared<ServiceDeployment>>> = BTreeMap::new();
    for record in old.filter(|record| !is_needed(state, record)).take(*room) {
        by_service.entry(service_of(record)).or_default().push(record);
    }
    let mut all = Vec::new();
    for (service, records) in by_service {
        let mut kept = named_by_others(state, &service, &records);
        for record in records {
            let mut revisions: Vec<RevisionId> = revisions_of(record).filter(|&id| kept.insert(id)).collect();
            if !all.is_empty() && revisions.len() >= *room {
                return all;
            }
            // A deployment replaces a few revisions; what did not fit would go with the service.
            revisions.truncate(room.saturating_sub(1));
            *room = room.saturating_sub(1 + revisions.len());
            let deployment = ServiceDeploymentKey { region: record.region, id: record.id };
            all.push(Past { service: service.clone(), deployment, revisions });
        }
    }
    all
}

fn service_of(record: &ServiceDeployment) -> ServiceKey {
    ServiceKey { region: record.region, cluster: record.cluster.clone(), name: record.service.clone() }
}

/// Whether a service has the deployment, or one that the record tells about: what runs, and what it could go back to.
fn is_needed(state: &State, record: &ServiceDeployment) -> bool {
    let Some(service) = state.get::<Service>(&service_of(record)) else { return false };
    service.deployments.iter().any(|live| live.id == record.deployment || live.record == record.id)
}

/// The revisions that a service, or the records of its other deployments, name.
fn named_by_others(state: &State, service: &ServiceKey, going: &[&Shared<ServiceDeployment>]) -> BTreeSet<RevisionId> {
    let of_service = OfService::Service(service.region, service.cluster.clone(), service.name.clone());
    let ids: BTreeSet<_> = going.iter().map(|record| record.id).collect();
    let staying = state.with::<ServiceDeployment>(&of_service, ..).filter(|record| !ids.contains(&record.id));
    let live = state.get::<Service>(service).into_iter().flat_map(|service| &service.deployments).map(|live| live.revision);
    staying.flat_map(|record| revisions_of(record)).chain(live).collect()
}

fn revisions_of(record: &ServiceDeployment) -> impl Iterator<Item = RevisionId> + '_ {
    let back = record.rollback.as_ref().map(|rollback| rollback.revision);
    record.sources.iter().copied().chain([record.target]).chain(back)
}

impl Past {
    /// How many rows they are.
    pub(super) fn len(&self) -> usize {
        1 + self.revisions.len()
    }

    /// Deletes them, but for what the service needs by now; answers how many there were. What a service does not have, it does not go
    /// back to: revisions that nothing named when it was looked are named by nothing later, unless the service has them.
    pub(super) fn forget(&self, tx: &mut Transaction) -> usize {
        if tx.get::<ServiceDeployment>(&self.deployment).is_none_or(|record| is_needed(tx, record)) {
            return 0;
        }
        let mut gone = usize::from(tx.delete::<ServiceDeployment>(&self.deployment).is_some());
        for &id in &self.revisions {
            let service = tx.get::<Service>(&self.service);
            if service.is_some_and(|service| service.deployments.iter().any(|live| live.revision == id)) {
                continue;
            }
            gone += usize::from(tx.delete::<ServiceRevision>(&ServiceRevisionKey { region: self.service.region, id }).is_some());
        }
        gone
    }
}

#[cfg(test)]
mod tests;
