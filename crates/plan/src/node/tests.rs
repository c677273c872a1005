use std::time::Duration;

use berth_model::{Condition, Health, Timestamp};
use proptest::prelude::*;

use super::*;

mod health;
mod restart;

const STOP_TIMEOUT: Duration = Duration::from_secs(30);
const SECOND: Duration = Duration::from_secs(1);

fn up(seconds: u64) -> Uptime {
    Uptime(Duration::from_secs(seconds))
}

fn wall(seconds: i64) -> Timestamp {
    Timestamp::from_millis(seconds * 1_000)
}

fn container(name: &str, waits: &[(usize, Condition)]) -> NodeContainer {
    let waits = waits.iter().map(|&(on, until)| Wait { on, until }).collect();
    NodeContainer { waits, ..NodeContainer::new(name, STOP_TIMEOUT) }
}

fn optional(name: &str, waits: &[(usize, Condition)]) -> NodeContainer {
    NodeContainer { essential: false, ..container(name, waits) }
}

/// A task as its agent drives it, and all that was ordered.
struct Driven {
    task: NodeTask,
    orders: Vec<String>,
    wake_at: Option<Uptime>,
}

impl Driven {
    fn new(containers: Vec<NodeContainer>) -> Self {
        let task = NodeTask::new(containers, Desired::Running).expect("a task");
        let mut driven = Self { task, orders: Vec::new(), wake_at: None };
        driven.step(0);
        driven
    }

    fn step(&mut self, now: u64) {
        let step = step(&self.task, up(now), wall(100));
        let word = |(at, action): &(usize, Action)| format!("{action:?} {}", self.task.containers[*at].name);
        self.orders.extend(step.actions.iter().map(word));
        (self.task, self.wake_at) = (step.next, step.wake_at);
    }

    fn told(&mut self, at: usize, event: Event, now: u64) {
        observe(&mut self.task, at, event, up(now));
        self.step(now);
    }

    fn starts(&mut self, at: usize, now: u64) {
        self.told(at, Event::Pulled, now);
        self.told(at, Event::Created, now);
        self.told(at, Event::Started { at: wall(5) }, now);
    }

    fn ends(&mut self, at: usize, code: i32, now: u64) {
        self.told(at, Event::Ended { code: Some(code), reason: None, at: wall(6) }, now);
    }

    fn ordered(&mut self) -> Vec<String> {
        std::mem::take(&mut self.orders)
    }

    fn outcome(&self, at: usize) -> &Outcome {
        match &self.task.containers[at].phase {
            Phase::Stopped(outcome) => outcome,
            phase => panic!("{phase:?}"),
        }
    }
}

#[test]
fn a_container_is_pulled_made_started_and_ends_its_task() {
    let mut task = Driven::new(vec![container("app", &[])]);
    task.starts(0, 1);
    assert_eq!(task.ordered(), ["Pull app", "Create app", "Start app"]);
    assert_eq!(status(&task.task), Status::Running);
    task.ends(0, 3, 2);
    assert_eq!((task.task.desired, status(&task.task)), (Desired::Stopped, Status::Stopped));
    assert_eq!(task.outcome(0).code, Some(3));
    assert!(task.ordered().is_empty());
}

#[test]
fn dependents_wait_for_what_their_condition_says() {
    for (until, after_start, after_end) in [
        (Condition::Start, true, true),
        (Condition::Complete, false, true),
        (Condition::Success, false, true),
        (Condition::Healthy, false, false),
    ] {
        let mut task = Driven::new(vec![optional("init", &[]), container("app", &[(0, until)])]);
        task.told(1, Event::Pulled, 0);
        task.starts(0, 1);
        let creates = |orders: Vec<String>| orders.contains(&"Create app".to_owned());
        let was_created = creates(task.ordered());
        assert_eq!(was_created, after_start, "{until:?}");
        task.ends(0, 0, 2);
        assert_eq!(was_created || creates(task.ordered()), after_end, "{until:?}");
    }
}

