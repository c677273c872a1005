//! The beginning of a deployment.

use berth_model::{
    BreakerState, Deployment, DeploymentId, Monitor, Rollout, Scheduling, Service, ServiceDeployment, ServiceDeploymentId,
    ServiceDeploymentStatus, ServiceRevision, Timestamp,
};

use super::breaker_threshold;
use super::stages::{end_pauses, first};
use crate::IdSource;

/// The service with a deployment of this revision as its primary one, and the records that change: of the new deployment, and of the
/// one that was on its way and is not any more.
#[must_use]
pub fn deploy(
    service: &Service,
    in_flight: Option<&ServiceDeployment>,
    revision: &ServiceRevision,
    consistent: bool,
    now: Timestamp,
    ids: &mut dyn IdSource,
) -> (Service, Vec<ServiceDeployment>) {
    let mut next = service.clone();
    let id = DeploymentId::from_bytes(ids.next());
    let record = ServiceDeploymentId::from_bytes(ids.next());
    let superseded = in_flight.filter(|record| !record.status.is_final()).map(|record| ServiceDeployment {
        status: ServiceDeploymentStatus::Stopped,
        reason: Some(format!("{} deployment was superseded by a newer deployment.", noun(service)).into()),
        stopped_at: Some(now),
        finished_at: Some(now),
        updated_at: now,
        pauses: end_pauses(record.pauses.clone()),
        ..record.clone()
    });
    let deployment = Deployment {
        id,
        record,
        revision: revision.id,
        family: revision.family.clone(),
        definition: revision.definition,
        rollout: Rollout::InProgress,
        reason: format!("ECS deployment {id} in progress.").into(),
        created_at: now,
        updated_at: now,
        failed_tasks: 0,
        setbacks: 0,
        retry_at: None,
        rolls_back: None,
        digests: Vec::new(),
        consistent,
    };
    let begun = ServiceDeployment {
        region: service.region,
        cluster: service.cluster.clone(),
        service: service.name.clone(),
        id: record,
        deployment: id,
        status: ServiceDeploymentStatus::InProgress,
        reason: None,
        target: revision.id,
        sources: service.deployments.iter().map(|deployment| deployment.revision).collect(),
        configuration: service.configuration.clone(),
        requested: service.desired_count,
        created_at: now,
        started_at: Some(now),
        finished_at: None,
        stopped_at: None,
        updated_at: now,
        breaker: BreakerState {
            monitor: if service.configuration.circuit_breaker.enable { Monitor::Monitoring } else { Monitor::Disabled },
            failures: 0,
            threshold: breaker_threshold(service.desired_count),
        },
        rollback: None,
        stage: first(&service.configuration.hooks, service.deployments.len()),
        pauses: Vec::new(),
    };
    next.deployments.insert(0, deployment);
    next.updated_at = now;
    next.version += 1;
    (next, superseded.into_iter().chain([begun]).collect())
}

/// What a service is called where its deployments end.
pub(super) const fn noun(service: &Service) -> &'static str {
    match service.scheduling {
        Scheduling::Managed => "Daemon",
        Scheduling::Replica | Scheduling::Daemon => "Service",
    }
}

/// The service as it is once a caller changed anything of it: it does not wait any more before it starts tasks that failed to run.
#[must_use]
pub fn reset_restarts(service: &Service) -> Service {
    let mut next = service.clone();
    for deployment in &mut next.deployments {
        deployment.setbacks = 0;
        deployment.retry_at = None;
    }
    next
}
