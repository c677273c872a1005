//! `UpdateService`: changes a service. What its tasks are made from changes by a new deployment, all else at once. Images alone (an addition
//! of Berth's) register the revision that they make.

use berth_api::ecs::{self as api, errors};
use berth_api::{Call, Refusal, Target};
use berth_model::{
    Cluster, Deployment, DeploymentController, LaunchType, RevisionId, Scheduling, Service, ServiceRevision, TaskDefinition,
    Timestamp,
};
use berth_plan::IdSource;
use berth_plan::service::{deploy, reset_restarts};
use berth_store::{Shared, State, Transaction};

use super::altered::{self, Images};
use super::scope::Scope;
use super::service::scheduling::{self, Places};
use super::service::spec::{self, Asked, Attached, Spec};
use super::service::{configuration, describe};
use super::{EcsService, asked, capacity, cluster, network, revision, service, task_definition};
use crate::ids::RandomIds;

pub(super) fn access(ecs: &EcsService, call: &Call, input: &api::UpdateServiceRequest) -> Vec<Target> {
    let Ok(scope) = Scope::of(call) else { return Target::any() };
    let asked = asked::Conditions {
        definition: input.task_definition.as_deref(),
        strategy: input.capacity_provider_strategy.as_deref(),
        network: input.network_configuration.as_ref(),
        execute_command: input.enable_execute_command,
        managed_tags: input.enable_ecs_managed_tags,
        propagate_tags: input.propagate_tags.as_ref(),
    };
    let targets = service::targets(ecs, call, input.cluster.as_deref(), &input.service);
    let view = ecs.store.view();
    let altered = altered(&view, scope, input);
    let altering = altered.iter().flat_map(|request| altered::targets(ecs, call, request));
    targets.into_iter().map(|target| asked.on(target, &view, scope)).chain(altering).collect()
}

/// The revision of a task definition that the images of a call make.
fn altered(state: &State, scope: Scope, input: &api::UpdateServiceRequest) -> Option<api::RegisterTaskDefinitionRequest> {
    let images = images(input)?;
    let cluster = scope.cluster(input.cluster.as_deref()).ok()?;
    let known = service::find(state, scope, &cluster, &scope.service(&cluster, &input.service).ok()?)?;
    let before = service::revision(state, known.region, known.primary()?.revision).ok()?;
    let definition = definition(state, scope, before, input).ok()?;
    altered::by_images(&task_definition::parse(&definition.document).ok()?, images).ok()?
}

pub(super) async fn run(
    ecs: &EcsService,
    call: &Call,
    input: api::UpdateServiceRequest,
) -> Result<api::UpdateServiceResponse, Refusal> {
    let scope = Scope::of(call)?;
    let cluster = scope.cluster(input.cluster.as_deref())?;
    let name = scope.service(&cluster, &input.service)?;
    let now = Timestamp::from_millis(call.received_at.0);
    let mut ids = RandomIds::new(&api::SERVICE)?;
    let described = ecs
        .update(|tx| {
            let of_cluster = cluster::active(tx, scope, &cluster)?.clone();
            let known = service::active(tx, scope, &cluster, &name)?.clone();
            let now = now.not_before(known.updated_at);
            refuse_what_does_not_act(&known, &input)?;
            let next = match known.primary() {
                Some(primary) => {
                    let change = Change { scope, caller: &call.caller.arn, input: &input, now };
                    with_revision(tx, change, &of_cluster, (&known, primary), &mut ids)?
                }
                None => {
                    refuse_what_task_sets_say(&known, &input)?;
                    changed(&known, &input, None)?
                }
            };
            let next = Service { updated_at: now, version: known.version + 1, ..reset_restarts(&next) };
            tx.put(next.clone());
            describe::describe(scope, &next, tx, true)
        })
        .await?;
    Ok(api::UpdateServiceResponse { service: Some(described) })
}

fn invalid(message: impl Into<String>) -> Refusal {
    errors::invalid_parameter_exception(message)
}

/// What a caller asks for, and when.
#[derive(Debug, Clone, Copy)]
struct Change<'a> {
    scope: Scope,
    caller: &'a str,
    input: &'a api::UpdateServiceRequest,
    now: Timestamp,
}