#[test]
fn a_dependency_that_failed_fails_its_dependents_and_names_itself() {
    let mut task = Driven::new(vec![optional("init", &[]), container("app", &[(0, Condition::Success)])]);
    task.starts(0, 1);
    task.ends(0, 7, 2);
    let end = task.outcome(1);
    assert_eq!(end.code, Some(143));
    let reason = end.reason.as_deref().unwrap_or_default();
    assert_eq!(reason, "CannotStartContainerError: dependency on container init can never be met: it exited with code 7, not 0");
    assert_eq!(status(&task.task), Status::Stopped);
    assert!(task.orders.contains(&"Abandon app".to_owned()));
}

#[test]
fn a_dependency_that_never_started_fails_its_dependents() {
    for until in [Condition::Start, Condition::Complete, Condition::Success, Condition::Healthy] {
        let mut task = Driven::new(vec![optional("init", &[]), container("app", &[(0, until)])]);
        task.told(0, Event::Failed { code: None, reason: "no image".to_owned(), at: wall(1) }, 1);
        assert!(task.outcome(1).started_at.is_none(), "{until:?}");
        assert_eq!(task.task.desired, Desired::Stopped);
    }
}

#[test]
fn a_start_timeout_ends_the_waiting() {
    let slow = NodeContainer { start_timeout: Some(Duration::from_secs(20)), ..optional("init", &[]) };
    let mut task = Driven::new(vec![slow, container("app", &[(0, Condition::Complete)])]);
    task.starts(0, 10);
    assert_eq!(task.wake_at, Some(up(30)));
    task.step(29);
    assert!(!task.task.containers[1].phase.is_stopped());
    task.step(30);
    assert!(task.outcome(1).reason.as_deref().is_some_and(|reason| reason.contains("start timeout of 20 s")));
    assert!(task.orders.contains(&"Stop init".to_owned()), "the essential one is over, so the task ends");
}

#[test]
fn containers_end_in_reverse_order_and_are_killed_when_their_time_is_over() {
    let mut task = Driven::new(vec![container("db", &[]), container("app", &[(0, Condition::Start)])]);
    task.told(1, Event::Pulled, 0);
    task.starts(0, 1);
    task.starts(1, 2);
    task.ordered();
    task.task.desired = Desired::Stopped;
    task.step(10);
    assert_eq!(task.ordered(), ["Stop app"]);
    assert_eq!(task.wake_at, Some(up(40)));
    task.step(39);
    assert!(task.ordered().is_empty());
    task.step(40);
    assert_eq!(task.ordered(), ["Kill app"]);
    assert_eq!(task.wake_at, None);
    task.ends(1, 137, 41);
    assert_eq!(task.ordered(), ["Stop db"]);
    task.ends(0, 143, 42);
    assert_eq!(status(&task.task), Status::Stopped);
}

#[test]
fn what_is_being_made_when_the_task_is_to_end_ends_once_it_is_known() {
    let mut task = Driven::new(vec![container("app", &[])]);
    task.told(0, Event::Pulled, 1);
    task.told(0, Event::Created, 1);
    task.task.desired = Desired::Stopped;
    task.step(2);
    assert_eq!(status(&task.task), Status::Pending);
    task.told(0, Event::Started { at: wall(5) }, 3);
    assert_eq!(task.ordered().last().map(String::as_str), Some("Stop app"));

    let mut early = Driven::new(vec![container("app", &[])]);
    early.task.desired = Desired::Stopped;
    early.step(1);
    assert_eq!(early.ordered(), ["Pull app", "Abandon app"]);
    assert_eq!(early.outcome(0), &Outcome { code: None, reason: None, started_at: None, ended_at: wall(100) });
}

