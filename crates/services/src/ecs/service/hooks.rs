//! Lifecycle hooks of a service, as callers say them and as records keep them; and what a deployment's pauses are.

use berth_api::Refusal;
use berth_api::ecs::{self as api, errors};
use berth_model::{HookAction, LifecycleStage, Pause, PauseHook};
use berth_wire::EnumShape as _;

use super::describe::{number, time};

/// Pause hooks of one service, at most.
const MOST: usize = 10;
/// Minutes that a deployment may pause: fourteen days.
const LONGEST: u32 = 14 * 24 * 60;

/// The hooks that a caller gives.
pub(in crate::ecs) fn checked(given: &[api::DeploymentLifecycleHook]) -> Result<Vec<PauseHook>, Refusal> {
    let hooks: Vec<PauseHook> = given.iter().map(hook).collect::<Result<_, _>>()?;
    if hooks.len() > MOST {
        return Err(invalid(format!("lifecycleHooks can have at most {MOST} PAUSE hooks.")));
    }
    Ok(hooks)
}

fn invalid(message: impl Into<String>) -> Refusal {
    errors::invalid_parameter_exception(message)
}

fn hook(given: &api::DeploymentLifecycleHook) -> Result<PauseHook, Refusal> {
    if given.target_type != Some(api::DeploymentLifecycleHookTargetType::Pause) {
        return Err(errors::unsupported_feature_exception(
            "deploymentConfiguration.lifecycleHooks with targetType AWS_LAMBDA, the default, is not supported: there are no functions \
             here. Give targetType PAUSE, and let whatever decides call ContinueServiceDeployment.",
        ));
    }
    if given.hook_target_arn.is_some() || given.role_arn.is_some() || given.hook_details.is_some() {
        return Err(invalid("hookTargetArn, roleArn and hookDetails cannot be given for a PAUSE hook."));
    }
    let mut stages = Vec::new();
    for given in given.lifecycle_stages.iter().flatten() {
        let stage = stage(given)?;
        if !stages.contains(&stage) {
            stages.push(stage);
        }
    }
    if stages.is_empty() {
        return Err(invalid("lifecycleStages must have at least one item."));
    }
    let timeout = given.timeout_configuration.as_ref();
    let timeout_minutes = timeout.and_then(|timeout| timeout.timeout_in_minutes).map(minutes).transpose()?;
    let timeout_action = timeout.and_then(|timeout| timeout.action.as_ref()).map(action);
    Ok(PauseHook { stages, timeout_minutes, timeout_action })
}

/// A stage that a rolling deployment has.
fn stage(given: &api::DeploymentLifecycleHookStage) -> Result<LifecycleStage, Refusal> {
    use api::DeploymentLifecycleHookStage as Given;
    let text = given.as_str();
    let known = LifecycleStage::HOOKED.into_iter().find(|stage| stage.as_str() == text);
    known.ok_or_else(|| match given {
        Given::TestTrafficShift | Given::ProductionTrafficShift => {
            invalid(format!("PAUSE hooks cannot be configured at the {text} stage."))
        }
        _ => {
            let known = LifecycleStage::HOOKED.map(LifecycleStage::as_str).join(", ");
            errors::unsupported_feature_exception(format!(
                "A lifecycle hook at {text} is not supported: rolling deployments have the stages {known} for it."
            ))
        }
    })
}

fn minutes(given: i32) -> Result<u32, Refusal> {
    let number = u32::try_from(given).ok().filter(|minutes| (1..=LONGEST).contains(minutes));
    number.ok_or_else(|| invalid(format!("timeoutInMinutes must be between 1 and {LONGEST}.")))
}

/// How a deployment goes on; what is not listed never gets here.
pub(in crate::ecs) fn action(given: &api::DeploymentLifecycleHookAction) -> HookAction {
    match given {
        api::DeploymentLifecycleHookAction::Rollback => HookAction::Rollback,
        api::DeploymentLifecycleHookAction::Continue | api::DeploymentLifecycleHookAction::Unlisted(_) => HookAction::Continue,
    }
}

/// The hooks as AWS describes them.
pub(in crate::ecs) fn described(hooks: &[PauseHook]) -> Option<Vec<api::DeploymentLifecycleHook>> {
    let action = |action: HookAction| api::DeploymentLifecycleHookAction::from_text(action.as_str());
    let one = |hook: &PauseHook| api::DeploymentLifecycleHook {
        target_type: Some(api::DeploymentLifecycleHookTargetType::Pause),
        lifecycle_stages: Some(
            hook.stages.iter().map(|stage| api::DeploymentLifecycleHookStage::from_text(stage.as_str())).collect(),
        ),
        timeout_configuration: (hook.timeout_minutes.is_some() || hook.timeout_action.is_some()).then(|| {
            api::DeploymentLifecycleHookTimeoutConfiguration {
                timeout_in_minutes: hook.timeout_minutes.and_then(number),
                action: hook.timeout_action.map(action),
            }
        }),
        ..Default::default()
    };
    (!hooks.is_empty()).then(|| hooks.iter().map(one).collect())
}

/// The pauses of a deployment as AWS describes them.
pub(in crate::ecs) fn details(pauses: &[Pause]) -> Option<Vec<api::DeploymentLifecycleHookDetail>> {
    let one = |pause: &Pause| api::DeploymentLifecycleHookDetail {
        hook_id: Some(pause.hook_id()),
        target_type: Some(api::DeploymentLifecycleHookTargetType::Pause),
        target_arn: None,
        status: Some(api::DeploymentLifecycleHookStatus::from_text(pause.status.as_str())),
        expires_at: time(pause.expires_at),
        timeout_action: Some(api::DeploymentLifecycleHookAction::from_text(pause.timeout_action.as_str())),
    };
    (!pauses.is_empty()).then(|| pauses.iter().map(one).collect())
}

#[cfg(test)]
mod tests;