/// The changed service, with a new deployment if what its tasks are made from changes, or the caller wants one.
fn with_revision(
    tx: &mut Transaction,
    change: Change<'_>,
    cluster: &Cluster,
    (known, primary): (&Service, &Deployment),
    ids: &mut dyn IdSource,
) -> Result<Service, Refusal> {
    let Change { input, now, .. } = change;
    let before = service::revision(tx, known.region, primary.revision)?.clone();
    let is_forced = input.force_new_deployment.unwrap_or(false);
    let spec = asks_for_a_revision(input).then(|| spec(tx, change, cluster, &before)).transpose()?;
    let launch = spec.as_ref().map_or(before.source.launch, |spec| spec.source.launch);
    let next = changed(known, input, Some(launch))?;
    check_places(tx, &next, spec.as_ref(), &before, input)?;
    let is_changed = spec.as_ref().is_some_and(|spec| !spec.is(&before));
    if spec.as_ref().is_some_and(|spec| spec.source.strategy != before.source.strategy) && !is_forced {
        return Err(invalid(
            "When switching from launch type to capacity provider strategy on an existing service, or making a change to a capacity \
             provider strategy on a service that is already using one, you must force a new deployment.",
        ));
    }
    if !is_changed && !is_forced {
        return Ok(touched(next, now));
    }
    let id = RevisionId::from_bytes(ids.next());
    let revision = match spec {
        Some(spec) => spec.revision((&known.cluster, &known.name), id, now),
        None => ServiceRevision { id, images: Vec::new(), created_at: now, ..ServiceRevision::clone(&before) },
    };
    let in_flight = service::in_flight(tx, known).cloned();
    let (next, records) = deploy(&service::without_leftovers(tx, next), in_flight.as_deref(), &revision, true, now, ids);
    tx.put(revision);
    records.into_iter().for_each(|record| drop(tx.put(record)));
    Ok(next)
}

/// Whether the caller says anything of what tasks are made from.
fn asks_for_a_revision(input: &api::UpdateServiceRequest) -> bool {
    input.task_definition.is_some()
        || input.capacity_provider_strategy.is_some()
        || input.platform_version.is_some()
        || input.network_configuration.is_some()
        || images(input).is_some()
}

/// The images that tasks are to be made from.
fn images(input: &api::UpdateServiceRequest) -> Option<&Images> {
    input.berth_images.as_ref().filter(|images| !images.is_empty())
}

/// The definition that a caller names, or else the one that the service has.
fn definition(
    state: &State,
    scope: Scope,
    before: &ServiceRevision,
    input: &api::UpdateServiceRequest,
) -> Result<Shared<TaskDefinition>, Refusal> {
    match input.task_definition.as_deref().filter(|text| !text.is_empty()) {
        Some(text) => revision::to_start(state, scope, text),
        None => spec::definition_of(state, before),
    }
}

/// What tasks are to be made from: what the caller says, over what the service has.
fn spec(tx: &mut Transaction, change: Change<'_>, cluster: &Cluster, before: &ServiceRevision) -> Result<Spec, Refusal> {
    let Change { scope, caller, input, now } = change;
    let mut definition = definition(tx, scope, before, input)?;
    if let Some(images) = images(input) {
        definition = altered::with_images(tx, scope, definition, images, (caller, now))?;
    }
    let (launch, strategy) = match input.capacity_provider_strategy.as_deref() {
        None => (before.source.launch, before.source.strategy.clone()),
        Some([]) => (before.source.launch, Vec::new()),
        Some(items) => capacity::launched_by(tx, scope, cluster, items)?,
    };
    let kept_version = before.source.platform_version.as_deref().filter(|_| launch == LaunchType::Fargate);
    let kept_network = before.network.as_ref().map(network::described);
    let asked = Asked {
        definition,
        launch,
        strategy,
        platform_version: input.platform_version.as_deref().or(kept_version),
        network: input.network_configuration.as_ref().or(kept_network.as_ref()),
    };
    Spec::checked(tx, asked)
}

