//! The deployments and revisions of daemons, found and described.

use berth_api::Refusal;
use berth_api::ecs::{self as api, errors};
use berth_model::{
    Name, ResourceArn, RevisionId, Service, ServiceDeployment, ServiceDeploymentId, ServiceDeploymentStatus, ServiceRevision,
    Task,
};
use berth_plan::service::breaker_threshold;
use berth_store::{ServiceKey, ServiceRevisionKey, Shared, State, TaskIndex};
use berth_wire::EnumShape as _;

use super::{Reference, spec};
use crate::document;
use crate::ecs::scope::{Scope, shortened};
use crate::ecs::service::describe::{number, time};

/// The deployment that an ARN names: cluster, name that the daemon is kept under, id.
pub(in crate::ecs) fn reference(scope: Scope, text: &str) -> Result<(Reference, ServiceDeploymentId), Refusal> {
    match named(scope, text)? {
        ResourceArn::DaemonDeployment { cluster, daemon, id } => Ok(((cluster, berth_model::daemon::kept(&daemon)), id)),
        _ => Err(invalid(text, "deployment")),
    }
}

/// The revision that an ARN names, in the same way.
pub(in crate::ecs) fn revision_reference(scope: Scope, text: &str) -> Result<(Reference, RevisionId), Refusal> {
    match named(scope, text)? {
        ResourceArn::DaemonRevision { cluster, daemon, id } => Ok(((cluster, berth_model::daemon::kept(&daemon)), id)),
        _ => Err(invalid(text, "revision")),
    }
}

fn named(scope: Scope, text: &str) -> Result<ResourceArn, Refusal> {
    if text.starts_with("arn:") { scope.resource(text) } else { Err(invalid(text, "deployment or revision")) }
}

fn invalid(text: &str, what: &str) -> Refusal {
    let text = shortened(text);
    errors::invalid_parameter_exception(format!("Invalid identifier: {text} is not the ARN of a daemon {what}"))
}

/// A revision, if there is one.
pub(in crate::ecs) fn revision(state: &State, scope: Scope, id: RevisionId) -> Option<&Shared<ServiceRevision>> {
    state.get::<ServiceRevision>(&ServiceRevisionKey { region: scope.region, id })
}

/// The tasks of a revision on the instances of one of its capacity providers.
#[derive(Debug)]
pub(in crate::ecs) struct Share {
    pub(in crate::ecs) provider: Name,
    /// Tasks that run.
    pub(in crate::ecs) running: u32,
    /// Tasks that are being stopped.
    pub(in crate::ecs) leaving: u32,
}

/// The tasks of a revision by its capacity providers, as far as a deployment of the daemon is about it.
pub(in crate::ecs) fn shares(state: &State, daemon: Option<&Service>, revision: &ServiceRevision) -> Vec<Share> {
    let share = |provider: &Name| Share { provider: provider.clone(), running: 0, leaving: 0 };
    let mut shares: Vec<Share> = revision.source.strategy.iter().map(|item| share(&item.provider)).collect();
    let live = daemon.and_then(|daemon| daemon.deployments.iter().find(|one| one.revision == revision.id));
    let Some(id) = live.map(|live| live.id) else { return shares };
    let index = |run| TaskIndex::Group(revision.region, revision.cluster.clone(), revision.service.clone(), run);
    let tasks = state.with::<Task>(&index(true), ..).chain(state.with::<Task>(&index(false), ..));
    for task in tasks.filter(|task| task.deployment() == Some(id) && !task.is_stopped()) {
        let Some(share) = shares.iter_mut().find(|share| task.capacity_provider.as_ref() == Some(&share.provider)) else {
            continue;
        };
        share.running += u32::from(task.desired.is_running() && task.life.is_running());
        share.leaving += u32::from(!task.desired.is_running());
    }
    shares
}

/// The daemon that a record is of, if there is one that is not gone.
fn daemon_of<'a>(state: &'a State, record: &ServiceDeployment) -> Option<&'a Shared<Service>> {
    state.get(&ServiceKey { region: record.region, cluster: record.cluster.clone(), name: record.service.clone() })
}

/// The deployment as AWS describes it.
pub(in crate::ecs) fn describe(
    scope: Scope,
    record: &ServiceDeployment,
    state: &State,
) -> Result<api::DaemonDeployment, Refusal> {
    let daemon = daemon_of(state, record).map(|daemon| &**daemon);
    let detail = |&id: &RevisionId| detail(scope, record, daemon, id, state);
    // While it is watched, the deployment itself knows its failures, and the daemon how many tasks it is about.
    let live = daemon.filter(|_| !record.status.is_final());
    let failures = live.and_then(|daemon| Some(daemon.deployments.iter().find(|one| one.id == record.deployment)?.failed_tasks));
    let configuration = spec::describe(&record.configuration)?;
    let alarm_names = configuration.alarms.as_ref().and_then(|alarms| alarms.alarm_names.clone());
    Ok(api::DaemonDeployment {
        daemon_deployment_arn: Some(scope.daemon_deployment_arn(&record.cluster, &record.service, record.id)),
        cluster_arn: Some(scope.cluster_arn(&record.cluster)),
        status: Some(status(record.status)),
        status_reason: reason(record),
        target_daemon_revision: Some(detail(&record.target)),
        source_daemon_revisions: Some(record.sources.iter().map(detail).collect()),
        circuit_breaker: Some(api::DaemonCircuitBreaker {
            failure_count: number(failures.unwrap_or(record.breaker.failures)),
            status: Some(api::DaemonDeploymentRollbackMonitorsStatus::from_text(record.breaker.monitor.as_str())),
            threshold: number(live.map_or(record.breaker.threshold, |daemon| breaker_threshold(daemon.desired_count))),
        }),
        alarms: Some(api::DaemonDeploymentAlarms {
            status: Some(api::DaemonDeploymentRollbackMonitorsStatus::Disabled),
            alarm_names,
            triggered_alarm_names: Some(Vec::new()),
        }),
        rollback: record.rollback.as_ref().map(|rollback| api::DaemonRollback {
            reason: Some(rollback.reason.to_string()),
            started_at: time(rollback.started_at),
            rollback_target_daemon_revision_arn: Some(scope.daemon_revision_arn(
                &record.cluster,
                &record.service,
                rollback.revision,
            )),
            rollback_capacity_providers: revision(state, scope, rollback.revision)
                .map(|found| found.source.strategy.iter().map(|item| scope.provider_arn(&item.provider)).collect()),
        }),
        deployment_configuration: Some(configuration),
        created_at: time(record.created_at),
        started_at: record.started_at.and_then(time),
        stopped_at: record.stopped_at.and_then(time),
        finished_at: record.finished_at.and_then(time),
    })
}

