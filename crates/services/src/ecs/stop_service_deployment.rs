//! `StopServiceDeployment`: a deployment that is on its way ends where it is, or is taken back. The service's loop does it.

use berth_api::ecs::{self as api, errors};
use berth_api::{Call, Refusal, Target};
use berth_model::{ServiceDeployment, ServiceDeploymentStatus, Timestamp};

use super::scope::Scope;
use super::{EcsService, service_deployment};

pub(super) fn access(ecs: &EcsService, call: &Call, input: &api::StopServiceDeploymentRequest) -> Vec<Target> {
    service_deployment::targets(ecs, call, &input.service_deployment_arn)
}

pub(super) async fn run(
    ecs: &EcsService,
    call: &Call,
    input: api::StopServiceDeploymentRequest,
) -> Result<api::StopServiceDeploymentResponse, Refusal> {
    let scope = Scope::of(call)?;
    let reference = service_deployment::reference(scope, &input.service_deployment_arn)?;
    let now = Timestamp::from_millis(call.received_at.0);
    let wanted = match input.stop_type {
        Some(api::StopServiceDeploymentStopType::Abort) => ServiceDeploymentStatus::StopRequested,
        Some(api::StopServiceDeploymentStopType::Rollback | api::StopServiceDeploymentStopType::Unlisted(_)) | None => {
            ServiceDeploymentStatus::RollbackRequested
        }
    };
    ecs.update(|tx| {
        let record = service_deployment::find(tx, scope, &reference).cloned().ok_or_else(service_deployment::not_found)?;
        if record.status == wanted {
            return Ok(());
        }
        if !matches!(record.status, ServiceDeploymentStatus::Pending | ServiceDeploymentStatus::InProgress) {
            let message = format!("The service deployment is {} and cannot be stopped.", record.status.as_str());
            let resource_ids = Some(vec![input.service_deployment_arn.clone()]);
            return Err(errors::conflict_exception_with(message, api::ConflictException { resource_ids }));
        }
        let updated_at = now.not_before(record.updated_at);
        tx.put(ServiceDeployment { status: wanted, updated_at, ..ServiceDeployment::clone(&record) });
        Ok(())
    })
    .await?;
    Ok(api::StopServiceDeploymentResponse { service_deployment_arn: Some(input.service_deployment_arn) })
}
