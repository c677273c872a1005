//! Services, found for those who ask.

pub(super) mod configuration;
pub(super) mod describe;
pub(super) mod hooks;
pub(super) mod scheduling;
pub(super) mod spec;

use berth_api::ecs as api;
use berth_api::ecs::errors;
use berth_api::{Call, Refusal, Target};
use berth_model::{Deployment, Name, Region, RevisionId, Rollout, Service, ServiceDeployment, ServiceRevision, ServiceStatus};
use berth_store::{ServiceDeploymentKey, ServiceKey, ServiceRevisionKey, Shared, State};

use super::scope::Scope;
use super::{EcsService, tags};

/// The key of a service.
pub(super) fn key(scope: Scope, cluster: &Name, name: &Name) -> ServiceKey {
    ServiceKey { region: scope.region, cluster: cluster.clone(), name: name.clone() }
}

/// The service of that name, if there is or lately was one.
pub(super) fn find<'a>(state: &'a State, scope: Scope, cluster: &Name, name: &Name) -> Option<&'a Shared<Service>> {
    state.get::<Service>(&key(scope, cluster, name))
}

/// The service of that name; one that is gone is not found.
pub(super) fn present<'a>(state: &'a State, scope: Scope, cluster: &Name, name: &Name) -> Result<&'a Shared<Service>, Refusal> {
    let is_present = |service: &&Shared<Service>| !matches!(service.status, ServiceStatus::Inactive { .. });
    find(state, scope, cluster, name).filter(is_present).ok_or_else(not_found)
}

/// The service that an operation changes: it must be active.
pub(super) fn active<'a>(state: &'a State, scope: Scope, cluster: &Name, name: &Name) -> Result<&'a Shared<Service>, Refusal> {
    let found = find(state, scope, cluster, name).ok_or_else(not_found)?;
    match found.status {
        ServiceStatus::Active => Ok(found),
        ServiceStatus::Draining | ServiceStatus::Inactive { .. } => {
            Err(errors::service_not_active_exception("Service was not ACTIVE."))
        }
    }
}

/// There is no such service.
pub(super) fn not_found() -> Refusal {
    errors::service_not_found_exception("Service not found.")
}

/// A service's revision, which is kept as long as the service refers to it.
pub(super) fn revision(state: &State, region: Region, id: RevisionId) -> Result<&Shared<ServiceRevision>, Refusal> {
    state
        .get::<ServiceRevision>(&ServiceRevisionKey { region, id })
        .ok_or_else(|| Refusal::internal(&api::SERVICE, format!("a service refers to its revision {id}, which is gone")))
}

/// The record of the primary deployment, if that is on its way.
pub(super) fn in_flight<'a>(state: &'a State, service: &Service) -> Option<&'a Shared<ServiceDeployment>> {
    let key = ServiceDeploymentKey { region: service.region, id: service.primary()?.record };
    state.get::<ServiceDeployment>(&key).filter(|record| !record.status.is_final())
}

/// The service without those deployments that have no tasks any more and are nothing to come back to.
pub(super) fn without_leftovers(state: &State, mut service: Service) -> Service {
    let region = service.region;
    let has_tasks = |deployment: &Deployment| {
        let counts = state.counts().deployment(region, deployment.id);
        counts.running > 0 || counts.pending > 0 || counts.desired > 0
    };
    service.deployments.retain(|deployment| deployment.rollout == Rollout::Completed || has_tasks(deployment));
    service
}

/// A service as policies see it.
pub(super) fn target(state: &State, scope: Scope, cluster: &Name, name: &Name) -> Target {
    let found = find(state, scope, cluster, name);
    let tags = found.map(|service| tags::for_policies(&service.tags)).unwrap_or_default();
    Target { tags, ..Target::new(scope.service_arn(cluster, name)).with("ecs:cluster", scope.cluster_arn(cluster)) }
}

/// What a call touches that names a service.
pub(super) fn targets(ecs: &EcsService, call: &Call, cluster: Option<&str>, service: &str) -> Vec<Target> {
    let named = || {
        let scope = Scope::of(call).ok()?;
        let cluster = scope.cluster(cluster).ok()?;
        let name = scope.service(&cluster, service).ok()?;
        Some(vec![target(&ecs.store.view(), scope, &cluster, &name)])
    };
    named().unwrap_or_else(Target::any)
}
