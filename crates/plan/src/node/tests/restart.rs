use super::*;

/// After a minute, but not after 3.
fn restarted(name: &str) -> NodeContainer {
    NodeContainer { restart: Some(RestartPolicy { ignored: vec![3], period: SECOND * 60 }), ..container(name, &[]) }
}

/// A task whose container began at 100 s and ended with this code at this second.
fn ended(code: Option<i32>, at: i64) -> Driven {
    let mut task = Driven::new(vec![restarted("app")]);
    task.told(0, Event::Pulled, 0);
    task.told(0, Event::Created, 0);
    task.told(0, Event::Started { at: wall(100) }, 0);
    task.ordered();
    task.told(0, Event::Ended { code, reason: None, at: wall(at) }, 1);
    task
}

#[test]
fn a_container_that_ran_long_enough_is_started_again_and_the_task_goes_on() {
    for code in [0, 1, 137] {
        let mut task = ended(Some(code), 160);
        assert_eq!(task.ordered(), ["Restart app"], "{code}");
        assert_eq!((status(&task.task), task.task.desired), (Status::Running, Desired::Running));
        task.step(2);
        assert!(task.ordered().is_empty(), "it is ordered once");
        task.told(0, Event::Started { at: wall(161) }, 3);
        assert_eq!(task.task.containers[0].restarts, 1);
        task.told(0, Event::Ended { code: Some(code), reason: None, at: wall(220) }, 4);
        assert_eq!(task.outcome(0).code, Some(code), "59 s are not enough");
        assert_eq!(task.outcome(0).started_at, Some(wall(161)));
    }
}

#[test]
fn what_ended_too_soon_or_with_an_ignored_code_or_nobody_knows_how_stays_over() {
    for (code, at) in [(Some(1), 159), (Some(3), 1_000), (None, 1_000)] {
        let mut task = ended(code, at);
        assert!(task.ordered().is_empty(), "{code:?} at {at}");
        assert_eq!(task.outcome(0).code, code);
    }
}

#[test]
fn a_container_that_is_asked_to_end_is_not_started_again() {
    let mut task = Driven::new(vec![restarted("app")]);
    task.starts(0, 0);
    task.task.desired = Desired::Stopped;
    task.step(1);
    task.ordered();
    task.told(0, Event::Ended { code: Some(143), reason: None, at: wall(1_000) }, 2);
    assert!(task.ordered().is_empty());
    assert_eq!(status(&task.task), Status::Stopped);
}

#[test]
fn a_task_that_is_to_end_in_the_middle_of_a_restart_ends_once_that_is_done() {
    let mut task = ended(Some(1), 160);
    task.ordered();
    task.task.desired = Desired::Stopped;
    task.step(2);
    assert_eq!(status(&task.task), Status::Running);
    task.told(0, Event::Started { at: wall(161) }, 3);
    assert_eq!(task.ordered(), ["Stop app"]);
}

#[test]
fn a_restart_that_fails_is_the_containers_end_and_keeps_its_code() {
    let mut task = ended(Some(1), 160);
    task.told(0, Event::Failed { code: None, reason: "no room".to_owned(), at: wall(161) }, 2);
    let end = task.outcome(0);
    assert_eq!((end.code, end.reason.as_deref(), end.started_at), (Some(1), Some("no room"), Some(wall(100))));
}

#[test]
fn an_agent_that_was_started_again_restarts_what_it_had_not() {
    let mut task = ended(Some(1), 160);
    task.ordered();
    let end = Outcome { code: Some(1), reason: None, started_at: Some(wall(100)), ended_at: wall(160) };
    task.task.containers[0].phase = Phase::Exited(end);
    // What the runtime still has is the end that is known.
    task.told(0, Event::Ended { code: Some(1), reason: None, at: wall(160) }, 9);
    assert_eq!(task.ordered(), ["Restart app"]);
    task.told(0, Event::Started { at: wall(170) }, 10);
    assert_eq!(task.task.containers[0].restarts, 1);
}

#[test]
fn health_begins_anew_and_dependents_stay() {
    let checks = Some(Checks::new(SECOND * 10, SECOND, 1, Duration::ZERO));
    let mut task = Driven::new(vec![NodeContainer { checks, ..restarted("db") }, container("app", &[(0, Condition::Healthy)])]);
    task.told(1, Event::Pulled, 0);
    task.starts(0, 0);
    task.step(10);
    task.told(0, Event::Checked { passed: true, at: wall(8) }, 10);
    task.told(1, Event::Created, 11);
    task.told(1, Event::Started { at: wall(9) }, 11);
    task.step(20);
    task.ordered();
    task.told(0, Event::Ended { code: Some(0), reason: None, at: wall(70) }, 21);
    task.told(0, Event::Started { at: wall(71) }, 22);
    // It was begun in the life before.
    task.told(0, Event::Checked { passed: true, at: wall(72) }, 23);
    assert_eq!(task.task.containers[0].health, Health::Unknown);
    assert_eq!((task.ordered(), task.wake_at), (vec!["Restart db".to_owned()], Some(up(32))));
    assert_eq!(status(&task.task), Status::Running);
}
