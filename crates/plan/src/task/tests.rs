use berth_model::{
    Attachment, AttachmentId, ContainerLife, Desired, Facts, Health, InstanceId, LaunchType, Life, NetworkBinding, NetworkMode,
    PortSpan, Protocol, Resource, Resources, StopCode, Task, Timestamp,
};
use proptest::prelude::*;

use super::*;
use crate::fixtures::{at, container, counting, facts, published, region};

/// `app` (essential) and `sidecar` (not).
fn two() -> Facts {
    Facts { containers: vec![container("app", true), container("sidecar", false)], ..facts() }
}

fn order(facts: &Facts) -> Order<'_> {
    let new = Order::new(region(), "default".into(), ("web".into(), 3), facts, LaunchType::Ec2);
    Order { instance: Some(InstanceId::from_bytes([9; 16])), ..new }
}

fn pending(facts: &Facts) -> Task {
    accept(order(facts), at(0), &mut counting(0))
}

fn says<'a>(status: Reported, containers: Vec<ContainerReport<'a>>) -> TaskReport<'a> {
    TaskReport { status: Some(status), containers, ..TaskReport::default() }
}

fn of(name: &str, status: Reported) -> ContainerReport<'_> {
    ContainerReport { name, status, ..ContainerReport::default() }
}

fn exited(name: &str, code: i32) -> ContainerReport<'_> {
    ContainerReport { exit_code: Some(code), ..of(name, Reported::Stopped) }
}

fn failed<'a>(name: &'a str, reason: &'a str) -> ContainerReport<'a> {
    ContainerReport { reason, ..of(name, Reported::Stopped) }
}

/// The task after the report at that second, which must change it.
#[track_caller]
fn after(task: &Task, facts: &Facts, report: &TaskReport<'_>, second: i64) -> Task {
    let next = observe(task, facts, report, at(second)).expect("a change");
    assert_eq!(next.version, task.version + 1);
    assert_eq!(observe(&next, facts, report, at(second + 100)), None, "the same again changes nothing");
    next
}

fn running(facts: &Facts) -> Task {
    let containers = facts.containers.iter().map(|container| of(&container.name, Reported::Running)).collect();
    after(&pending(facts), facts, &says(Reported::Running, containers), 5)
}

#[track_caller]
fn stopped_because(task: &Task, code: StopCode, reason: &str) {
    let stop = task.desired.stop().expect("meant to stop");
    assert_eq!((stop.code, &*stop.reason), (code, reason));
}

#[test]
fn a_new_task_is_pending_with_version_one() {
    let facts = two();
    let task = pending(&facts);
    assert_eq!((task.life, &task.desired, task.version), (Life::Pending, &Desired::Running, 1));
    assert_eq!((&*task.group, task.times.created_at), ("family:web", at(0)));
    assert_eq!((task.reservation.cpu, task.reservation.memory), (512, 1_024));
    assert_eq!(task.containers.len(), 2);
    assert_ne!(task.containers[0].id, task.containers[1].id);
    assert_eq!(task.containers[0].known, ContainerLife::Pending);
}

#[test]
fn a_task_with_an_interface_or_without_a_place_is_provisioning() {
    let awsvpc = Facts { network_mode: NetworkMode::Awsvpc, ..facts() };
    let task = pending(&awsvpc);
    assert_eq!(task.life, Life::Provisioning);
    let next = provisioned(&task).expect("a change");
    assert_eq!((next.life, next.version), (Life::Pending, 2));
    assert_eq!(provisioned(&next), None);

    let bridge = facts();
    let task = accept(Order { instance: None, group: Some("batch".into()), ..order(&bridge) }, at(0), &mut counting(0));
    assert_eq!((task.life, &*task.group), (Life::Provisioning, "batch"));
    assert_eq!(provisioned(&task), None);
}

#[test]
fn a_pending_report_ends_provisioning() {
    let awsvpc = Facts { network_mode: NetworkMode::Awsvpc, ..facts() };
    let id = AttachmentId::from_bytes([4; 16]);
    let attachments = [Attachment { id, kind: "eni".into(), status: "PRECREATED".into(), details: vec![] }].into_iter().collect();
    let task = accept(Order { attachments, ..order(&awsvpc) }, at(0), &mut counting(0));
    let attached = TaskReport { attachments: vec![(id, "ATTACHED")], ..TaskReport::default() };
    let task = after(&task, &awsvpc, &attached, 1);
    assert_eq!((task.life, &*task.attachments[0].status), (Life::Provisioning, "ATTACHED"));
    assert_eq!(after(&task, &awsvpc, &says(Reported::Pending, vec![]), 2).life, Life::Pending);
}