/// Whether tasks can be placed as the service says from now on.
fn check_places(
    state: &State,
    service: &Service,
    spec: Option<&Spec>,
    before: &ServiceRevision,
    input: &api::UpdateServiceRequest,
) -> Result<(), Refusal> {
    match spec {
        Some(spec) => Places::of(service).check(&spec.definition.facts.constraints, spec.source.launch),
        None if input.placement_constraints.is_some() || input.placement_strategy.is_some() => {
            let definition = spec::definition_of(state, before)?;
            Places::of(service).check(&definition.facts.constraints, before.source.launch)
        }
        None => Ok(()),
    }
}

/// The service with what changes without a deployment.
fn changed(known: &Service, input: &api::UpdateServiceRequest, launch: Option<LaunchType>) -> Result<Service, Refusal> {
    let scheduling = known.scheduling;
    if scheduling == Scheduling::Daemon && launch == Some(LaunchType::Fargate) {
        return Err(invalid("The daemon scheduling strategy does not support the FARGATE launch type."));
    }
    let places = Places::of(known);
    let places = places.changed(input.placement_constraints.as_deref(), input.placement_strategy.as_deref(), scheduling)?;
    let given = input.deployment_configuration.as_ref();
    let next = Service {
        desired_count: scheduling::desired(input.desired_count, scheduling)?.unwrap_or(known.desired_count),
        configuration: configuration::changed(known.configuration.clone(), given, scheduling)?,
        constraints: places.constraints,
        strategies: places.strategies,
        grace_seconds: scheduling::grace(input.health_check_grace_period_seconds)?.or(known.grace_seconds),
        propagate_tags: input.propagate_tags.as_ref().map(scheduling::tag_source).or(known.propagate_tags),
        managed_tags: input.enable_ecs_managed_tags.unwrap_or(known.managed_tags),
        enable_execute_command: input.enable_execute_command.unwrap_or(known.enable_execute_command),
        pull_ahead: input.berth_pull_ahead.unwrap_or(known.pull_ahead),
        ..known.clone()
    };
    let rebalancing = input.availability_zone_rebalancing.as_ref();
    let zone_rebalancing = scheduling::rebalancing(rebalancing, known.zone_rebalancing, &next, launch)?;
    Ok(Service { zone_rebalancing, ..next })
}

/// The service whose deployment goes on with what changed.
fn touched(mut service: Service, now: Timestamp) -> Service {
    if let Some(primary) = service.deployments.first_mut() {
        primary.updated_at = now;
    }
    service
}

fn refuse_what_does_not_act(known: &Service, input: &api::UpdateServiceRequest) -> Result<(), Refusal> {
    let attached = Attached {
        load_balancers: input.load_balancers.as_deref(),
        registries: input.service_registries.as_deref(),
        connect: input.service_connect_configuration.as_ref(),
        volumes: input.volume_configurations.as_deref(),
        lattice: input.vpc_lattice_configurations.as_deref(),
    };
    attached.refuse()?;
    match &input.deployment_controller {
        Some(given) if berth_wire::EnumShape::as_str(&given.r#type) != known.controller.as_str() => Err(
            errors::unsupported_feature_exception("Another deploymentController of an existing service is not supported yet."),
        ),
        Some(_) | None => Ok(()),
    }
}

/// Where others deploy, the task sets say what tasks are made from.
fn refuse_what_task_sets_say(known: &Service, input: &api::UpdateServiceRequest) -> Result<(), Refusal> {
    if known.controller == DeploymentController::Ecs {
        return Ok(());
    }
    let given = [
        ("task definition", input.task_definition.is_some()),
        ("images", images(input).is_some()),
        ("capacity provider strategy", input.capacity_provider_strategy.is_some()),
        ("platform version", input.platform_version.is_some()),
        ("network configuration", input.network_configuration.is_some()),
        ("deployment configuration", input.deployment_configuration.is_some()),
        ("deployment by force", input.force_new_deployment == Some(true)),
    ];
    match given.iter().find(|(_, is_given)| *is_given) {
        Some((what, _)) => Err(invalid(format!(
            "Unable to update {what} on services with a {} deployment controller. Use its task sets instead.",
            known.controller.as_str()
        ))),
        None => Ok(()),
    }
}
