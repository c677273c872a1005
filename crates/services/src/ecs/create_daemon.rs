//! `CreateDaemon`: the record of a daemon, and its first deployment. Its tasks are started by the loop of services.

use berth_api::ecs::{self as api, errors};
use berth_api::{Call, Refusal, Target};
use berth_model::{DeploymentController, Name, Scheduling, Service, ServiceStatus, Timestamp};
use berth_store::{Shared, State};

use super::daemon::spec::{Asked, Wanted};
use super::scope::Scope;
use super::service::configuration;
use super::service::describe::time;
use super::{EcsService, capacity, cluster, daemon, idempotency, service, tags};
use crate::ids::RandomIds;

pub(super) fn access(ecs: &EcsService, call: &Call, input: &api::CreateDaemonRequest) -> Vec<Target> {
    let target = || {
        let scope = Scope::of(call).ok()?;
        let cluster = scope.cluster(input.cluster_arn.as_deref()).ok()?;
        let named = (cluster, daemon::kept(&input.daemon_name).ok()?);
        let target = Target { tags: Vec::new(), ..daemon::target(&ecs.store.view(), scope, &named) };
        let target = capacity::with_providers(target, scope, &input.capacity_provider_arns);
        Some(vec![target.with_request_tags(tags::pairs(input.tags.as_deref()))])
    };
    target().unwrap_or_else(Target::any)
}

pub(super) async fn run(
    ecs: &EcsService,
    call: &Call,
    input: api::CreateDaemonRequest,
) -> Result<api::CreateDaemonResponse, Refusal> {
    let scope = Scope::of(call)?;
    let cluster = scope.cluster(input.cluster_arn.as_deref())?;
    let name = daemon::kept(&input.daemon_name)?;
    let now = Timestamp::from_millis(call.received_at.0);
    let place = (api::CreateDaemonRequest::PLACE, &input);
    let token = idempotency::token(scope, "CreateDaemon", &cluster, input.client_token.as_deref(), place)?;
    let own_tags = tags::checked(input.tags.as_deref())?;
    let asked = Asked {
        definition: &input.daemon_task_definition_arn,
        providers: &input.capacity_provider_arns,
        configuration: input.deployment_configuration.as_ref(),
        propagate_tags: input.propagate_tags.as_ref(),
        managed_tags: input.enable_ecs_managed_tags,
        execute_command: input.enable_execute_command,
    };
    let mut ids = RandomIds::new(&api::SERVICE)?;
    ecs.update(|tx| {
        let of_cluster = cluster::active(tx, scope, &cluster)?.clone();
        let known = there(tx, scope, &cluster, &name);
        if let Some(token) = &token {
            let made = idempotency::known(tx, token, now).map_err(|_| not_idempotent())?;
            if let Some(known) = known.as_ref().filter(|_| made.is_some()) {
                return Ok(answer(scope, known));
            }
        }
        if known.is_some() {
            return Err(not_idempotent());
        }
        let wanted = Wanted::checked(tx, scope, &of_cluster, asked)?;
        let blank = Service { tags: own_tags, ..blank(scope, cluster.clone(), name.clone(), call, now) };
        let made = wanted.begin(tx, &blank, now, &mut ids);
        if let Some(token) = token {
            tx.put(idempotency::answered(token, Vec::new(), now));
        }
        Ok(answer(scope, &made))
    })
    .await
}

fn not_idempotent() -> Refusal {
    errors::invalid_parameter_exception("Creation of daemon was not idempotent.")
}

/// The daemon of that name that is not gone.
fn there(state: &State, scope: Scope, cluster: &Name, name: &Name) -> Option<Shared<Service>> {
    let is_there = |known: &&Shared<Service>| !matches!(known.status, ServiceStatus::Inactive { .. });
    service::find(state, scope, cluster, name).filter(is_there).cloned()
}

/// A daemon that nothing was said of yet.
fn blank(scope: Scope, cluster: Name, name: Name, call: &Call, now: Timestamp) -> Service {
    Service {
        region: scope.region,
        cluster,
        name,
        status: ServiceStatus::Active,
        scheduling: Scheduling::Managed,
        controller: DeploymentController::Ecs,
        desired_count: 0,
        configuration: configuration::default(Scheduling::Managed),
        deployments: Vec::new(),
        constraints: Vec::new(),
        strategies: Vec::new(),
        grace_seconds: None,
        zone_rebalancing: None,
        role: None,
        tags: berth_model::Tags::default(),
        propagate_tags: None,
        managed_tags: false,
        enable_execute_command: false,
        created_at: now,
        created_by: call.caller.arn.as_str().into(),
        updated_at: now,
        next_event: 0,
        notices: Vec::new(),
        version: 1,
        client_token: None,
        pull_ahead: false,
    }
}

fn answer(scope: Scope, made: &Service) -> api::CreateDaemonResponse {
    api::CreateDaemonResponse {
        daemon_arn: Some(scope.daemon_arn(&made.cluster, &made.name)),
        status: Some(daemon::status(made)),
        created_at: time(made.created_at),
        deployment_arn: daemon::deployment_arn(scope, made),
    }
}
