//! `CreateCluster`: makes a cluster, or makes a deleted one active again. Asking for one that is there is no error.

use berth_api::ecs::{self as api, errors};
use berth_api::{Call, Refusal, Target};
use berth_model::{Cluster, ClusterStatus, Name, Timestamp};
use berth_store::ClusterKey;

use super::scope::{DEFAULT_CLUSTER, Scope, cluster_name, shortened};
use super::{EcsService, capacity, cluster, tags};
use crate::document;

pub(super) fn access(call: &Call, input: &api::CreateClusterRequest) -> Vec<Target> {
    match (Scope::of(call), name(input)) {
        (Ok(scope), Ok(name)) => vec![Target::new(scope.cluster_arn(&name))],
        _ => Target::any(),
    }
}

pub(super) async fn run(
    ecs: &EcsService,
    call: &Call,
    input: api::CreateClusterRequest,
) -> Result<api::CreateClusterResponse, Refusal> {
    let scope = Scope::of(call)?;
    let wanted = wanted(scope, Timestamp::from_millis(call.received_at.0), &input)?;
    let described = ecs
        .update(|tx| {
            let key = ClusterKey { region: scope.region, name: wanted.name.clone() };
            let existing = tx.get::<Cluster>(&key).filter(|cluster| cluster.status == ClusterStatus::Active).cloned();
            match existing {
                Some(existing) if !agrees(&existing, &wanted, &input) => Err(errors::invalid_parameter_exception(
                    "Arguments on this idempotent request are inconsistent with arguments used in previous request(s).",
                )),
                Some(existing) => cluster::describe(scope, &existing, tx, cluster::Include::CHANGED),
                None => {
                    let described = cluster::describe(scope, &wanted, tx, cluster::Include::CHANGED);
                    tx.put(wanted);
                    described
                }
            }
        })
        .await?;
    Ok(api::CreateClusterResponse { cluster: Some(described) })
}

fn name(input: &api::CreateClusterRequest) -> Result<Name, Refusal> {
    cluster_name(input.cluster_name.as_deref().unwrap_or(DEFAULT_CLUSTER))
}

fn wanted(scope: Scope, now: Timestamp, input: &api::CreateClusterRequest) -> Result<Cluster, Refusal> {
    let capacity_providers = capacity::providers(scope, input.capacity_providers.as_deref().unwrap_or_default())?;
    let strategy = input.default_capacity_provider_strategy.as_deref().unwrap_or_default();
    let namespace = input.service_connect_defaults.as_ref().map(|defaults| defaults.namespace.as_str().into());
    Ok(Cluster {
        region: scope.region,
        name: name(input)?,
        status: ClusterStatus::Active,
        settings: settings(input.settings.as_deref().unwrap_or_default())?,
        configuration: input
            .configuration
            .as_ref()
            .map(|configuration| document::write(api::ClusterConfiguration::PLACE, configuration)),
        default_strategy: capacity::strategy(scope, strategy, &capacity_providers)?,
        capacity_providers,
        service_connect_namespace: namespace,
        tags: tags::checked(input.tags.as_deref())?,
        created_at: now,
        inactive_at: None,
    })
}

fn settings(given: &[api::ClusterSetting]) -> Result<Vec<(Name, Box<str>)>, Refusal> {
    let mut settings = Vec::with_capacity(given.len());
    for setting in given {
        let value = setting.value.as_deref().unwrap_or_default();
        if !["enabled", "enhanced", "disabled"].contains(&value) {
            let message = format!(
                "The value of the cluster setting containerInsights must be enabled, enhanced or disabled, but was {}.",
                shortened(value)
            );
            return Err(errors::invalid_parameter_exception(message));
        }
        settings.push((Name::new("containerInsights"), value.into()));
    }
    if settings.len() > 1 {
        return Err(errors::invalid_parameter_exception(
            "Duplicate cluster settings: containerInsights is given more than once.",
        ));
    }
    Ok(settings)
}

/// Whether what the caller says of an existing cluster is what it is. What is not said always agrees.
fn agrees(existing: &Cluster, wanted: &Cluster, input: &api::CreateClusterRequest) -> bool {
    (input.settings.is_none() || existing.settings == wanted.settings)
        && (input.tags.is_none() || existing.tags == wanted.tags)
        && (input.configuration.is_none() || existing.configuration == wanted.configuration)
        && (input.capacity_providers.is_none() || existing.capacity_providers == wanted.capacity_providers)
        && (input.default_capacity_provider_strategy.is_none() || existing.default_strategy == wanted.default_strategy)
        && (input.service_connect_defaults.is_none() || existing.service_connect_namespace == wanted.service_connect_namespace)
}
