//! Clusters between their record and their AWS shape.

pub(super) mod given;

use berth_api::ecs as api;
use berth_api::ecs::errors;
use berth_api::{Call, Refusal, Target};
use berth_model::{Cluster, ClusterStatus, LaunchType, Name, Region, Service, Tags, Timestamp};
use berth_store::{ClusterCounts, ClusterKey, ServiceIndex, ServiceState, Shared, State, Transaction};

use super::scope::Scope;
use super::{EcsService, account_setting, service, tags};
use crate::document;

/// The one setting that clusters have, and its value in those that were made without it.
const INSIGHTS: (&str, &str) = (account_setting::INSIGHTS, "disabled");

/// What a description shows beyond names and counts.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Include {
    pub(super) configuration: bool,
    pub(super) settings: bool,
    pub(super) statistics: bool,
    pub(super) tags: bool,
    pub(super) attachments: bool,
}

impl Include {
    /// What the answer to a change shows.
    pub(super) const CHANGED: Self =
        Self { configuration: true, settings: true, statistics: false, tags: true, attachments: false };
}

/// The cluster that an operation works in; it must be active.
pub(super) fn active<'a>(state: &'a State, scope: Scope, name: &Name) -> Result<&'a Shared<Cluster>, Refusal> {
    let found = state.get::<Cluster>(&ClusterKey { region: scope.region, name: name.clone() });
    found.filter(|cluster| cluster.status == ClusterStatus::Active).ok_or_else(not_found)
}

/// There is no such cluster.
pub(super) fn not_found() -> Refusal {
    errors::cluster_not_found_exception("Cluster not found.")
}

/// Makes the cluster `default` if there has never been one. It may use Fargate, as the one that AWS makes for an account may.
pub(super) fn make_default(tx: &mut Transaction, region: Region, now: Timestamp) {
    let name = Name::new(super::scope::DEFAULT_CLUSTER);
    if tx.get::<Cluster>(&ClusterKey { region, name: name.clone() }).is_some() {
        return;
    }
    tx.put(Cluster {
        region,
        name,
        status: ClusterStatus::Active,
        settings: Vec::new(),
        configuration: None,
        capacity_providers: super::capacity::BUILT_IN.iter().map(|name| Name::new(name)).collect(),
        default_strategy: Vec::new(),
        service_connect_namespace: None,
        tags: Tags::default(),
        created_at: now,
        inactive_at: None,
    });
}

/// A cluster as policies see it.
pub(super) fn target(state: &State, scope: Scope, name: &Name) -> Target {
    let found = state.get::<Cluster>(&ClusterKey { region: scope.region, name: name.clone() });
    let tags = found.map(|cluster| tags::for_policies(&cluster.tags)).unwrap_or_default();
    let arn = scope.cluster_arn(name);
    Target { tags, ..Target::new(arn.clone()).with("ecs:cluster", arn) }
}

/// What a call touches that names a cluster, or none for the default one.
pub(super) fn targets(ecs: &EcsService, call: &Call, reference: Option<&str>) -> Vec<Target> {
    let named = Scope::of(call).and_then(|scope| Ok(target(&ecs.store.view(), scope, &scope.cluster(reference)?)));
    named.map_or_else(|_| Target::any(), |target| vec![target])
}

/// A target with what policies may ask of a cluster's configuration.
pub(super) fn with_configuration(target: Target, configuration: Option<&api::ClusterConfiguration>) -> Target {
    let storage = configuration.and_then(|configuration| configuration.managed_storage_configuration.as_ref());
    match storage.and_then(|storage| storage.fargate_ephemeral_storage_kms_key_id.as_deref()) {
        Some(key) => target.with("ecs:fargate-ephemeral-storage-kms-key", key),
        None => target,
    }
}

/// Writes a changed cluster, and answers with it.
pub(super) fn replace(tx: &mut Transaction, scope: Scope, changed: Cluster) -> Result<api::Cluster, Refusal> {
    let described = describe(scope, &changed, tx, Include::CHANGED);
    tx.put(changed);
    described
}

