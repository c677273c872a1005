//! `ListClusters`: the ARNs of active clusters, by name, a page at a time.

use std::ops::Bound;

use berth_api::ecs as api;
use berth_api::{Call, Refusal};
use berth_model::{Cluster, ClusterStatus, Name};
use berth_store::{ClusterIndex, ClusterKey};

use super::EcsService;
use super::scope::Scope;
use crate::page::{self, Pages};

pub(super) fn run(ecs: &EcsService, call: &Call, input: api::ListClustersRequest) -> Result<api::ListClustersResponse, Refusal> {
    let scope = Scope::of(call)?;
    let pages = Pages::of(call, "ListClusters", &[]);
    let after = pages.after(input.next_token.as_deref())?;
    let size = page::size(input.max_results, 100)?;
    let from =
        after.map_or(Bound::Unbounded, |name| Bound::Excluded(ClusterKey { region: scope.region, name: Name::new(&name) }));
    let view = ecs.store.view();
    let active = view.with::<Cluster>(&ClusterIndex::Status(scope.region, ClusterStatus::Active), (from, Bound::Unbounded));
    let (clusters, next_token) = pages.cut(active, size, |last| last.name.to_string());
    Ok(api::ListClustersResponse {
        cluster_arns: Some(clusters.iter().map(|cluster| scope.cluster_arn(&cluster.name)).collect()),
        next_token,
    })
}
