//! A service as AWS describes it.

use berth_api::Refusal;
use berth_api::ecs as api;
use berth_model::{
    Deployment, DeploymentController, Name, Service, ServiceEvent, ServiceRevision, Source, StrategyItem, TagSource, Timestamp,
};
use berth_store::{GroupCounts, ServiceEventKey, ServiceKey, Shared, State};
use berth_wire::EnumShape as _;

use super::scheduling::{Places, described_constraints};
use super::{configuration, revision};
use crate::ecs::cluster::whole;
use crate::ecs::scope::Scope;
use crate::ecs::{network, tags, task_set};

/// The time of a record as answers carry it.
pub(in crate::ecs) fn time(at: Timestamp) -> Option<berth_wire::Timestamp> {
    Some(berth_wire::Timestamp(at.as_millis()))
}

/// A number of a record as answers carry it.
pub(in crate::ecs) fn number(number: u32) -> Option<i32> {
    Some(i32::try_from(number).unwrap_or(i32::MAX))
}

/// The service as AWS describes it.
pub(in crate::ecs) fn describe(scope: Scope, service: &Service, state: &State, with_tags: bool) -> Result<api::Service, Refusal> {
    let counts = state.counts().group(service.region, &service.cluster, &service.group());
    let primary = service.primary().map(|primary| revision(state, service.region, primary.revision)).transpose()?;
    let source = primary.map(|primary| Launched::of(&primary.source)).unwrap_or_default();
    let deployments = service.deployments.iter().enumerate();
    let deployments = deployments.map(|(at, one)| deployment(scope, service, one, at == 0, state)).collect::<Result<_, _>>()?;
    let record = service.primary().map(|primary| scope.deployment_arn(&service.cluster, &service.name, primary.record));
    let configuration = match service.controller {
        DeploymentController::Ecs => Some(configuration::describe(&service.configuration)?),
        DeploymentController::CodeDeploy | DeploymentController::External => None,
    };
    Ok(api::Service {
        service_arn: Some(scope.service_arn(&service.cluster, &service.name)),
        service_name: Some(service.name.to_string()),
        cluster_arn: Some(scope.cluster_arn(&service.cluster)),
        load_balancers: Some(Vec::new()),
        service_registries: Some(Vec::new()),
        status: Some(service.status.as_str().to_owned()),
        desired_count: number(service.desired_count),
        running_count: Some(whole(counts.running)),
        pending_count: Some(whole(counts.pending)),
        launch_type: source.launch_type,
        capacity_provider_strategy: source.strategy,
        platform_version: source.platform_version,
        platform_family: source.platform_family,
        task_definition: primary.map(|primary| scope.task_definition_arn(&primary.family, primary.definition)),
        deployment_configuration: configuration,
        task_sets: task_sets(scope, service, state, with_tags)?,
        deployments: Some(deployments),
        role_arn: service.role.as_ref().map(ToString::to_string),
        events: Some(events(service, state)),
        created_at: time(service.created_at),
        current_service_deployment: record,
        current_service_revisions: Some(service.deployments.iter().map(|one| current(scope, service, one, state)).collect()),
        placement_constraints: Some(described_constraints(&service.constraints)),
        placement_strategy: Some(Places::of(service).described_strategies()),
        network_configuration: primary.and_then(|primary| primary.network.as_ref()).map(network::described),
        health_check_grace_period_seconds: service.grace_seconds.and_then(number),
        scheduling_strategy: Some(api::SchedulingStrategy::from_text(service.scheduling.as_str())),
        deployment_controller: Some(api::DeploymentController {
            r#type: api::DeploymentControllerType::from_text(service.controller.as_str()),
        }),
        tags: with_tags.then(|| tags::described(&service.tags)),
        created_by: Some(service.created_by.to_string()),
        enable_ecs_managed_tags: Some(service.managed_tags),
        propagate_tags: Some(api::PropagateTags::from_text(service.propagate_tags.unwrap_or(TagSource::None).as_str())),
        enable_execute_command: Some(service.enable_execute_command),
        availability_zone_rebalancing: Some(match service.zone_rebalancing {
            Some(true) => api::AvailabilityZoneRebalancing::Enabled,
            Some(false) | None => api::AvailabilityZoneRebalancing::Disabled,
        }),
        resource_management_type: Some(api::ResourceManagementType::Customer),
        berth_pull_ahead: service.pull_ahead.then_some(true),
    })
}

/// The members that say who provides the machines: a launch type, or a strategy.
#[derive(Debug, Default)]
pub(in crate::ecs) struct Launched {
    pub(in crate::ecs) launch_type: Option<api::LaunchType>,
    pub(in crate::ecs) strategy: Option<Vec<api::CapacityProviderStrategyItem>>,
    pub(in crate::ecs) platform_version: Option<String>,
    pub(in crate::ecs) platform_family: Option<String>,
}

