//! Task sets: found, and between their record and their AWS shape.

use berth_api::ecs::{self as api, errors};
use berth_api::{Call, Refusal, Target};
use berth_model::{
    DeploymentController, DeploymentId, Name, ParseDeploymentIdError, ResourceArn, Service, TaskSet, TaskSetStatus,
};
use berth_store::{OfService, Shared, State, TaskSetKey, Transaction};

use super::cluster::whole;
use super::scope::{Scope, shortened};
use super::service::describe::{Launched, number, time};
use super::{EcsService, network, service, tags};

/// There is no such task set.
pub(super) fn not_found() -> Refusal {
    errors::task_set_not_found_exception("The specified task set was not found.")
}

/// The id that a parameter names a task set of a service by: its short form or its ARN.
pub(super) fn id(scope: Scope, (cluster, service): (&Name, &Name), text: &str) -> Result<DeploymentId, Refusal> {
    if !text.starts_with("arn:") {
        return text.parse().map_err(|cause: ParseDeploymentIdError| not_found().because(cause));
    }
    match scope.resource(text)? {
        ResourceArn::TaskSet { cluster: of, service: name, id } if of == *cluster && name == *service => Ok(id),
        ResourceArn::TaskSet { .. } => Err(not_found()),
        _ => Err(errors::invalid_parameter_exception(format!("Invalid identifier: {} is not a task set", shortened(text)))),
    }
}

/// The task sets of a service, without those that were deleted and have no tasks left.
pub(super) fn of_service<'a>(state: &'a State, service: &Service) -> impl Iterator<Item = &'a Shared<TaskSet>> {
    all(state, service).filter(|set| !is_over(state, set))
}

fn all<'a>(state: &'a State, service: &Service) -> impl Iterator<Item = &'a Shared<TaskSet>> {
    let index = OfService::Service(service.region, service.cluster.clone(), service.name.clone());
    state.with::<TaskSet>(&index, ..)
}

fn is_over(state: &State, set: &TaskSet) -> bool {
    let counts = state.counts().deployment(set.region, set.id);
    set.status == TaskSetStatus::Draining && counts.running == 0 && counts.pending == 0 && counts.desired == 0
}

/// Forgets the task sets of a service that were deleted and have no tasks left.
pub(super) fn forget(tx: &mut Transaction, service: &Service) {
    let over: Vec<TaskSetKey> =
        all(tx, service).filter(|set| is_over(tx, set)).map(|set| TaskSetKey { region: set.region, id: set.id }).collect();
    for key in &over {
        tx.delete::<TaskSet>(key);
    }
}

/// The task set of a service that an operation changes.
pub(super) fn present(state: &State, scope: Scope, service: &Service, text: &str) -> Result<Shared<TaskSet>, Refusal> {
    let id = id(scope, (&service.cluster, &service.name), text)?;
    of_service(state, service).find(|set| set.id == id).cloned().ok_or_else(not_found)
}

/// The service of a task set's operation: active, and deployed by others.
pub(super) fn service(state: &State, scope: Scope, cluster: &Name, name: &Name) -> Result<Shared<Service>, Refusal> {
    let found = service::active(state, scope, cluster, name)?;
    if found.controller == DeploymentController::Ecs {
        return Err(errors::invalid_parameter_exception(
            "Task sets are for services with the EXTERNAL deployment controller: this one deploys by itself.",
        ));
    }
    Ok(found.clone())
}

/// A share of a service's tasks in hundredths of a percent.
pub(super) fn share(scale: &api::Scale) -> Result<u32, Refusal> {
    let value = scale.value.unwrap_or(0.0);
    if !(0.0..=100.0).contains(&value) {
        return Err(errors::invalid_parameter_exception("The value of a scale must be between 0 and 100 percent."));
    }
    Ok(hundredths(value))
}

/// A percentage of at most 100 in hundredths of a percent.
pub(super) fn hundredths(percent: f64) -> u32 {
    // Between 0 and 10,000.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let whole = (percent.clamp(0.0, 100.0) * 100.0).round() as u32;
    whole
}

/// What a call touches that names one task set.
pub(super) fn targets(ecs: &EcsService, call: &Call, cluster: &str, service: &str, set: &str) -> Vec<Target> {
    let named = || {
        let scope = Scope::of(call).ok()?;
        let cluster = scope.cluster(Some(cluster)).ok()?;
        let name = scope.service(&cluster, service).ok()?;
        let id = id(scope, (&cluster, &name), set).ok()?;
        Some(vec![target(&ecs.store.view(), scope, (&cluster, &name), id)])
    };
    named().unwrap_or_else(Target::any)
}

/// A task set as policies see it.
pub(super) fn target(state: &State, scope: Scope, (cluster, service): (&Name, &Name), id: DeploymentId) -> Target {
    let found = state.get::<TaskSet>(&TaskSetKey { region: scope.region, id });
    let found = found.filter(|set| set.cluster == *cluster && set.service == *service);
    let tags = found.map(|set| tags::for_policies(&set.tags)).unwrap_or_default();
    let target = Target::new(scope.task_set_arn(cluster, service, id)).with("ecs:cluster", scope.cluster_arn(cluster));
    Target { tags, ..target.with("ecs:service", scope.service_arn(cluster, service)) }
}

/// The task set as AWS describes it.
pub(super) fn describe(
    scope: Scope,
    of: &Service,
    set: &TaskSet,
    state: &State,
    with_tags: bool,
) -> Result<api::TaskSet, Refusal> {
    let counts = state.counts().deployment(set.region, set.id);
    let revision = service::revision(state, set.region, set.revision)?;
    let source = Launched::of(&revision.source);
    Ok(api::TaskSet {
        id: Some(set.id.to_string()),
        task_set_arn: Some(scope.task_set_arn(&set.cluster, &set.service, set.id)),
        service_arn: Some(scope.service_arn(&set.cluster, &set.service)),
        cluster_arn: Some(scope.cluster_arn(&set.cluster)),
        started_by: None,
        external_id: set.external_id.as_ref().map(ToString::to_string),
        status: Some(set.status.as_str().to_owned()),
        task_definition: Some(scope.task_definition_arn(&revision.family, revision.definition)),
        computed_desired_count: number(set.share_of(of.desired_count)),
        pending_count: Some(whole(counts.pending)),
        running_count: Some(whole(counts.running)),
        created_at: time(set.created_at),
        updated_at: time(set.updated_at),
        launch_type: source.launch_type,
        capacity_provider_strategy: source.strategy,
        platform_version: source.platform_version,
        platform_family: source.platform_family,
        network_configuration: revision.network.as_ref().map(network::described),
        load_balancers: Some(Vec::new()),
        service_registries: Some(Vec::new()),
        scale: Some(api::Scale { value: Some(f64::from(set.scale) / 100.0), unit: Some(api::ScaleUnit::Percent) }),
        stability_status: Some(if set.is_steady { api::StabilityStatus::SteadyState } else { api::StabilityStatus::Stabilizing }),
        stability_status_at: time(set.steady_at),
        tags: with_tags.then(|| tags::described(&set.tags)),
        fargate_ephemeral_storage: None,
    })
}
