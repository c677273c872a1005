use super::*;

fn percentages(minimum: i32, maximum: i32) -> api::DeploymentConfiguration {
    api::DeploymentConfiguration { minimum_healthy_percent: Some(minimum), maximum_percent: Some(maximum), ..Default::default() }
}

fn refused(given: &api::DeploymentConfiguration, scheduling: Scheduling) -> String {
    changed(default(scheduling), Some(given), scheduling).unwrap_err().message().to_owned()
}

#[test]
fn percentages_keep_within_what_can_be_deployed() {
    for (minimum, maximum) in [(0, 100), (0, 200), (50, 100), (99, 100), (100, 101), (100, 200), (33, 1_000)] {
        let next = changed(default(Scheduling::Replica), Some(&percentages(minimum, maximum)), Scheduling::Replica).unwrap();
        assert_eq!(
            (i32::try_from(next.minimum_healthy_percent), i32::try_from(next.maximum_percent)),
            (Ok(minimum), Ok(maximum))
        );
    }
    for (minimum, maximum, text) in [
        (-1, 200, "minimumHealthyPercent"),
        (101, 200, "minimumHealthyPercent"),
        (0, 99, "maximumPercent"),
        (100, 100, "will block deployments"),
    ] {
        assert!(refused(&percentages(minimum, maximum), Scheduling::Replica).contains(text), "{minimum} {maximum}");
    }
    assert!(refused(&percentages(0, 101), Scheduling::Daemon).contains("daemon"));
    assert!(changed(default(Scheduling::Daemon), Some(&percentages(50, 100)), Scheduling::Daemon).is_ok());
}

#[test]
fn what_is_not_mentioned_stays() {
    let breaker = api::DeploymentConfiguration {
        deployment_circuit_breaker: Some(api::DeploymentCircuitBreaker { enable: true, rollback: true }),
        ..Default::default()
    };
    let first = changed(default(Scheduling::Replica), Some(&breaker), Scheduling::Replica).unwrap();
    let second = changed(first, Some(&percentages(50, 150)), Scheduling::Replica).unwrap();
    assert_eq!(second.circuit_breaker, CircuitBreaker { enable: true, rollback: true });
    assert_eq!((second.minimum_healthy_percent, second.maximum_percent), (50, 150));
}

#[test]
fn alarms_that_are_off_and_bake_time_are_kept_and_described() {
    let given = api::DeploymentConfiguration {
        alarms: Some(api::DeploymentAlarms { alarm_names: vec!["a".into()], enable: false, rollback: true }),
        bake_time_in_minutes: Some(5),
        ..Default::default()
    };
    let told = describe(&changed(default(Scheduling::Replica), Some(&given), Scheduling::Replica).unwrap()).unwrap();
    assert_eq!(told.alarms, given.alarms);
    assert_eq!((told.bake_time_in_minutes, told.strategy), (Some(5), Some(api::DeploymentStrategy::Rolling)));
}

#[test]
fn alarms_that_are_on_are_refused_until_there_are_any() {
    let alarms = |names: usize, enable| api::DeploymentConfiguration {
        alarms: Some(api::DeploymentAlarms { alarm_names: vec!["a".into(); names], enable, rollback: false }),
        ..Default::default()
    };
    let text = refused(&alarms(1, true), Scheduling::Replica);
    assert!(
        text.starts_with("deploymentConfiguration.alarms with enable=true is not supported until there are CloudWatch alarms")
    );
    assert!(refused(&alarms(11, false), Scheduling::Replica).contains("at most 10"));
}

#[test]
fn hooks_that_are_given_take_the_places_of_those_before() {
    let hooks = |hooks| api::DeploymentConfiguration { lifecycle_hooks: Some(hooks), ..Default::default() };
    let hook = api::DeploymentLifecycleHook {
        target_type: Some(api::DeploymentLifecycleHookTargetType::Pause),
        lifecycle_stages: Some(vec![api::DeploymentLifecycleHookStage::PreScaleUp]),
        ..Default::default()
    };
    let first = changed(default(Scheduling::Replica), Some(&hooks(vec![hook.clone()])), Scheduling::Replica).unwrap();
    let kept = changed(first, Some(&percentages(50, 150)), Scheduling::Replica).unwrap();
    assert_eq!(describe(&kept).unwrap().lifecycle_hooks, Some(vec![hook]));
    let none = changed(kept, Some(&hooks(Vec::new())), Scheduling::Replica).unwrap();
    assert_eq!(describe(&none).unwrap().lifecycle_hooks, None);
}

#[test]
fn what_shifts_traffic_is_refused_by_name() {
    let given = api::DeploymentConfiguration { strategy: Some(api::DeploymentStrategy::BlueGreen), ..Default::default() };
    assert_eq!(refused(&given, Scheduling::Replica), "deploymentConfiguration.strategy BLUE_GREEN is not supported yet.");
}
