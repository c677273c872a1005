//! `UpdateClusterSettings`: new settings of a cluster.

use berth_api::ecs::{self as api, errors};
use berth_api::{Call, Refusal, Target};
use berth_model::Cluster;

use super::cluster::given;
use super::scope::Scope;
use super::{EcsService, cluster};

pub(super) fn access(ecs: &EcsService, call: &Call, input: &api::UpdateClusterSettingsRequest) -> Vec<Target> {
    cluster::targets(ecs, call, Some(&input.cluster))
}

pub(super) async fn run(
    ecs: &EcsService,
    call: &Call,
    input: api::UpdateClusterSettingsRequest,
) -> Result<api::UpdateClusterSettingsResponse, Refusal> {
    let scope = Scope::of(call)?;
    let name = scope.cluster(Some(&input.cluster))?;
    if input.settings.is_empty() {
        return Err(errors::invalid_parameter_exception("Cluster settings cannot be empty."));
    }
    let settings = given::settings(&input.settings)?;
    let described = ecs
        .update(|tx| {
            let known = cluster::active(tx, scope, &name)?;
            let changed = Cluster { settings, ..Cluster::clone(known) };
            cluster::replace(tx, scope, changed)
        })
        .await?;
    Ok(api::UpdateClusterSettingsResponse { cluster: Some(described) })
}
