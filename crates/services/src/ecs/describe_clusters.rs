//! `DescribeClusters`: up to 100 clusters by name or ARN; those that are not there are failures of the answer, not of the call.

use berth_api::ecs::{self as api, errors};
use berth_api::{Call, Refusal, Target};
use berth_model::{Cluster, Name};
use berth_store::ClusterKey;

use super::scope::{DEFAULT_CLUSTER, Scope};
use super::{EcsService, cluster, failure};

/// Clusters of one call, at most.
const MOST: usize = 100;

pub(super) fn access(ecs: &EcsService, call: &Call, input: &api::DescribeClustersRequest) -> Vec<Target> {
    let Ok(scope) = Scope::of(call) else { return Target::any() };
    let view = ecs.store.view();
    let target = |text: &String| {
        scope.cluster(Some(text)).map_or_else(|_| Target::new(text.clone()), |name| cluster::target(&view, scope, &name))
    };
    match input.clusters.as_deref().filter(|clusters| !clusters.is_empty()) {
        Some(clusters) => clusters.iter().map(target).collect(),
        None => vec![cluster::target(&view, scope, &Name::new(DEFAULT_CLUSTER))],
    }
}

pub(super) fn run(
    ecs: &EcsService,
    call: &Call,
    input: api::DescribeClustersRequest,
) -> Result<api::DescribeClustersResponse, Refusal> {
    let scope = Scope::of(call)?;
    let mut wanted = input.clusters.unwrap_or_default();
    if wanted.len() > MOST {
        return Err(errors::invalid_parameter_exception(format!("clusters can have at most {MOST} items.")));
    }
    if wanted.is_empty() {
        wanted.push(DEFAULT_CLUSTER.to_owned());
    }
    let include = include(&input.include.unwrap_or_default());
    let view = ecs.store.view();
    let (mut clusters, mut failures) = (Vec::new(), Vec::new());
    for text in wanted {
        let name = scope.cluster(Some(&text)).ok();
        let found = name.as_ref().and_then(|name| view.get::<Cluster>(&ClusterKey { region: scope.region, name: name.clone() }));
        match found {
            Some(found) => clusters.push(cluster::describe(scope, found, &view, include)?),
            None if text.starts_with("arn:") => failures.push(failure::missing(text)),
            None => failures.push(failure::missing(name.map_or(text, |name| scope.cluster_arn(&name)))),
        }
    }
    Ok(api::DescribeClustersResponse { clusters: Some(clusters), failures: Some(failures) })
}

fn include(fields: &[api::ClusterField]) -> cluster::Include {
    cluster::Include {
        configuration: fields.contains(&api::ClusterField::Configurations),
        settings: fields.contains(&api::ClusterField::Settings),
        statistics: fields.contains(&api::ClusterField::Statistics),
        tags: fields.contains(&api::ClusterField::Tags),
        attachments: fields.contains(&api::ClusterField::Attachments),
    }
}
