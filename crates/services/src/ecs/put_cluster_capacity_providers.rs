//! `PutClusterCapacityProviders`: the providers that a cluster's tasks may use, and the strategy of those that name none.

use berth_api::ecs::{self as api, errors};
use berth_api::{Call, Refusal, Target};
use berth_model::{Cluster, Name, Service, Task};
use berth_store::{ServiceIndex, ServiceState, Shared, State, TaskIndex};

use super::scope::Scope;
use super::{EcsService, capacity, cluster, daemon, service};

pub(super) fn access(ecs: &EcsService, call: &Call, input: &api::PutClusterCapacityProvidersRequest) -> Vec<Target> {
    let Ok(scope) = Scope::of(call) else { return Target::any() };
    let with_providers = |target| capacity::with_providers(target, scope, &input.capacity_providers);
    cluster::targets(ecs, call, Some(&input.cluster)).into_iter().map(with_providers).collect()
}

pub(super) async fn run(
    ecs: &EcsService,
    call: &Call,
    input: api::PutClusterCapacityProvidersRequest,
) -> Result<api::PutClusterCapacityProvidersResponse, Refusal> {
    let scope = Scope::of(call)?;
    let name = scope.cluster(Some(&input.cluster))?;
    let described = ecs
        .update(|tx| {
            let known = cluster::active(tx, scope, &name)?.clone();
            let capacity_providers = capacity::providers(tx, scope, &input.capacity_providers)?;
            let default_strategy = capacity::strategy(tx, scope, &input.default_capacity_provider_strategy, &capacity_providers)?;
            let mut removed = known.capacity_providers.iter().filter(|known| !capacity_providers.contains(known));
            if removed.any(|removed| is_used(tx, &known, removed)) {
                return Err(errors::resource_in_use_exception(
                    "The specified capacity provider is in use and cannot be removed.",
                ));
            }
            cluster::replace(tx, scope, Cluster { capacity_providers, default_strategy, ..Cluster::clone(&known) })
        })
        .await?;
    Ok(api::PutClusterCapacityProvidersResponse { cluster: Some(described) })
}

/// Whether a task of the cluster that is meant to run came by this provider, or a service starts its tasks by it.
fn is_used(state: &State, cluster: &Cluster, provider: &Name) -> bool {
    let index = ServiceIndex::Cluster(cluster.region, cluster.name.clone(), ServiceState::Active);
    let names_it = |service: &Shared<Service>| {
        let revisions = service.deployments.iter().filter_map(|one| service::revision(state, service.region, one.revision).ok());
        revisions.flat_map(|revision| &revision.source.strategy).any(|item| item.provider == *provider)
    };
    let daemons = daemon::of_cluster(state, cluster.region, &cluster.name);
    if state.with::<Service>(&index, ..).chain(daemons).any(names_it) {
        return true;
    }
    let mut running = state.with::<Task>(&TaskIndex::Cluster(cluster.region, cluster.name.clone(), true), ..);
    running.any(|task| task.capacity_provider.as_ref() == Some(provider))
}

#[cfg(test)]
mod tests;
