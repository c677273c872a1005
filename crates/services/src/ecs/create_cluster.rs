//! `CreateCluster`: makes a cluster, or makes a deleted one active again. Asking for one that is there is no error.

use berth_api::ecs::{self as api, errors};
use berth_api::{Call, Refusal, Target};
use berth_model::{Cluster, ClusterStatus, Name, Timestamp};
use berth_store::{ClusterKey, State};

use super::account_setting::{self, Principal};
use super::cluster::given;
use super::scope::{DEFAULT_CLUSTER, Scope, cluster_name};
use super::{EcsService, capacity, cluster, tags};

pub(super) fn access(_: &EcsService, call: &Call, input: &api::CreateClusterRequest) -> Vec<Target> {
    match (Scope::of(call), name(input)) {
        (Ok(scope), Ok(name)) => {
            let target = Target::new(scope.cluster_arn(&name)).with_request_tags(tags::pairs(input.tags.as_deref()));
            let target = capacity::with_providers(target, scope, input.capacity_providers.as_deref().unwrap_or_default());
            vec![cluster::with_configuration(target, input.configuration.as_ref())]
        }
        _ => Target::any(),
    }
}

pub(super) async fn run(
    ecs: &EcsService,
    call: &Call,
    input: api::CreateClusterRequest,
) -> Result<api::CreateClusterResponse, Refusal> {
    let scope = Scope::of(call)?;
    let described = ecs
        .update(|tx| {
            let mut wanted = wanted(tx, scope, Timestamp::from_millis(call.received_at.0), &input)?;
            let key = ClusterKey { region: scope.region, name: wanted.name.clone() };
            let existing = tx.get::<Cluster>(&key).filter(|cluster| cluster.status == ClusterStatus::Active).cloned();
            match existing {
                Some(existing) if !agrees(&existing, &wanted, &input) => Err(errors::invalid_parameter_exception(
                    "Arguments on this idempotent request are inconsistent with arguments used in previous request(s).",
                )),
                Some(existing) => cluster::describe(scope, &existing, tx, cluster::Include::CHANGED),
                None => {
                    if wanted.settings.is_empty() {
                        wanted.settings.push(default_insights(tx, scope, call)?);
                    }
                    cluster::replace(tx, scope, wanted)
                }
            }
        })
        .await?;
    Ok(api::CreateClusterResponse { cluster: Some(described) })
}

fn name(input: &api::CreateClusterRequest) -> Result<Name, Refusal> {
    cluster_name(input.cluster_name.as_deref().unwrap_or(DEFAULT_CLUSTER))
}

fn wanted(state: &State, scope: Scope, now: Timestamp, input: &api::CreateClusterRequest) -> Result<Cluster, Refusal> {
    let capacity_providers = capacity::providers(state, scope, input.capacity_providers.as_deref().unwrap_or_default())?;
    let strategy = input.default_capacity_provider_strategy.as_deref().unwrap_or_default();
    let namespace = input.service_connect_defaults.as_ref().map(given::namespace).transpose()?;
    Ok(Cluster {
        region: scope.region,
        name: name(input)?,
        status: ClusterStatus::Active,
        settings: given::settings(input.settings.as_deref().unwrap_or_default())?,
        configuration: input.configuration.as_ref().map(given::configuration).transpose()?,
        default_strategy: capacity::strategy(state, scope, strategy, &capacity_providers)?,
        capacity_providers,
        service_connect_namespace: namespace.flatten(),
        tags: tags::checked(input.tags.as_deref())?,
        created_at: now,
        inactive_at: None,
    })
}

/// The setting of a new cluster of which the caller says nothing: the account's.
fn default_insights(state: &State, scope: Scope, call: &Call) -> Result<(Name, Box<str>), Refusal> {
    let setting = account_setting::named(&api::SettingName::ContainerInsights)?;
    let principal = Principal::of(scope, call, None)?;
    Ok((Name::new(setting.name), account_setting::effective(state, scope, &principal, setting).into()))
}

/// Whether what the caller says of an existing cluster is what it is. What is not said always agrees.
fn agrees(existing: &Cluster, wanted: &Cluster, input: &api::CreateClusterRequest) -> bool {
    (wanted.settings.is_empty() || cluster::insights(existing) == cluster::insights(wanted))
        && (input.tags.is_none() || existing.tags == wanted.tags)
        && (input.configuration.is_none() || existing.configuration == wanted.configuration)
        && (input.capacity_providers.is_none() || existing.capacity_providers == wanted.capacity_providers)
        && (input.default_capacity_provider_strategy.is_none() || existing.default_strategy == wanted.default_strategy)
        && (input.service_connect_defaults.is_none() || existing.service_connect_namespace == wanted.service_connect_namespace)
}