#[test]
fn circles_and_strangers_are_found() {
    let start = Condition::Start;
    let of = |containers| NodeTask::new(containers, Desired::Running).map_err(|error| error.to_string());
    let text = "Task dependencies cannot be resolved: a waits for itself";
    assert_eq!(of(vec![container("a", &[(1, start)]), container("b", &[(0, start)])]), Err(text.to_owned()));
    assert_eq!(of(vec![container("a", &[(0, start)])]), Err(text.to_owned()));
    assert!(of(vec![container("a", &[(1, start)])]).is_err_and(|text| text.contains("does not have")));
    assert!(of(vec![container("a", &[]), container("b", &[(0, start)]), container("c", &[(0, start), (1, start)])]).is_ok());
    let shares = NodeContainer { made_after: vec![0], ..container("b", &[]) };
    assert_eq!(of(vec![container("a", &[(1, start)]), shares]), Err(text.to_owned()));
}

#[test]
fn a_container_is_made_after_the_one_whose_volumes_it_shares() {
    let shares = NodeContainer { made_after: vec![0], ..container("app", &[]) };
    let mut task = Driven::new(vec![optional("data", &[]), shares.clone()]);
    task.told(1, Event::Pulled, 0);
    task.told(0, Event::Pulled, 0);
    assert_eq!(task.ordered(), ["Pull data", "Pull app", "Create data"]);
    task.told(0, Event::Created, 1);
    assert_eq!(task.ordered(), ["Start data", "Create app"]);

    let mut task = Driven::new(vec![optional("data", &[]), shares]);
    task.told(0, Event::Failed { code: None, reason: "no image".to_owned(), at: wall(1) }, 1);
    assert!(task.outcome(1).reason.as_deref().is_some_and(|reason| reason.contains("container data, whose volumes it shares")));
}

#[test]
fn a_record_survives_its_encoding() {
    let mut task = Driven::new(vec![container("db", &[]), optional("app", &[(0, Condition::Start)])]).task;
    task.containers[0].phase = Phase::Stopping { asked: up(7), killed: true, started_at: wall(-3) };
    task.containers[1].phase =
        Phase::Stopped(Outcome { code: Some(-1), reason: None, started_at: Some(wall(1)), ended_at: wall(2) });
    task.containers[1].checks = Some(Checks::new(SECOND, SECOND, 3, SECOND));
    task.containers[1].restart = Some(RestartPolicy { ignored: vec![0, 143], period: SECOND });
    let bytes = minicbor::to_vec(&task).expect("bytes");
    assert_eq!(minicbor::decode::<NodeTask>(&bytes).expect("a task"), task);
}

fn event() -> impl Strategy<Value = Event> {
    let code = prop::option::of(0_i32..3);
    prop_oneof![
        3 => Just(Event::Pulled),
        3 => Just(Event::Created),
        3 => Just(Event::Started { at: wall(5) }),
        2 => code.clone().prop_map(|code| Event::Ended { code, reason: None, at: wall(6) }),
        1 => code.prop_map(|code| Event::Failed { code, reason: "no".to_owned(), at: wall(6) }),
        2 => any::<bool>().prop_map(|passed| Event::Checked { passed, at: wall(7) }),
    ]
}

/// Whether it is essential, what it waits for, its start timeout in seconds, whether its health is checked, whether it is restarted.
type Drawn = (bool, Vec<(usize, Condition)>, Option<u64>, bool, bool);

fn tasks() -> impl Strategy<Value = Vec<NodeContainer>> {
    let conditions = vec![Condition::Start, Condition::Complete, Condition::Success, Condition::Healthy];
    let waits = prop::collection::vec((0_usize..4, prop::sample::select(conditions)), 0..3);
    let drawn = (any::<bool>(), waits, prop::option::of(0_u64..50), any::<bool>(), any::<bool>());
    prop::collection::vec(drawn, 1..5).prop_map(|containers| {
        let one = |(at, (essential, waits, timeout, checked, restarted)): (usize, Drawn)| {
            let earlier: Vec<(usize, Condition)> = waits.into_iter().filter(|(on, _)| *on < at).collect();
            NodeContainer {
                essential: essential || at == 0,
                start_timeout: timeout.map(Duration::from_secs),
                checks: checked.then(|| Checks::new(SECOND * 5, SECOND * 2, 2, SECOND * 7)),
                restart: restarted.then(|| RestartPolicy { ignored: vec![2], period: SECOND }),
                ..container(&at.to_string(), &earlier)
            }
        };
        containers.into_iter().enumerate().map(one).collect()
    })
}