/// A revision with the instances that have its task, and those that its task is leaving.
fn detail(
    scope: Scope,
    record: &ServiceDeployment,
    daemon: Option<&Service>,
    id: RevisionId,
    state: &State,
) -> api::DaemonDeploymentRevisionDetail {
    let shares = revision(state, scope, id).map(|revision| shares(state, daemon, revision)).unwrap_or_default();
    let of_provider = |share: &Share| api::DaemonDeploymentCapacityProvider {
        arn: Some(scope.provider_arn(&share.provider)),
        running_instance_count: number(share.running),
        draining_instance_count: number(share.leaving),
    };
    api::DaemonDeploymentRevisionDetail {
        arn: Some(scope.daemon_revision_arn(&record.cluster, &record.service, id)),
        total_running_instance_count: number(shares.iter().map(|share| share.running).sum()),
        total_draining_instance_count: number(shares.iter().map(|share| share.leaving).sum()),
        capacity_providers: Some(shares.iter().map(of_provider).collect()),
    }
}

/// The deployment as lists show it.
pub(in crate::ecs) fn summary(scope: Scope, record: &ServiceDeployment) -> api::DaemonDeploymentSummary {
    api::DaemonDeploymentSummary {
        daemon_deployment_arn: Some(scope.daemon_deployment_arn(&record.cluster, &record.service, record.id)),
        daemon_arn: Some(scope.daemon_arn(&record.cluster, &record.service)),
        cluster_arn: Some(scope.cluster_arn(&record.cluster)),
        status: Some(status(record.status)),
        status_reason: reason(record),
        target_daemon_revision_arn: Some(scope.daemon_revision_arn(&record.cluster, &record.service, record.target)),
        created_at: time(record.created_at),
        started_at: record.started_at.and_then(time),
        stopped_at: record.stopped_at.and_then(time),
        finished_at: record.finished_at.and_then(time),
    }
}

fn reason(record: &ServiceDeployment) -> Option<String> {
    let of_success =
        || (record.status == ServiceDeploymentStatus::Successful).then(|| "Deployment completed successfully.".into());
    record.reason.as_ref().map(ToString::to_string).or_else(of_success)
}

const fn status(status: ServiceDeploymentStatus) -> api::DaemonDeploymentStatus {
    match status {
        ServiceDeploymentStatus::Pending => api::DaemonDeploymentStatus::Pending,
        ServiceDeploymentStatus::InProgress => api::DaemonDeploymentStatus::InProgress,
        ServiceDeploymentStatus::Successful => api::DaemonDeploymentStatus::Successful,
        ServiceDeploymentStatus::StopRequested => api::DaemonDeploymentStatus::StopRequested,
        ServiceDeploymentStatus::Stopped => api::DaemonDeploymentStatus::Stopped,
        ServiceDeploymentStatus::RollbackRequested | ServiceDeploymentStatus::RollbackInProgress => {
            api::DaemonDeploymentStatus::RollbackInProgress
        }
        ServiceDeploymentStatus::RollbackSuccessful => api::DaemonDeploymentStatus::RollbackSuccessful,
        ServiceDeploymentStatus::RollbackFailed => api::DaemonDeploymentStatus::RollbackFailed,
    }
}

/// A revision as AWS describes it.
pub(in crate::ecs) fn describe_revision(
    scope: Scope,
    revision: &ServiceRevision,
    images: Vec<api::ContainerImage>,
) -> Result<api::DaemonRevision, Refusal> {
    let settings = revision.rest.as_ref().map(|rest| document::read(api::DaemonRevision::PLACE, rest)).transpose();
    let settings: Option<api::DaemonRevision> = settings.map_err(|cause| Refusal::internal(&api::SERVICE, cause))?;
    let image = |image: api::ContainerImage| api::DaemonContainerImage {
        container_name: image.container_name,
        image_digest: image.image_digest,
        image: image.image,
    };
    Ok(api::DaemonRevision {
        daemon_revision_arn: Some(scope.daemon_revision_arn(&revision.cluster, &revision.service, revision.id)),
        cluster_arn: Some(scope.cluster_arn(&revision.cluster)),
        daemon_arn: Some(scope.daemon_arn(&revision.cluster, &revision.service)),
        daemon_task_definition_arn: Some(scope.task_definition_arn(&revision.family, revision.definition)),
        created_at: time(revision.created_at),
        container_images: Some(images.into_iter().map(image).collect()),
        ..settings.unwrap_or_default()
    })
}
