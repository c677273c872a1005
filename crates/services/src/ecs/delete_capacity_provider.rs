//! `DeleteCapacityProvider`: a group of nodes has a name no longer. The nodes stay.

use berth_api::ecs::{self as api, errors};
use berth_api::{Call, Refusal, Target};
use berth_model::{CapacityProvider, Cluster, ClusterStatus, Name, ProviderStatus};
use berth_store::{CapacityProviderKey, ClusterIndex, State};

use super::scope::Scope;
use super::{EcsService, capacity, capacity_provider};

pub(super) fn access(ecs: &EcsService, call: &Call, input: &api::DeleteCapacityProviderRequest) -> Vec<Target> {
    capacity::targets(ecs, call, &input.capacity_provider)
}

pub(super) async fn run(
    ecs: &EcsService,
    call: &Call,
    input: api::DeleteCapacityProviderRequest,
) -> Result<api::DeleteCapacityProviderResponse, Refusal> {
    let scope = Scope::of(call)?;
    let name = capacity::named(scope, &input.capacity_provider)?;
    let described = ecs
        .update(|tx| {
            if capacity::is_built_in(&name) {
                return Err(errors::client_exception(format!("The capacity provider {name} is AWS's and cannot be deleted.")));
            }
            let known = capacity::find(tx, scope, &name).cloned().ok_or_else(|| capacity::not_found(&name))?;
            if let Some(cluster) = user(tx, scope, &known.name) {
                return Err(errors::client_exception(format!(
                    "The specified capacity provider cannot be deleted because it is associated with cluster: {cluster}. Remove the \
                     capacity provider from the cluster and try again."
                )));
            }
            tx.delete::<CapacityProvider>(&CapacityProviderKey { region: scope.region, name: known.name.clone() });
            let gone = CapacityProvider {
                status: ProviderStatus::Inactive,
                update_status: Some(Name::new("DELETE_COMPLETE")),
                ..CapacityProvider::clone(&known)
            };
            capacity_provider::describe(scope, &gone, true)
        })
        .await?;
    Ok(api::DeleteCapacityProviderResponse { capacity_provider: Some(described) })
}

/// A cluster that uses the provider.
fn user(state: &State, scope: Scope, provider: &Name) -> Option<Name> {
    let mut clusters = state.with::<Cluster>(&ClusterIndex::Status(scope.region, ClusterStatus::Active), ..);
    clusters.find(|cluster| cluster.capacity_providers.contains(provider)).map(|cluster| cluster.name.clone())
}