/// Where a phase stands in a container's life. One that is started again stays where it is.
fn rank(phase: &Phase) -> u8 {
    match phase {
        Phase::Waiting => 0,
        Phase::Pulling => 1,
        Phase::Pulled => 2,
        Phase::Creating => 3,
        Phase::Created => 4,
        Phase::Starting => 5,
        Phase::Running { .. } | Phase::Exited(_) | Phase::Restarting(_) => 6,
        Phase::Stopping { .. } => 7,
        Phase::Stopped(_) => 8,
    }
}

proptest! {
    #[test]
    fn containers_only_advance_and_each_action_is_ordered_once(
        containers in tasks(),
        happens in prop::collection::vec((0_usize..4, event(), 0_u64..20, prop::bool::weighted(0.1)), 0..40),
    ) {
        let mut task = NodeTask::new(containers, Desired::Running).expect("no circles");
        let mut orders: Vec<(usize, Action)> = Vec::new();
        let mut now = 0;
        for (at, event, later, stop) in happens {
            now += later;
            let before = task.clone();
            observe(&mut task, at, event, up(now));
            if stop { task.desired = Desired::Stopped; }
            let step = step(&task, up(now), wall(100));
            prop_assert_eq!(super::step(&step.next, up(now), wall(100)).actions, vec![], "asked again, it orders nothing");
            for (before, after) in before.containers.iter().zip(&step.next.containers) {
                prop_assert!(rank(&after.phase) >= rank(&before.phase));
            }
            prop_assert!(step.next.desired >= before.desired);
            prop_assert!(step.wake_at.is_none_or(|at| at > up(now)), "a timeout lies ahead");
            for &(at, action) in &step.actions {
                let now = &step.next.containers[at];
                match action {
                    Action::Check => {
                        let runs = matches!(now.checks, Some(Checks { turn: Turn::Runs { .. }, .. }));
                        prop_assert!(runs, "ordering it is its turn");
                    }
                    Action::Restart => {
                        let restarts = matches!(now.phase, Phase::Restarting(_));
                        prop_assert!(restarts, "ordering it is a phase");
                        prop_assert_eq!(step.next.desired, Desired::Running, "nothing is restarted that is to end");
                    }
                    _ => orders.push((at, action)),
                }
            }
            task = step.next;
        }
        let mut once = orders.clone();
        once.sort_by_key(|(at, action)| (*at, *action as u8));
        once.dedup();
        prop_assert_eq!(once.len(), orders.len());
    }

    /// An agent that does what it is told, and containers that end when asked, bring every task to its end.
    #[test]
    fn every_task_that_is_to_end_does(containers in tasks(), stop_after in 0_usize..12) {
        let mut task = NodeTask::new(containers, Desired::Running).expect("no circles");
        for round in 0..64 {
            if round >= stop_after { task.desired = Desired::Stopped; }
            let step = step(&task, up(round as u64), wall(100));
            task = step.next;
            for (at, action) in step.actions {
                let event = match action {
                    Action::Pull => Event::Pulled,
                    Action::Create => Event::Created,
                    Action::Start => Event::Started { at: wall(5) },
                    Action::Stop | Action::Kill => Event::Ended { code: Some(143), reason: None, at: wall(9) },
                    Action::Restart => Event::Started { at: wall(20) },
                    Action::Check => Event::Checked { passed: round % 3 == 0, at: wall(9) },
                    Action::Abandon => continue,
                };
                observe(&mut task, at, event, up(round as u64));
            }
        }
        prop_assert_eq!(status(&task), Status::Stopped);
    }
}
