//! `UpdateCluster`: new settings, another configuration or Service Connect namespace; what is not said stays.

use berth_api::ecs as api;
use berth_api::{Call, Refusal, Target};
use berth_model::Cluster;

use super::cluster::given;
use super::scope::Scope;
use super::{EcsService, cluster};

pub(super) fn access(ecs: &EcsService, call: &Call, input: &api::UpdateClusterRequest) -> Vec<Target> {
    let configured = |target| cluster::with_configuration(target, input.configuration.as_ref());
    cluster::targets(ecs, call, Some(&input.cluster)).into_iter().map(configured).collect()
}

pub(super) async fn run(
    ecs: &EcsService,
    call: &Call,
    input: api::UpdateClusterRequest,
) -> Result<api::UpdateClusterResponse, Refusal> {
    let scope = Scope::of(call)?;
    let name = scope.cluster(Some(&input.cluster))?;
    let settings = input.settings.as_deref().map(given::settings).transpose()?;
    let configuration = input.configuration.as_ref().map(given::configuration).transpose()?;
    let namespace = input.service_connect_defaults.as_ref().map(given::namespace).transpose()?;
    let described = ecs
        .update(|tx| {
            let mut changed = Cluster::clone(cluster::active(tx, scope, &name)?);
            if let Some(settings) = settings {
                changed.settings = settings;
            }
            if configuration.is_some() {
                changed.configuration = configuration;
            }
            if let Some(namespace) = namespace {
                changed.service_connect_namespace = namespace;
            }
            cluster::replace(tx, scope, changed)
        })
        .await?;
    Ok(api::UpdateClusterResponse { cluster: Some(described) })
}