#[test]
fn a_running_task_says_since_when() {
    let task = running(&two());
    assert_eq!((task.life, task.version), (Life::Running { started_at: at(5) }, 2));
    assert!(task.containers.iter().all(|container| container.known == ContainerLife::Running));
    assert!(task.connectivity.is_some_and(|connectivity| connectivity.connected));
}

#[test]
fn container_reports_apply_in_order() {
    let facts = two();
    let report = says(
        Reported::Pending,
        vec![
            ContainerReport { image_digest: "sha256:1", ..of("sidecar", Reported::Pending) },
            ContainerReport { runtime_id: "abc", ..of("sidecar", Reported::Running) },
            exited("sidecar", 3),
            of("sidecar", Reported::Running),
            of("~internal~ecs~pause", Reported::Running),
        ],
    );
    let task = after(&pending(&facts), &facts, &report, 1);
    let sidecar = &task.containers[1];
    assert_eq!((sidecar.known, sidecar.exit_code), (ContainerLife::Stopped, Some(3)));
    assert_eq!((sidecar.runtime_id.as_deref(), sidecar.image_digest.as_deref()), (Some("abc"), Some("sha256:1")));
    assert_eq!((task.life, task.desired.is_running()), (Life::Pending, true));
}

#[test]
fn a_container_that_is_over_keeps_what_is_known_of_it() {
    let facts = two();
    let task = after(&running(&facts), &facts, &says(Reported::Running, vec![of("sidecar", Reported::Stopped)]), 6);
    let task = after(&task, &facts, &says(Reported::Running, vec![exited("sidecar", 1)]), 7);
    assert_eq!(observe(&task, &facts, &says(Reported::Running, vec![exited("sidecar", 2)]), at(8)), None);
    assert_eq!(task.containers[1].exit_code, Some(1));
}

#[test]
fn an_ended_helper_leaves_the_task_running() {
    let facts = two();
    let task = after(&running(&facts), &facts, &says(Reported::Running, vec![exited("sidecar", 1)]), 6);
    assert_eq!((task.life, task.desired), (Life::Running { started_at: at(5) }, Desired::Running));
}

#[test]
fn an_ended_essential_container_stops_the_task() {
    let facts = two();
    let report = TaskReport { execution_stopped_at: Some(at(6)), ..says(Reported::Running, vec![exited("app", 0)]) };
    let task = after(&running(&facts), &facts, &report, 7);
    assert_eq!(task.life, Life::Stopping { started_at: Some(at(5)) });
    stopped_because(&task, StopCode::EssentialContainerExited, "Essential container in task exited");
    assert_eq!(task.desired.stop().map(|stop| stop.stopping_at), Some(at(7)));
    assert_eq!(task.times.execution_stopped_at, Some(at(6)));

    let task = after(&task, &facts, &TaskReport { reason: "late", ..says(Reported::Stopped, vec![]) }, 9);
    assert_eq!(task.life, Life::Stopped { started_at: Some(at(5)), stopped_at: at(9) });
    stopped_because(&task, StopCode::EssentialContainerExited, "Essential container in task exited");
    assert!(task.containers.iter().all(|container| container.known == ContainerLife::Stopped));
}

#[test]
fn a_task_over_before_it_was_seen_running_did_run() {
    let facts = facts();
    for containers in [vec![of("app", Reported::Running), exited("app", 0)], vec![exited("app", 0)]] {
        let task = after(&pending(&facts), &facts, &says(Reported::Stopped, containers), 4);
        assert_eq!(task.life, Life::Stopped { started_at: Some(at(4)), stopped_at: at(4) });
        stopped_because(&task, StopCode::EssentialContainerExited, "Essential container in task exited");
    }
    let task = after(&pending(&facts), &facts, &says(Reported::Pending, vec![of("app", Reported::Running)]), 2);
    let task = after(&task, &facts, &says(Reported::Stopped, vec![]), 4);
    stopped_because(&task, StopCode::EssentialContainerExited, "Essential container in task exited");
}

