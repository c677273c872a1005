//! `CreateService`: the record of a service, and its first deployment. Its tasks are started by the service's loop.

use berth_api::ecs::{self as api, errors};
use berth_api::{Call, Refusal, Target};
use berth_model::{
    ClientToken, Cluster, DeploymentController, LaunchType, Name, RevisionId, Scheduling, Service, ServiceRevision,
    ServiceStatus, Timestamp,
};
use berth_plan::IdSource;
use berth_plan::service::deploy;
use berth_store::{Shared, State, Transaction};

use super::scope::{Scope, service_name};
use super::service::scheduling::{self, Places};
use super::service::spec::{Asked, Attached, Spec};
use super::service::{configuration, describe};
use super::{EcsService, asked, cluster, idempotency, launch, revision, service, tags};
use crate::ids::RandomIds;

pub(super) fn access(ecs: &EcsService, call: &Call, input: &api::CreateServiceRequest) -> Vec<Target> {
    let target = || {
        let scope = Scope::of(call).ok()?;
        let cluster = scope.cluster(input.cluster.as_deref()).ok()?;
        let name = service_name(&input.service_name).ok()?;
        let target = Target::new(scope.service_arn(&cluster, &name)).with("ecs:cluster", scope.cluster_arn(&cluster));
        let asked = asked::Conditions {
            definition: input.task_definition.as_deref(),
            strategy: input.capacity_provider_strategy.as_deref(),
            network: input.network_configuration.as_ref(),
            execute_command: input.enable_execute_command,
            managed_tags: input.enable_ecs_managed_tags,
            propagate_tags: input.propagate_tags.as_ref(),
        };
        let target = asked.on(target, &ecs.store.view(), scope);
        Some(vec![target.with_request_tags(tags::pairs(input.tags.as_deref()))])
    };
    target().unwrap_or_else(Target::any)
}

pub(super) async fn run(
    ecs: &EcsService,
    call: &Call,
    input: api::CreateServiceRequest,
) -> Result<api::CreateServiceResponse, Refusal> {
    let scope = Scope::of(call)?;
    let cluster = scope.cluster(input.cluster.as_deref())?;
    let name = service_name(&input.service_name)?;
    let now = Timestamp::from_millis(call.received_at.0);
    let place = (api::CreateServiceRequest::PLACE, &input);
    let token = idempotency::token(scope, "CreateService", &cluster, input.client_token.as_deref(), place)?;
    let mut ids = RandomIds::new(&api::SERVICE)?;
    let described = ecs
        .update(|tx| {
            let of_cluster = cluster::active(tx, scope, &cluster)?.clone();
            if let Some(made) = again(tx, scope, token.as_ref(), &cluster, &name, now)? {
                return describe::describe(scope, &made, tx, true);
            }
            let wanted = wanted(tx, scope, (&of_cluster, &name), &input, call, now)?;
            let made = match service::find(tx, scope, &cluster, &name).cloned() {
                Some(known) if known.status == ServiceStatus::Active => agreed(tx, known, &wanted)?,
                Some(known) if known.status == ServiceStatus::Draining => {
                    return Err(invalid("Unable to Start a service that is still Draining."));
                }
                gone => {
                    // The events of a service that is gone stay in their ring until newer ones take their places.
                    let next_event = gone.map_or(0, |gone| gone.next_event);
                    put(tx, Wanted { service: Service { next_event, ..wanted.service }, ..wanted }, now, &mut ids)
                }
            };
            if let Some(token) = token {
                tx.put(idempotency::answered(token, Vec::new(), now));
            }
            describe::describe(scope, &made, tx, true)
        })
        .await?;
    Ok(api::CreateServiceResponse { service: Some(described) })
}

fn invalid(message: impl Into<String>) -> Refusal {
    errors::invalid_parameter_exception(message)
}

/// What a caller wants: the service without a deployment, and what its tasks are made from if the service deploys by itself.
#[derive(Debug)]
struct Wanted {
    service: Service,
    spec: Option<Spec>,
}

/// The service that the same request made before; nothing if there was none.
fn again(
    state: &State,
    scope: Scope,
    token: Option<&ClientToken>,
    cluster: &Name,
    name: &Name,
    now: Timestamp,
) -> Result<Option<Shared<Service>>, Refusal> {
    let Some(token) = token else { return Ok(None) };
    let known = idempotency::known(state, token, now).map_err(|_| not_idempotent())?;
    Ok(known.and_then(|_| service::present(state, scope, cluster, name).ok().cloned()))
}

fn not_idempotent() -> Refusal {
    invalid("Creation of service was not idempotent.")
}

/// The service that is there, if it is the one that is wanted.
fn agreed(state: &State, known: Shared<Service>, wanted: &Wanted) -> Result<Service, Refusal> {
    let is_spec = match (&wanted.spec, known.primary()) {
        (Some(spec), Some(primary)) => spec.is(service::revision(state, known.region, primary.revision)?),
        (None, None) => true,
        (Some(_), None) | (None, Some(_)) => false,
    };
    let same = Service {
        desired_count: if known.scheduling == Scheduling::Daemon { known.desired_count } else { wanted.service.desired_count },
        deployments: known.deployments.clone(),
        created_at: known.created_at,
        created_by: known.created_by.clone(),
        updated_at: known.updated_at,
        next_event: known.next_event,
        notices: known.notices.clone(),
        version: known.version,
        client_token: known.client_token.clone(),
        ..wanted.service.clone()
    };
    if is_spec && same == *known { Ok(same) } else { Err(not_idempotent()) }
}

