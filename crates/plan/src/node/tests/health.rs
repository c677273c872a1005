use super::*;

/// Every 10 s, 2 in a row, the first 30 s do not count.
fn checked(name: &str) -> NodeContainer {
    NodeContainer { checks: Some(Checks::new(SECOND * 10, SECOND * 5, 2, SECOND * 30)), ..container(name, &[]) }
}

impl Driven {
    /// A check is due, and ends in this way.
    fn check(&mut self, at: usize, passed: bool, now: u64) -> Health {
        self.orders.clear();
        self.step(now);
        assert_eq!(self.ordered(), [format!("Check {}", self.task.containers[at].name)], "at {now}");
        self.told(at, Event::Checked { passed, at: wall(i64::try_from(now).unwrap()) }, now);
        self.task.containers[at].health
    }
}

#[test]
fn checks_come_an_interval_after_the_start_and_after_each_other() {
    let mut task = Driven::new(vec![checked("app")]);
    task.starts(0, 1);
    assert_eq!((task.wake_at, task.ordered().len()), (Some(up(11)), 3));
    task.step(10);
    assert!(task.ordered().is_empty());
    task.step(11);
    assert_eq!(task.ordered(), ["Check app"]);
    assert_eq!(task.wake_at, None, "nothing is due while one runs");
    task.step(90);
    assert!(task.ordered().is_empty(), "one at a time");
    task.told(0, Event::Checked { passed: true, at: wall(5) }, 91);
    assert_eq!(task.wake_at, Some(up(101)));
}

#[test]
fn so_many_failures_in_a_row_are_unhealthy_and_one_success_is_healthy() {
    let mut task = Driven::new(vec![checked("app")]);
    task.starts(0, 0);
    assert_eq!(task.check(0, true, 10), Health::Healthy);
    assert_eq!(task.task.containers[0].health_since, Some(wall(10)));
    // The start period is over with the first success.
    assert_eq!(task.check(0, false, 20), Health::Healthy);
    assert_eq!(task.check(0, true, 30), Health::Healthy);
    assert_eq!(task.check(0, false, 40), Health::Healthy);
    assert_eq!(task.task.containers[0].health_since, Some(wall(10)));
    assert_eq!(task.check(0, false, 50), Health::Unhealthy);
    assert_eq!(task.check(0, false, 60), Health::Unhealthy);
    assert_eq!(task.task.containers[0].health_since, Some(wall(50)));
    assert_eq!(task.check(0, true, 70), Health::Healthy);
    assert_eq!(task.task.desired, Desired::Running, "nothing ends for being unhealthy");
}

#[test]
fn failures_within_the_start_period_do_not_count() {
    let mut task = Driven::new(vec![checked("app")]);
    task.starts(0, 0);
    for now in [10, 20, 29] {
        assert_eq!(task.check(0, false, now.max(10)), Health::Unknown);
        task.task.containers[0].checks.as_mut().unwrap().turn = Turn::Due(up(now + 1));
    }
    assert_eq!(task.check(0, false, 30), Health::Unknown, "the first that counts");
    assert_eq!(task.check(0, false, 40), Health::Unhealthy);
}

#[test]
fn health_lets_dependents_go_on() {
    let mut task = Driven::new(vec![checked("db"), container("app", &[(0, Condition::Healthy)])]);
    task.told(1, Event::Pulled, 0);
    task.starts(0, 0);
    task.ordered();
    task.step(10);
    task.told(0, Event::Checked { passed: false, at: wall(1) }, 10);
    assert_eq!(task.ordered(), ["Check db"]);
    task.step(20);
    task.told(0, Event::Checked { passed: true, at: wall(1) }, 20);
    assert_eq!(task.ordered(), ["Check db", "Create app"]);
}

#[test]
fn a_check_that_an_earlier_agent_began_is_made_again() {
    let mut task = Driven::new(vec![checked("app")]);
    task.starts(0, 0);
    task.step(10);
    task.ordered();
    task.task.resume(up(12));
    assert_eq!(task.check(0, true, 12), Health::Healthy);
}

#[test]
fn a_container_that_is_to_end_is_not_checked_any_more() {
    let mut task = Driven::new(vec![checked("app")]);
    task.starts(0, 0);
    task.task.desired = Desired::Stopped;
    task.ordered();
    task.step(20);
    assert_eq!(task.ordered(), ["Stop app"]);
    assert_eq!(task.wake_at, Some(up(50)), "its stop timeout");
}

proptest! {
    /// Whatever happens, a container is unhealthy only after so many failures in a row, and healthy only after a success.
    #[test]
    fn health_is_what_the_last_checks_said(passes in prop::collection::vec(any::<bool>(), 1..30)) {
        let mut task = Driven::new(vec![checked("app")]);
        task.starts(0, 0);
        let mut now = 0;
        let mut counted = 0;
        for (at, passed) in passes.iter().copied().enumerate() {
            now += 10;
            let health = task.check(0, passed, now);
            let was_started = passes[..at].contains(&true);
            counted = if passed { 0 } else if was_started || now >= 30 { counted + 1 } else { counted };
            let before = passes[..=at].contains(&true);
            let expected = match counted {
                0 if before => Health::Healthy,
                0 => Health::Unknown,
                1 if before => task.task.containers[0].health,
                1 => Health::Unknown,
                _ => Health::Unhealthy,
            };
            prop_assert_eq!(health, expected);
            prop_assert!(counted != 1 || health != Health::Unhealthy);
        }
    }
}
