//! The records of deployments, found and described.

pub(super) mod listing;

use berth_api::Refusal;
use berth_api::ecs as api;
use berth_api::ecs::errors;
use berth_api::{Call, Target};
use berth_model::{Name, ResourceArn, RevisionId, Service, ServiceDeployment, ServiceDeploymentId};
use berth_store::{ServiceDeploymentKey, ServiceKey, Shared, State};
use berth_wire::EnumShape as _;

use super::cluster::whole;
use super::scope::{Scope, shortened};
use super::service::describe::{number, time};
use super::service::{configuration, hooks};
use super::{EcsService, service};
use crate::document;

/// What the ARN of a deployment's record names: cluster, service, id.
pub(super) type Reference = (Name, Name, ServiceDeploymentId);

/// What an ARN names; only ARNs name deployments.
pub(super) fn reference(scope: Scope, text: &str) -> Result<Reference, Refusal> {
    let invalid = || {
        errors::invalid_parameter_exception(format!(
            "Invalid identifier: {} is not the ARN of a service deployment",
            shortened(text)
        ))
    };
    if !text.starts_with("arn:") {
        return Err(invalid());
    }
    match scope.resource(text)? {
        ResourceArn::ServiceDeployment { cluster, service, id } => Ok((cluster, service, id)),
        _ => Err(invalid()),
    }
}

/// The record of a deployment, if it is of the service that its ARN says.
pub(super) fn find<'a>(
    state: &'a State,
    scope: Scope,
    (cluster, service, id): &Reference,
) -> Option<&'a Shared<ServiceDeployment>> {
    let found = state.get::<ServiceDeployment>(&ServiceDeploymentKey { region: scope.region, id: *id })?;
    (found.cluster == *cluster && found.service == *service).then_some(found)
}

/// There is no such deployment.
pub(super) fn not_found() -> Refusal {
    errors::service_deployment_not_found_exception("The specified service deployment was not found.")
}

/// A deployment's record as policies see it.
pub(super) fn target(state: &State, scope: Scope, text: &str) -> Target {
    match reference(scope, text) {
        Ok((cluster, name, _)) => of_service(state, scope, text, &cluster, &name),
        Err(_) => Target::new(text),
    }
}

/// What belongs to a service, under its own ARN, as policies see it.
pub(super) fn of_service(state: &State, scope: Scope, arn: &str, cluster: &Name, name: &Name) -> Target {
    let of_service = service::target(state, scope, cluster, name).with("ecs:service", scope.service_arn(cluster, name));
    Target { arn: arn.to_owned(), ..of_service }
}

/// What a call touches that names one deployment.
pub(super) fn targets(ecs: &EcsService, call: &Call, text: &str) -> Vec<Target> {
    match Scope::of(call) {
        Ok(scope) => vec![target(&ecs.store.view(), scope, text)],
        Err(_) => Target::any(),
    }
}

/// The record as AWS describes it.
pub(super) fn describe(scope: Scope, record: &ServiceDeployment, state: &State) -> Result<api::ServiceDeployment, Refusal> {
    let key = ServiceKey { region: record.region, cluster: record.cluster.clone(), name: record.service.clone() };
    let service = state.get::<Service>(&key);
    let sources = record.sources.iter().map(|&id| summary(scope, record, service, id, state)).collect();
    let target = api::ServiceRevisionSummary {
        requested_task_count: number(requested(record, service)),
        ..summary(scope, record, service, record.target, state)
    };
    Ok(api::ServiceDeployment {
        service_deployment_arn: Some(scope.deployment_arn(&record.cluster, &record.service, record.id)),
        service_arn: Some(scope.service_arn(&record.cluster, &record.service)),
        cluster_arn: Some(scope.cluster_arn(&record.cluster)),
        created_at: time(record.created_at),
        started_at: record.started_at.and_then(time),
        finished_at: record.finished_at.and_then(time),
        stopped_at: record.stopped_at.and_then(time),
        updated_at: time(record.updated_at),
        source_service_revisions: Some(sources),
        target_service_revision: Some(target),
        status: Some(api::ServiceDeploymentStatus::from_text(record.status.as_str())),
        status_reason: record.reason.as_ref().map(ToString::to_string),
        lifecycle_stage: record.stage.map(|stage| api::ServiceDeploymentLifecycleStage::from_text(stage.as_str())),
        lifecycle_hook_details: hooks::details(&record.pauses),
        deployment_configuration: Some(configuration::describe(&record.configuration)?),
        rollback: record.rollback.as_ref().map(|rollback| api::Rollback {
            reason: Some(rollback.reason.to_string()),
            started_at: time(rollback.started_at),
            service_revision_arn: Some(scope.revision_arn(&record.cluster, &record.service, rollback.revision)),
        }),
        deployment_circuit_breaker: Some(api::ServiceDeploymentCircuitBreaker {
            status: Some(api::ServiceDeploymentRollbackMonitorsStatus::from_text(record.breaker.monitor.as_str())),
            failure_count: number(failures(record, service)),
            threshold: number(record.breaker.threshold),
        }),
        alarms: alarms(record)?,
    })
}

/// How many tasks a deployment is to bring up: what its service wants now, while it is on its way.
fn requested(record: &ServiceDeployment, service: Option<&Shared<Service>>) -> u32 {
    match service.filter(|_| !record.status.is_final()) {
        Some(service) => service.desired_count,
        None => record.requested,
    }
}

/// The failures that the breaker counts; while it watches, the deployment itself knows them.
fn failures(record: &ServiceDeployment, service: Option<&Shared<Service>>) -> u32 {
    let live = service.and_then(|service| service.deployments.iter().find(|one| one.id == record.deployment));
    live.filter(|_| !record.status.is_final()).map_or(record.breaker.failures, |live| live.failed_tasks)
}

/// A revision with its tasks, where a deployment of the service is about it.
fn summary(
    scope: Scope,
    record: &ServiceDeployment,
    service: Option<&Shared<Service>>,
    id: RevisionId,
    state: &State,
) -> api::ServiceRevisionSummary {
    let live = service.and_then(|service| service.deployments.iter().find(|one| one.revision == id));
    let counts = live.map(|live| state.counts().deployment(record.region, live.id)).unwrap_or_default();
    api::ServiceRevisionSummary {
        arn: Some(scope.revision_arn(&record.cluster, &record.service, id)),
        requested_task_count: Some(whole(counts.desired)),
        running_task_count: Some(whole(counts.running)),
        pending_task_count: Some(whole(counts.pending)),
        requested_test_traffic_weight: None,
        requested_production_traffic_weight: None,
    }
}

/// The alarms of the deployment. Nothing watches them.
fn alarms(record: &ServiceDeployment) -> Result<Option<api::ServiceDeploymentAlarms>, Refusal> {
    let Some(text) = &record.configuration.alarms else { return Ok(None) };
    let given: api::DeploymentAlarms =
        document::read(api::DeploymentAlarms::PLACE, text).map_err(|cause| Refusal::internal(&api::SERVICE, cause))?;
    Ok(Some(api::ServiceDeploymentAlarms {
        status: Some(api::ServiceDeploymentRollbackMonitorsStatus::Disabled),
        alarm_names: Some(given.alarm_names),
        triggered_alarm_names: Some(Vec::new()),
    }))
}
