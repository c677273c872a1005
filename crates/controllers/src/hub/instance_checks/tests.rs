use super::*;

const REPEAT: Duration = Duration::from_secs(300);

fn at(second: i64) -> Timestamp {
    Timestamp::from_millis(1_700_000_000_000 + second * 1000)
}

fn said(kind: &str, status: CheckStatus, second: u32) -> InstanceStatus {
    let updated = Some(1_700_000_000.0 + f64::from(second));
    InstanceStatus {
        r#type: Some(kind.to_owned()),
        status: Some(status),
        last_updated: updated,
        last_status_change: updated,
        ..InstanceStatus::default()
    }
}

fn check(status: &str, updated: i64, changed: i64) -> HealthCheck {
    HealthCheck { kind: "CONTAINER_RUNTIME".into(), status: status.into(), last_updated: at(updated), last_change: at(changed) }
}

#[test]
fn first_result_of_a_check_is_kept_under_the_name_clients_know() {
    let checks = after(&[], &[said("ContainerRuntime", CheckStatus::Ok, 1)], at(9), REPEAT);
    assert_eq!(checks, Some(vec![check("OK", 1, 1)]));
}

#[test]
fn other_result_is_a_change_and_the_same_one_is_none_for_a_while() {
    let known = [check("OK", 1, 1)];
    assert_eq!(after(&known, &[said("ContainerRuntime", CheckStatus::Ok, 300)], at(400), REPEAT), None);
    let repeated = after(&known, &[said("ContainerRuntime", CheckStatus::Ok, 301)], at(400), REPEAT);
    assert_eq!(repeated, Some(vec![check("OK", 301, 1)]));
    let other = after(&known, &[said("ContainerRuntime", CheckStatus::Impaired, 5)], at(400), REPEAT);
    assert_eq!(other, Some(vec![check("IMPAIRED", 5, 5)]));
}

#[test]
fn moments_never_go_back_and_nothing_happens_after_now() {
    let known = [check("OK", 10, 10)];
    let early = after(&known, &[said("ContainerRuntime", CheckStatus::Impaired, 2)], at(20), REPEAT);
    assert_eq!(early, Some(vec![check("IMPAIRED", 10, 10)]));
    let late = after(&known, &[said("ContainerRuntime", CheckStatus::Impaired, 90)], at(20), REPEAT);
    assert_eq!(late, Some(vec![check("IMPAIRED", 20, 20)]));
    let nonsense = InstanceStatus { last_updated: Some(-1e300), ..said("ContainerRuntime", CheckStatus::Impaired, 0) };
    assert_eq!(after(&known, &[nonsense], at(20), REPEAT), Some(vec![check("IMPAIRED", 20, 10)]));
}

#[test]
fn what_is_no_check_is_left_out_and_there_are_never_many() {
    let nonsense = [
        said("", CheckStatus::Ok, 1),
        said("Container Runtime", CheckStatus::Ok, 1),
        said(&"x".repeat(65), CheckStatus::Ok, 1),
        said("ContainerRuntime", CheckStatus::Unlisted("FINE".to_owned()), 1),
        InstanceStatus::default(),
    ];
    assert_eq!(after(&[], &nonsense, at(9), REPEAT), None);
    let mut checks = Vec::new();
    for round in 0..5 {
        let many: Vec<InstanceStatus> = (0..16).map(|n| said(&format!("Check{round}x{n}"), CheckStatus::Ok, 1)).collect();
        checks = after(&checks, &many, at(9), REPEAT).unwrap_or(checks);
    }
    assert_eq!(checks.len(), MOST_CHECKS);
}