#[test]
fn a_task_that_never_ran_failed_to_start_with_the_reason_given() {
    let facts = two();
    let pull = "CannotPullContainerError: no such image";
    for (task_reason, containers, expected) in [
        ("", vec![failed("app", pull)], pull),
        ("", vec![failed("sidecar", "other"), failed("app", pull)], pull),
        ("", vec![failed("sidecar", "other"), of("app", Reported::Stopped)], "other"),
        ("Fetching secret data failed", vec![failed("app", pull)], "Fetching secret data failed"),
        ("", vec![], "Task failed to start"),
        ("", vec![ContainerReport { exit_code: Some(143), ..failed("app", pull) }], pull),
    ] {
        let report = TaskReport { reason: task_reason, ..says(Reported::Stopped, containers) };
        let task = after(&pending(&facts), &facts, &report, 3);
        assert_eq!(task.life, Life::Stopped { started_at: None, stopped_at: at(3) });
        stopped_because(&task, StopCode::TaskFailedToStart, expected);
    }
}

#[test]
fn a_failed_container_decides_though_the_others_run() {
    let facts = Facts { containers: vec![container("app", true), container("other", true)], ..facts() };
    let report = says(Reported::Running, vec![of("other", Reported::Running), failed("app", "CannotStartContainerError: no")]);
    let task = after(&pending(&facts), &facts, &report, 3);
    assert_eq!(task.life, Life::Pending);
    let task = after(&task, &facts, &says(Reported::Stopped, vec![exited("other", 137)]), 5);
    stopped_because(&task, StopCode::TaskFailedToStart, "CannotStartContainerError: no");
}

#[test]
fn a_failed_container_is_no_start_though_the_task_is_meant_to_stop() {
    let facts = two();
    let task = stop(&pending(&facts), StopCode::UserInitiated, "", at(1)).expect("a change");
    let report = says(Reported::Running, vec![of("app", Reported::Stopped), of("sidecar", Reported::Running)]);
    assert_eq!(after(&task, &facts, &report, 2).life, Life::Pending);
}

#[test]
fn a_running_task_that_its_agent_gives_up_keeps_the_agents_words() {
    let facts = facts();
    let report = TaskReport { reason: "Host is out of luck", ..says(Reported::Stopped, vec![]) };
    let task = after(&running(&facts), &facts, &report, 8);
    stopped_because(&task, StopCode::EssentialContainerExited, "Host is out of luck");
}

#[test]
fn a_stopped_task_hears_nothing() {
    let facts = facts();
    let task = after(&running(&facts), &facts, &says(Reported::Stopped, vec![]), 8);
    for report in [says(Reported::Running, vec![of("app", Reported::Running)]), says(Reported::Stopped, vec![exited("app", 3)])] {
        assert_eq!(observe(&task, &facts, &report, at(9)), None);
    }
    assert_eq!(stop(&task, StopCode::UserInitiated, "again", at(9)), None);
    assert_eq!(lost(&task, StopCode::UserInitiated, "again", at(9)), None);
    assert_eq!(observe_health(&task, &facts, &[("app", Health::Healthy)]), None);
}

#[test]
fn a_task_asked_to_stop_is_stopping_until_its_agent_says_stopped() {
    let facts = facts();
    let task = stop(&running(&facts), StopCode::UserInitiated, "", at(9)).expect("a change");
    assert_eq!((task.life, task.version), (Life::Stopping { started_at: Some(at(5)) }, 3));
    stopped_because(&task, StopCode::UserInitiated, "Task stopped by user");
    assert_eq!(stop(&task, StopCode::ServiceSchedulerInitiated, "scale in", at(10)), None);
    assert_eq!(observe(&task, &facts, &says(Reported::Running, vec![]), at(10)), None);

    let task = after(&task, &facts, &says(Reported::Stopped, vec![exited("app", 143)]), 11);
    assert_eq!(task.life, Life::Stopped { started_at: Some(at(5)), stopped_at: at(11) });
    stopped_because(&task, StopCode::UserInitiated, "Task stopped by user");
}

#[test]
fn a_pending_task_asked_to_stop_waits_for_its_agent() {
    let facts = facts();
    let task = stop(&pending(&facts), StopCode::UserInitiated, "enough", at(1)).expect("a change");
    assert_eq!(task.life, Life::Pending);
    stopped_because(&task, StopCode::UserInitiated, "enough");
    let late = after(&task, &facts, &says(Reported::Running, vec![of("app", Reported::Running)]), 2);
    assert_eq!(late.life, Life::Stopping { started_at: Some(at(2)) });
    let never = after(&task, &facts, &says(Reported::Stopped, vec![]), 2);
    assert_eq!(never.life, Life::Stopped { started_at: None, stopped_at: at(2) });
}