/// Writes the service with its first deployment.
fn put(tx: &mut Transaction, wanted: Wanted, now: Timestamp, ids: &mut dyn IdSource) -> Service {
    let Wanted { service, spec } = wanted;
    let made = match spec {
        Some(spec) => {
            let id = RevisionId::from_bytes(ids.next());
            let revision: ServiceRevision = spec.revision((&service.cluster, &service.name), id, now);
            let (made, records) = deploy(&service, None, &revision, true, now, ids);
            records.into_iter().for_each(|record| drop(tx.put(record)));
            tx.put(revision);
            made
        }
        None => service,
    };
    tx.put(made.clone());
    made
}

fn wanted(
    state: &State,
    scope: Scope,
    (cluster, name): (&Cluster, &Name),
    input: &api::CreateServiceRequest,
    call: &Call,
    now: Timestamp,
) -> Result<Wanted, Refusal> {
    let attached = Attached {
        load_balancers: input.load_balancers.as_deref(),
        registries: input.service_registries.as_deref(),
        connect: input.service_connect_configuration.as_ref(),
        volumes: input.volume_configurations.as_deref(),
        lattice: input.vpc_lattice_configurations.as_deref(),
    };
    attached.refuse()?;
    if input.role.as_ref().is_some_and(|role| !role.is_empty()) {
        return Err(invalid("A role can only be given with a load balancer. Remove the role and try again."));
    }
    let scheduling = scheduling::scheduling(input.scheduling_strategy.as_ref());
    let controller = scheduling::controller(input.deployment_controller.as_ref(), scheduling)?;
    let desired = scheduling::desired(input.desired_count, scheduling)?;
    let desired_count = match (desired, scheduling) {
        (Some(count), _) => count,
        (None, Scheduling::Daemon | Scheduling::Managed) => 0,
        (None, Scheduling::Replica) => return Err(invalid("desiredCount is required for the REPLICA scheduling strategy.")),
    };
    let places = Places { constraints: Vec::new(), strategies: Vec::new() };
    let places = places.changed(input.placement_constraints.as_deref(), input.placement_strategy.as_deref(), scheduling)?;
    let given = input.deployment_configuration.as_ref();
    let spec = match controller {
        DeploymentController::Ecs => Some(spec(state, scope, cluster, input)?),
        DeploymentController::CodeDeploy | DeploymentController::External => {
            refuse_what_task_sets_say(input)?;
            None
        }
    };
    let launch = spec.as_ref().map(|spec| spec.source.launch);
    if let (Some(spec), Some(launch)) = (&spec, launch) {
        check_daemon(scheduling, launch)?;
        places.check(&spec.definition.facts.constraints, launch)?;
    }
    let service = Service {
        region: scope.region,
        cluster: cluster.name.clone(),
        name: name.clone(),
        status: ServiceStatus::Active,
        scheduling,
        controller,
        desired_count,
        configuration: configuration::changed(configuration::default(scheduling), given, scheduling)?,
        deployments: Vec::new(),
        constraints: places.constraints,
        strategies: places.strategies,
        grace_seconds: scheduling::grace(input.health_check_grace_period_seconds)?,
        zone_rebalancing: None,
        role: None,
        tags: tags::checked(input.tags.as_deref())?,
        propagate_tags: input.propagate_tags.as_ref().map(scheduling::tag_source),
        managed_tags: input.enable_ecs_managed_tags.unwrap_or(false),
        enable_execute_command: input.enable_execute_command.unwrap_or(false),
        created_at: now,
        created_by: call.caller.arn.as_str().into(),
        updated_at: now,
        next_event: 0,
        notices: Vec::new(),
        version: 1,
        client_token: input.client_token.as_deref().map(Into::into),
        pull_ahead: input.berth_pull_ahead.unwrap_or(false),
    };
    let zones = scheduling::rebalancing(input.availability_zone_rebalancing.as_ref(), None, &service, launch)?;
    Ok(Wanted { service: Service { zone_rebalancing: zones, ..service }, spec })
}

fn spec(state: &State, scope: Scope, cluster: &Cluster, input: &api::CreateServiceRequest) -> Result<Spec, Refusal> {
    let Some(definition) = input.task_definition.as_deref().filter(|text| !text.is_empty()) else {
        return Err(invalid("taskDefinition is required for the ECS deployment controller."));
    };
    let given = input.capacity_provider_strategy.as_deref();
    let (launch, strategy) = launch::provider(state, scope, cluster, input.launch_type.as_ref(), given)?;
    let asked = Asked {
        definition: revision::to_start(state, scope, definition)?,
        launch,
        strategy,
        platform_version: input.platform_version.as_deref(),
        network: input.network_configuration.as_ref(),
    };
    Spec::checked(state, asked)
}

fn check_daemon(scheduling: Scheduling, launch: LaunchType) -> Result<(), Refusal> {
    if scheduling == Scheduling::Daemon && launch == LaunchType::Fargate {
        return Err(invalid("The daemon scheduling strategy does not support the FARGATE launch type."));
    }
    Ok(())
}

/// Where others deploy, the task sets say what tasks are made from.
fn refuse_what_task_sets_say(input: &api::CreateServiceRequest) -> Result<(), Refusal> {
    let given = [
        ("taskDefinition", input.task_definition.is_some()),
        ("launchType", input.launch_type.is_some()),
        ("capacityProviderStrategy", input.capacity_provider_strategy.as_ref().is_some_and(|given| !given.is_empty())),
        ("platformVersion", input.platform_version.is_some()),
        ("networkConfiguration", input.network_configuration.is_some()),
        ("deploymentConfiguration", input.deployment_configuration.is_some()),
    ];
    match given.iter().find(|(_, is_given)| *is_given) {
        Some((what, _)) => Err(invalid(format!(
            "{what} cannot be given for a service with the EXTERNAL deployment controller: its task sets say it."
        ))),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests;
