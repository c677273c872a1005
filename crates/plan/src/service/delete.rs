//! The end of a service.

use berth_model::{Service, ServiceDeployment, ServiceDeploymentStatus, ServiceStatus, Timestamp};

use super::deploy::noun;
use super::stages::end_pauses;

/// The service as it is once a caller deleted it, and the record of the deployment that was on its way. Its tasks are for
/// [`reconcile`](super::reconcile) to stop.
#[must_use]
pub fn delete(service: &Service, in_flight: Option<&ServiceDeployment>, now: Timestamp) -> (Service, Option<ServiceDeployment>) {
    let next = Service {
        status: ServiceStatus::Draining,
        desired_count: 0,
        updated_at: now,
        version: service.version + 1,
        ..service.clone()
    };
    let stopped = in_flight.filter(|record| !record.status.is_final()).map(|record| ServiceDeployment {
        status: ServiceDeploymentStatus::Stopped,
        reason: Some(
            format!("{0} deployment was stopped because the {1} was deleted.", noun(service), noun(service).to_lowercase())
                .into(),
        ),
        stopped_at: Some(now),
        finished_at: Some(now),
        updated_at: now,
        pauses: end_pauses(record.pauses.clone()),
        ..record.clone()
    });
    (next, stopped)
}