#[test]
fn a_task_without_a_place_stops_at_once() {
    let facts = facts();
    let task = accept(Order { instance: None, ..order(&facts) }, at(0), &mut counting(0));
    let task = stop(&task, StopCode::ServiceSchedulerInitiated, "scale in", at(1)).expect("a change");
    assert_eq!(task.life, Life::Stopped { started_at: None, stopped_at: at(1) });
    stopped_because(&task, StopCode::ServiceSchedulerInitiated, "scale in");
}

#[test]
fn a_lost_task_is_over_without_its_agent() {
    let facts = facts();
    let task = lost(&running(&facts), StopCode::TerminationNotice, "Host terminated", at(6)).expect("a change");
    assert_eq!(task.life, Life::Stopped { started_at: Some(at(5)), stopped_at: at(6) });
    stopped_because(&task, StopCode::TerminationNotice, "Host terminated");
    assert_eq!(task.containers[0].known, ContainerLife::Stopped);
}

#[test]
fn the_agents_times_are_kept_between_ours() {
    let facts = facts();
    let report = TaskReport {
        pull_started_at: Some(at(-50)),
        pull_stopped_at: Some(at(3)),
        execution_stopped_at: Some(at(900)),
        ..says(Reported::Stopped, vec![exited("app", 0)])
    };
    let task = after(&pending(&facts), &facts, &report, 5);
    let times = &task.times;
    assert_eq!([times.pull_started_at, times.pull_stopped_at, times.execution_stopped_at], [at(0), at(3), at(5)].map(Some));
}

#[test]
fn a_clock_that_goes_back_takes_no_time_with_it() {
    let facts = facts();
    let task = stop(&running(&facts), StopCode::UserInitiated, "", at(-100)).expect("a change");
    assert_eq!(task.desired.stop().map(|stop| stop.stopping_at), Some(at(5)));
    let task = observe(&task, &facts, &says(Reported::Stopped, vec![]), at(-200)).expect("a change");
    assert_eq!(task.life.stopped_at(), Some(at(5)));
}

fn binding(host: PortSpan, protocol: Protocol) -> NetworkBinding {
    NetworkBinding { bind_ip: "0.0.0.0".into(), container: PortSpan::Port(80), host, protocol }
}

fn bound(bindings: Vec<NetworkBinding>) -> TaskReport<'static> {
    says(Reported::Running, vec![ContainerReport { bindings, ..of("app", Reported::Running) }])
}

#[test]
fn ports_the_agent_chose_join_what_the_task_holds() {
    let mut facts = facts();
    facts.containers[0].ports.push(published(8_080, Protocol::Tcp));
    let report = bound(vec![
        binding(PortSpan::Port(8_080), Protocol::Tcp),
        binding(PortSpan::Port(32_768), Protocol::Tcp),
        binding(PortSpan::Range(40_000, 40_002), Protocol::Udp),
    ]);
    let task = after(&pending(&facts), &facts, &report, 2);
    assert_eq!(task.reservation.ports_tcp.iter().collect::<Vec<_>>(), [8_080, 32_768]);
    assert_eq!(task.reservation.ports_udp.iter().collect::<Vec<_>>(), [40_000, 40_001, 40_002]);
    assert_eq!(task.containers[0].bindings.len(), 3);
}

#[test]
fn ports_of_an_own_interface_are_none_of_the_hosts() {
    let awsvpc = Facts { network_mode: NetworkMode::Awsvpc, ..facts() };
    let task = after(&pending(&awsvpc), &awsvpc, &bound(vec![binding(PortSpan::Port(80), Protocol::Tcp)]), 2);
    assert!(task.reservation.ports_tcp.is_empty());
}

#[test]
fn the_ledger_gets_back_what_a_task_took() {
    let facts = facts();
    let others = Resources { cpu: 100, memory: 100, ports_tcp: [22].into_iter().collect(), ..Resources::default() };
    let mut task = pending(&facts);
    let used = settle(&others, None, &mut task).expect("room");
    assert_eq!((used.cpu, used.memory), (356, 612));

    let mut next = after(&task, &facts, &bound(vec![binding(PortSpan::Port(32_768), Protocol::Tcp)]), 2);
    let used = settle(&used, Some(&task), &mut next).expect("room");
    assert!(used.ports_tcp.contains(32_768));
    assert_eq!(release(&next), next.reservation);

    let mut over = after(&next, &facts, &says(Reported::Stopped, vec![]), 3);
    assert_eq!(settle(&used, Some(&next), &mut over), Ok(others.clone()));
    assert_eq!((held(&over), release(&over)), (None, Resources::default()));
    assert_eq!(settle(&Resources::default(), Some(&next), &mut over), Err(Resource::Cpu));
}