impl Launched {
    pub(in crate::ecs) fn of(source: &Source) -> Self {
        let text = |name: &Option<Name>| name.as_ref().map(ToString::to_string);
        let item = |item: &StrategyItem| api::CapacityProviderStrategyItem {
            capacity_provider: item.provider.to_string(),
            weight: number(item.weight),
            base: number(item.base),
        };
        let by_provider = !source.strategy.is_empty();
        Self {
            launch_type: (!by_provider).then(|| api::LaunchType::from_text(source.launch.as_str())),
            strategy: by_provider.then(|| source.strategy.iter().map(item).collect()),
            platform_version: text(&source.platform_version),
            platform_family: text(&source.platform_family),
        }
    }
}

/// How many of a deployment's tasks are wanted: of the primary one all, of the others those that still are.
fn requested(service: &Service, deployment: &Deployment, counts: GroupCounts) -> i32 {
    let is_primary = service.primary().is_some_and(|primary| primary.id == deployment.id);
    if is_primary { number(service.desired_count).unwrap_or_default() } else { whole(counts.desired) }
}

fn deployment(
    scope: Scope,
    service: &Service,
    deployment: &Deployment,
    is_primary: bool,
    state: &State,
) -> Result<api::Deployment, Refusal> {
    let counts = state.counts().deployment(service.region, deployment.id);
    let revision: &ServiceRevision = revision(state, service.region, deployment.revision)?;
    let source = Launched::of(&revision.source);
    Ok(api::Deployment {
        id: Some(deployment.id.to_string()),
        status: Some(if is_primary { "PRIMARY" } else { "ACTIVE" }.to_owned()),
        task_definition: Some(scope.task_definition_arn(&deployment.family, deployment.definition)),
        desired_count: Some(requested(service, deployment, counts)),
        pending_count: Some(whole(counts.pending)),
        running_count: Some(whole(counts.running)),
        failed_tasks: number(deployment.failed_tasks),
        created_at: time(deployment.created_at),
        updated_at: time(deployment.updated_at),
        capacity_provider_strategy: source.strategy,
        launch_type: source.launch_type,
        platform_version: source.platform_version,
        platform_family: source.platform_family,
        network_configuration: revision.network.as_ref().map(network::described),
        rollout_state: Some(api::DeploymentRolloutState::from_text(deployment.rollout.as_str())),
        rollout_state_reason: Some(deployment.reason.to_string()),
        ..Default::default()
    })
}

fn current(scope: Scope, service: &Service, deployment: &Deployment, state: &State) -> api::ServiceCurrentRevisionSummary {
    let counts = state.counts().deployment(service.region, deployment.id);
    api::ServiceCurrentRevisionSummary {
        arn: Some(scope.revision_arn(&service.cluster, &service.name, deployment.revision)),
        requested_task_count: Some(requested(service, deployment, counts)),
        running_task_count: Some(whole(counts.running)),
        pending_task_count: Some(whole(counts.pending)),
    }
}

/// The task sets of a service that somebody else deploys.
fn task_sets(scope: Scope, service: &Service, state: &State, with_tags: bool) -> Result<Option<Vec<api::TaskSet>>, Refusal> {
    if service.controller == DeploymentController::Ecs {
        return Ok(None);
    }
    let sets = task_set::of_service(state, service);
    sets.map(|set| task_set::describe(scope, service, set, state, with_tags)).collect::<Result<_, _>>().map(Some)
}

/// The last hundred events, the newest first. A service that has the name of one that is gone does not have its events.
fn events(service: &Service, state: &State) -> Vec<api::ServiceEvent> {
    let service_key = ServiceKey { region: service.region, cluster: service.cluster.clone(), name: service.name.clone() };
    let slot = |slot: u64| ServiceEventKey { service: service_key.clone(), slot };
    let all = state.range::<ServiceEvent>(slot(0)..slot(Service::EVENTS));
    let mut own: Vec<&Shared<ServiceEvent>> = all.filter(|event| event.at >= service.created_at).collect();
    own.sort_by_key(|event| std::cmp::Reverse(event.number));
    let described = |event: &Shared<ServiceEvent>| api::ServiceEvent {
        id: Some(dashed(event.id)),
        created_at: time(event.at),
        message: Some(event.message.to_string()),
    };
    own.into_iter().map(described).collect()
}

/// Sixteen bytes as AWS writes ids of events.
fn dashed(bytes: [u8; 16]) -> String {
    let mut text = String::with_capacity(36);
    for (at, byte) in bytes.iter().enumerate() {
        if matches!(at, 4 | 6 | 8 | 10) {
            text.push('-');
        }
        for digit in [byte >> 4, byte & 15] {
            text.extend(char::from_digit(u32::from(digit), 16));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_of_events_are_uuids() {
        let bytes = std::array::from_fn(|at| u8::try_from(at * 17).unwrap());
        assert_eq!(dashed(bytes), "00112233-4455-6677-8899-aabbccddeeff");
    }
}
