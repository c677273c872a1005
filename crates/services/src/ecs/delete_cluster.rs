//! `DeleteCluster`: a cluster with nothing in it becomes INACTIVE; it is described for a while and may be created again.

use berth_api::ecs::{self as api, errors};
use berth_api::{Call, Refusal, Target};
use berth_model::{Cluster, ClusterStatus, Service, Timestamp};
use berth_store::{ClusterKey, ServiceIndex, ServiceState, State};

use super::scope::Scope;
use super::{EcsService, cluster, daemon};

pub(super) fn access(ecs: &EcsService, call: &Call, input: &api::DeleteClusterRequest) -> Vec<Target> {
    cluster::targets(ecs, call, Some(&input.cluster))
}

pub(super) async fn run(
    ecs: &EcsService,
    call: &Call,
    input: api::DeleteClusterRequest,
) -> Result<api::DeleteClusterResponse, Refusal> {
    let scope = Scope::of(call)?;
    let name = scope.cluster(Some(&input.cluster))?;
    let now = Timestamp::from_millis(call.received_at.0);
    let described = ecs
        .update(|tx| {
            let key = ClusterKey { region: scope.region, name };
            let Some(found) = tx.get::<Cluster>(&key).cloned() else { return Err(cluster::not_found()) };
            if found.status == ClusterStatus::Active {
                in_use(tx, &found)?;
            }
            let deleted = match found.status {
                ClusterStatus::Active => Cluster {
                    status: ClusterStatus::Inactive,
                    inactive_at: Some(now.not_before(found.created_at)),
                    ..Cluster::clone(&found)
                },
                ClusterStatus::Inactive => Cluster::clone(&found),
            };
            let described = cluster::describe(scope, &deleted, tx, cluster::Include::CHANGED);
            tx.put(deleted);
            described
        })
        .await?;
    Ok(api::DeleteClusterResponse { cluster: Some(described) })
}

fn in_use(state: &State, cluster: &Cluster) -> Result<(), Refusal> {
    let counts = state.counts().cluster(cluster.region, &cluster.name);
    if counts.instances > 0 {
        let message = "The Cluster cannot be deleted while Container Instances are active or draining.";
        return Err(errors::cluster_contains_container_instances_exception(message));
    }
    let services = ServiceIndex::Cluster(cluster.region, cluster.name.clone(), ServiceState::Active);
    if state.count::<Service>(&services) > 0 {
        return Err(errors::cluster_contains_services_exception("The Cluster cannot be deleted while Services are active."));
    }
    if daemon::of_cluster(state, cluster.region, &cluster.name).next().is_some() {
        return Err(errors::cluster_contains_services_exception("The Cluster cannot be deleted while Daemons are active."));
    }
    if counts.running() > 0 || counts.pending() > 0 {
        return Err(errors::cluster_contains_tasks_exception("The Cluster cannot be deleted while Tasks are active."));
    }
    Ok(())
}
