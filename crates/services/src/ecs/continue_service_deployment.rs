//! `ContinueServiceDeployment`: a deployment that pauses at a lifecycle hook goes on, or is taken back. The service's loop does it.

use berth_api::ecs::{self as api, errors};
use berth_api::{Call, Refusal, Target};
use berth_model::{HookAction, ServiceDeployment, Timestamp};
use berth_plan::service::{AnswerError, answer};

use super::scope::{Scope, shortened};
use super::service::hooks;
use super::{EcsService, service_deployment};

pub(super) fn access(ecs: &EcsService, call: &Call, input: &api::ContinueServiceDeploymentRequest) -> Vec<Target> {
    service_deployment::targets(ecs, call, &input.service_deployment_arn)
}

pub(super) async fn run(
    ecs: &EcsService,
    call: &Call,
    input: api::ContinueServiceDeploymentRequest,
) -> Result<api::ContinueServiceDeploymentResponse, Refusal> {
    let scope = Scope::of(call)?;
    let reference = service_deployment::reference(scope, &input.service_deployment_arn)?;
    let now = Timestamp::from_millis(call.received_at.0);
    let action = input.action.as_ref().map_or(HookAction::Continue, hooks::action);
    ecs.update(|tx| {
        let record = service_deployment::find(tx, scope, &reference).cloned().ok_or_else(service_deployment::not_found)?;
        let next = answer(&record, &input.hook_id, action, now.not_before(record.updated_at));
        let next = next.map_err(|error| refused(&error, &input.hook_id))?;
        if next != *record {
            tx.put::<ServiceDeployment>(next);
        }
        Ok(())
    })
    .await?;
    Ok(api::ContinueServiceDeploymentResponse { service_deployment_arn: Some(input.service_deployment_arn) })
}

fn refused(error: &AnswerError, hook_id: &str) -> Refusal {
    let hook = shortened(hook_id);
    errors::invalid_parameter_exception(match error {
        AnswerError::Unknown => {
            format!(
                "The service deployment has no lifecycle hook {hook}. DescribeServiceDeployments lists them as lifecycleHookDetails."
            )
        }
        AnswerError::Over(status) => format!("The lifecycle hook {hook} is {} and awaits no action.", status.as_str()),
        AnswerError::NotInProgress(status) => {
            format!("The service deployment is {} and cannot be continued.", status.as_str())
        }
    })
}
