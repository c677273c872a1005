use super::*;
use api::{DeploymentLifecycleHook as Hook, DeploymentLifecycleHookStage as Stage};

fn pause(stages: &[Stage]) -> Hook {
    Hook {
        target_type: Some(api::DeploymentLifecycleHookTargetType::Pause),
        lifecycle_stages: Some(stages.to_vec()),
        ..Default::default()
    }
}

fn limited(minutes: Option<i32>, action: Option<api::DeploymentLifecycleHookAction>) -> Hook {
    let timeout = api::DeploymentLifecycleHookTimeoutConfiguration { timeout_in_minutes: minutes, action };
    Hook { timeout_configuration: Some(timeout), ..pause(&[Stage::PreScaleUp]) }
}

#[test]
fn hooks_are_described_as_they_were_given() {
    let given = vec![
        pause(&[Stage::ReconcileService, Stage::PostScaleUp]),
        limited(Some(20_160), Some(api::DeploymentLifecycleHookAction::Continue)),
        limited(Some(1), None),
    ];
    assert_eq!(described(&checked(&given).unwrap()), Some(given));
    assert_eq!(described(&checked(&[]).unwrap()), None);
    let twice = checked(&[pause(&[Stage::PreScaleUp, Stage::PreScaleUp])]).unwrap();
    assert_eq!(twice[0].stages, [LifecycleStage::PreScaleUp]);
}

#[test]
fn where_nobody_says_it_a_pause_ends_after_a_day_with_a_rollback() {
    let hooks =
        checked(&[pause(&[Stage::PreScaleUp]), limited(Some(2), Some(api::DeploymentLifecycleHookAction::Continue))]).unwrap();
    let ends: Vec<_> = hooks.iter().map(|hook| (hook.timeout().as_secs(), hook.on_timeout())).collect();
    assert_eq!(ends, [(86_400, HookAction::Rollback), (120, HookAction::Continue)]);
}

#[test]
fn what_never_acts_is_refused_by_name() {
    let function = Hook { target_type: None, hook_target_arn: Some("arn:aws:lambda:f".into()), ..pause(&[Stage::PreScaleUp]) };
    let role = Hook { role_arn: Some("arn:aws:iam::1:role/r".into()), ..pause(&[Stage::PreScaleUp]) };
    for (hook, text) in [
        (function, "targetType AWS_LAMBDA, the default, is not supported"),
        (role, "hookTargetArn, roleArn and hookDetails cannot be given for a PAUSE hook."),
        (pause(&[]), "lifecycleStages must have at least one item."),
        (pause(&[Stage::TestTrafficShift]), "PAUSE hooks cannot be configured at the TEST_TRAFFIC_SHIFT stage."),
        (pause(&[Stage::ProductionTrafficShift]), "PAUSE hooks cannot be configured at the PRODUCTION_TRAFFIC_SHIFT stage."),
        (pause(&[Stage::PostTestTrafficShift]), "have the stages RECONCILE_SERVICE, PRE_SCALE_UP, POST_SCALE_UP for it."),
        (limited(Some(0), None), "timeoutInMinutes must be between 1 and 20160."),
        (limited(Some(20_161), None), "timeoutInMinutes must be between 1 and 20160."),
    ] {
        let refusal = checked(&[hook]).unwrap_err();
        assert!(refusal.message().contains(text), "{}", refusal.message());
    }
    assert!(checked(&vec![pause(&[Stage::PreScaleUp]); 10]).is_ok());
    assert!(checked(&vec![pause(&[Stage::PreScaleUp]); 11]).unwrap_err().message().contains("at most 10"));
}