#[test]
fn a_port_that_is_in_the_ledger_stays_with_the_task_that_has_it() {
    let facts = facts();
    let task = pending(&facts);
    let mut used = task.reservation.clone();
    used.ports_tcp.insert(32_768);
    let report = bound(vec![binding(PortSpan::Port(32_768), Protocol::Tcp)]);
    let mut next = after(&task, &facts, &report, 2);
    let now = settle(&used, Some(&task), &mut next).expect("room");
    assert_eq!(now, used);
    assert!(next.reservation.ports_tcp.is_empty());
    assert_eq!(observe(&next, &facts, &report, at(3)), None);
    let mut over = after(&next, &facts, &says(Reported::Stopped, vec![]), 4);
    let rest = settle(&now, Some(&next), &mut over).expect("room");
    assert_eq!(rest, Resources { ports_tcp: [32_768].into_iter().collect(), ..Resources::default() });
}

#[test]
fn health_is_that_of_checked_essential_containers() {
    use Health::{Healthy, Unhealthy, Unknown};
    let mut facts = Facts {
        containers: vec![container("a", true), container("b", true), container("c", false), container("d", true)],
        ..facts()
    };
    let task = pending(&facts);
    assert_eq!(health(&task, &facts), Unknown);
    facts.containers[..3].iter_mut().for_each(|container| container.health_checked = true);
    for (a, b, c, expected) in [
        (Unknown, Unknown, Healthy, Unknown),
        (Healthy, Unknown, Healthy, Unknown),
        (Healthy, Healthy, Unhealthy, Healthy),
        (Healthy, Unhealthy, Healthy, Unhealthy),
        (Unknown, Unhealthy, Unknown, Unhealthy),
    ] {
        let reports = [("a", a), ("b", b), ("c", c), ("x", Unhealthy)];
        let next = observe_health(&task, &facts, &reports).expect("a change");
        assert_eq!((health(&next, &facts), next.version), (expected, 2), "{reports:?}");
        assert_eq!(observe_health(&next, &facts, &reports), None);
    }
}

#[test]
fn reported_states_are_the_agents_words() {
    assert_eq!(
        ["PENDING", "RUNNING", "STOPPED"].map(str::parse),
        [Reported::Pending, Reported::Running, Reported::Stopped].map(Ok)
    );
    assert!("NONE".parse::<Reported>().is_err());
}

/// What can happen to a task.
#[derive(Debug, Clone)]
enum Event {
    Report(TaskReport<'static>),
    Stop(StopCode, &'static str),
    Lost,
    Provisioned,
}

fn status() -> impl Strategy<Value = Reported> {
    prop::sample::select(vec![Reported::Pending, Reported::Running, Reported::Stopped])
}

fn moment() -> impl Strategy<Value = Option<Timestamp>> {
    prop::option::of((-50_i64..150).prop_map(at))
}

prop_compose! {
    fn container_report()(
        name in prop::sample::select(vec!["app", "other", "sidecar", "pause"]),
        status in status(),
        exit_code in prop::option::of(0_i32..3),
        reason in prop::sample::select(vec!["", "", "CannotPullContainerError: no"]),
        image_digest in prop::sample::select(vec!["", "sha256:1", "sha256:2"]),
        port in prop::option::of(40_000_u16..40_003),
    ) -> ContainerReport<'static> {
        let bindings = port.map(|port| binding(PortSpan::Port(port), Protocol::Tcp)).into_iter().collect();
        ContainerReport { name, status, exit_code, reason, runtime_id: image_digest, image_digest, bindings }
    }
}

prop_compose! {
    fn report()(
        status in prop::option::of(status()),
        reason in prop::sample::select(vec!["", "", "agent"]),
        times in (moment(), moment(), moment()),
        containers in prop::collection::vec(container_report(), 0..6),
    ) -> TaskReport<'static> {
        let (pull_started_at, pull_stopped_at, execution_stopped_at) = times;
        TaskReport { status, reason, pull_started_at, pull_stopped_at, execution_stopped_at, containers, attachments: vec![] }
    }
}