/// The cluster as AWS describes it.
pub(super) fn describe(scope: Scope, cluster: &Cluster, state: &State, include: Include) -> Result<api::Cluster, Refusal> {
    let counts = state.counts().cluster(cluster.region, &cluster.name);
    let configuration = match cluster.configuration.as_ref().filter(|_| include.configuration) {
        Some(text) => Some(
            document::read(api::ClusterConfiguration::PLACE, text).map_err(|cause| Refusal::internal(&api::SERVICE, cause))?,
        ),
        None => None,
    };
    let namespace = cluster.service_connect_namespace.as_ref();
    Ok(api::Cluster {
        cluster_arn: Some(scope.cluster_arn(&cluster.name)),
        cluster_name: Some(cluster.name.to_string()),
        configuration,
        status: Some(cluster.status.as_str().to_owned()),
        registered_container_instances_count: Some(whole(counts.instances)),
        running_tasks_count: Some(whole(counts.running())),
        pending_tasks_count: Some(whole(counts.pending())),
        active_services_count: Some(services(state, cluster, ServiceState::Active)),
        statistics: Some(if include.statistics { statistics(state, cluster, &counts) } else { Vec::new() }),
        tags: Some(if include.tags { tags::described(&cluster.tags) } else { Vec::new() }),
        settings: Some(if include.settings { settings(cluster) } else { Vec::new() }),
        capacity_providers: Some(cluster.capacity_providers.iter().map(ToString::to_string).collect()),
        default_capacity_provider_strategy: Some(strategy(cluster)),
        attachments: include.attachments.then(Vec::new),
        attachments_status: None,
        service_connect_defaults: namespace
            .map(|namespace| api::ClusterServiceConnectDefaults { namespace: Some(namespace.to_string()) }),
    })
}

/// A count as AWS's 32 bits; counts beyond it do not occur.
pub(super) fn whole(count: i64) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}

/// What a cluster's setting of Container Insights is.
pub(super) fn insights(cluster: &Cluster) -> &str {
    let (name, default) = INSIGHTS;
    cluster.settings.iter().find(|(known, _)| *known == name).map_or(default, |(_, value)| value)
}

fn settings(cluster: &Cluster) -> Vec<api::ClusterSetting> {
    let value = insights(cluster).to_owned();
    vec![api::ClusterSetting { name: Some(api::ClusterSettingName::ContainerInsights), value: Some(value) }]
}

fn strategy(cluster: &Cluster) -> Vec<api::CapacityProviderStrategyItem> {
    let number = |number: u32| Some(i32::try_from(number).unwrap_or(i32::MAX));
    let item = |item: &berth_model::StrategyItem| api::CapacityProviderStrategyItem {
        capacity_provider: item.provider.to_string(),
        weight: number(item.weight),
        base: number(item.base),
    };
    cluster.default_strategy.iter().map(item).collect()
}

/// How many services of a cluster are in a state.
fn services(state: &State, cluster: &Cluster, status: ServiceState) -> i32 {
    let count = state.count::<Service>(&ServiceIndex::Cluster(cluster.region, cluster.name.clone(), status));
    i32::try_from(count).unwrap_or(i32::MAX)
}

/// How many services of a cluster in a state launch their tasks so. Who asks for statistics pays for the count.
fn launched(state: &State, cluster: &Cluster, status: ServiceState, launch: LaunchType) -> i64 {
    let index = ServiceIndex::Cluster(cluster.region, cluster.name.clone(), status);
    let is_launched_so = |service: &&Shared<Service>| {
        let revision = service.primary().and_then(|primary| service::revision(state, service.region, primary.revision).ok());
        revision.is_some_and(|revision| revision.source.launch == launch)
    };
    i64::try_from(state.with::<Service>(&index, ..).filter(is_launched_so).count()).unwrap_or(i64::MAX)
}

/// AWS's names, whose spelling is not even, in its order.
fn statistics(state: &State, cluster: &Cluster, counts: &ClusterCounts) -> Vec<api::KeyValuePair> {
    let active = |launch| launched(state, cluster, ServiceState::Active, launch);
    let draining = |launch| launched(state, cluster, ServiceState::Draining, launch);
    [
        ("runningEC2TasksCount", counts.ec2.running),
        ("runningFargateTasksCount", counts.fargate.running),
        ("pendingEC2TasksCount", counts.ec2.pending),
        ("pendingFargateTasksCount", counts.fargate.pending),
        ("runningExternalTasksCount", counts.external.running),
        ("pendingExternalTasksCount", counts.external.pending),
        ("activeEC2ServiceCount", active(LaunchType::Ec2)),
        ("activeFargateServiceCount", active(LaunchType::Fargate)),
        ("drainingEC2ServiceCount", draining(LaunchType::Ec2)),
        ("drainingFargateServiceCount", draining(LaunchType::Fargate)),
        ("activeExternalServiceCount", active(LaunchType::External)),
        ("drainingExternalServiceCount", draining(LaunchType::External)),
    ]
    .map(|(name, value)| api::KeyValuePair { name: Some(name.to_owned()), value: Some(value.to_string()) })
    .into()
}