fn event() -> impl Strategy<Value = Event> {
    let code = prop::sample::select(vec![StopCode::UserInitiated, StopCode::ServiceSchedulerInitiated]);
    prop_oneof![
        8 => report().prop_map(Event::Report),
        1 => (code, prop::sample::select(vec!["", "because"])).prop_map(|(code, reason)| Event::Stop(code, reason)),
        1 => Just(Event::Lost),
        1 => Just(Event::Provisioned),
    ]
}

fn happens(task: &Task, facts: &Facts, event: &Event, now: Timestamp) -> Option<Task> {
    match event {
        Event::Report(report) => observe(task, facts, report, now),
        Event::Stop(code, reason) => stop(task, *code, reason, now),
        Event::Lost => lost(task, StopCode::TerminationNotice, "gone", now),
        Event::Provisioned => provisioned(task),
    }
}

/// The times of a task, each of which must stay once it is known.
fn times(task: &Task) -> [Option<Timestamp>; 6] {
    let stopping_at = task.desired.stop().map(|stop| stop.stopping_at);
    let (times, life) = (&task.times, &task.life);
    [times.pull_started_at, times.pull_stopped_at, times.execution_stopped_at, life.started_at(), stopping_at, life.stopped_at()]
}

fn step_is_sound(before: &Task, after: &Task) -> Result<(), TestCaseError> {
    prop_assert!(!before.is_stopped());
    prop_assert_eq!(after.version, before.version + 1);
    prop_assert!(after.life.rank() >= before.life.rank());
    for (before, after) in before.containers.iter().zip(&after.containers) {
        prop_assert!(after.known >= before.known);
    }
    for (before, after) in times(before).into_iter().zip(times(after)) {
        prop_assert!(before.is_none() || before == after);
    }
    prop_assert!(times(after).into_iter().flatten().all(|at| at >= after.times.created_at));
    if let Some(stopped_at) = after.life.stopped_at() {
        prop_assert!(times(after).into_iter().flatten().all(|at| at <= stopped_at));
        prop_assert!(after.containers.iter().all(|container| container.known == ContainerLife::Stopped));
    }
    prop_assert!(before.desired.is_running() || after.desired == before.desired);
    prop_assert!(!after.life.is_running() || after.desired.is_running());
    if after.is_stopped() {
        prop_assert!(after.desired.stop().is_some_and(|stop| !stop.reason.is_empty()));
    }
    let failed = after.desired.stop().is_some_and(|stop| stop.code == StopCode::TaskFailedToStart);
    prop_assert!(!failed || after.life.started_at().is_none());
    let (old, new) = (&before.reservation, &after.reservation);
    prop_assert_eq!((old.cpu, old.memory, &old.gpus, &old.ports_udp), (new.cpu, new.memory, &new.gpus, &new.ports_udp));
    prop_assert!(old.ports_tcp.is_subset(&new.ports_tcp));
    prop_assert!(new.ports_tcp.iter().all(|port| old.ports_tcp.contains(port) || (40_000..40_003).contains(&port)));
    Ok(())
}

proptest! {
    #[test]
    fn whatever_happens_a_task_only_advances(
        awsvpc in any::<bool>(),
        placed in prop::bool::weighted(0.9),
        events in prop::collection::vec((event(), -20_i64..100), 0..12),
    ) {
        let network_mode = if awsvpc { NetworkMode::Awsvpc } else { NetworkMode::Bridge };
        let containers = vec![container("app", true), container("other", true), container("sidecar", false)];
        let facts = Facts { containers, network_mode, ..facts() };
        let new = order(&facts);
        let instance = new.instance.filter(|_| placed);
        let mut task = accept(Order { instance, ..new }, at(0), &mut counting(0));
        let mut used = Resources::default();
        used = settle(&used, None, &mut task).expect("room");
        for (event, second) in events {
            let Some(mut next) = happens(&task, &facts, &event, at(second)) else { continue };
            step_is_sound(&task, &next)?;
            prop_assert_eq!(happens(&next, &facts, &event, at(second + 7)), None, "the same again changes nothing");
            used = settle(&used, Some(&task), &mut next).expect("a ledger that holds");
            task = next;
        }
        prop_assert_eq!(used, release(&task));
    }
}
