use berth_model::{
    Attached, Attachment, AttachmentId, AttachmentStatus, ContainerLife, Desired, Facts, Health, InstanceId, InterfaceId,
    LaunchType, Life, NetworkBinding, NetworkInterface, NetworkMode, PortSpan, Protocol, Resource, Resources, StopCode, SubnetId,
    Task, Timestamp,
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

fn interface(status: AttachmentStatus) -> Attachment {
    let interface = NetworkInterface {
        id: InterfaceId::from_bytes([5; 16]),
        subnet: SubnetId::from_bytes([6; 16]),
        address: [172, 31, 0, 4].into(),
        groups: [].into_iter().collect(),
        public: false,
    };
    Attachment { id: AttachmentId::from_bytes([4; 16]), status, what: Attached::Interface(interface) }
}

/// A task with an interface that has come so far.
fn with_interface(facts: &Facts, status: AttachmentStatus) -> Task {
    let attachments = [interface(status)].into_iter().collect();
    accept(Order { attachments, ..order(facts) }, at(0), &mut counting(0))
}

fn awsvpc() -> Facts {
    Facts { network_mode: NetworkMode::Awsvpc, ..facts() }
}

#[track_caller]
fn stands(task: &Task, life: Life, status: AttachmentStatus) {
    assert_eq!((task.life, task.attachments[0].status), (life, status));
}

#[test]
fn a_task_with_an_interface_or_without_a_place_is_provisioning() {
    assert_eq!(with_interface(&awsvpc(), AttachmentStatus::Precreated).life, Life::Provisioning);
    let bridge = facts();
    let task = accept(Order { instance: None, group: Some("batch".into()), ..order(&bridge) }, at(0), &mut counting(0));
    assert_eq!((task.life, &*task.group), (Life::Provisioning, "batch"));
}

#[test]
fn first_report_says_that_the_interface_is_there() {
    let facts = awsvpc();
    let task = with_interface(&facts, AttachmentStatus::Precreated);
    let pending = after(&task, &facts, &says(Reported::Pending, vec![]), 2);
    stands(&pending, Life::Pending, AttachmentStatus::Attached);
    let running = after(&task, &facts, &says(Reported::Running, vec![of("app", Reported::Running)]), 2);
    stands(&running, Life::Running { started_at: at(2) }, AttachmentStatus::Attached);
}

#[test]
fn agent_that_found_the_interface_is_told_of_the_task() {
    let facts = awsvpc();
    let task = with_interface(&facts, AttachmentStatus::Attaching);
    let other = TaskReport { attachments: vec![(AttachmentId::from_bytes([9; 16]), true)], ..TaskReport::default() };
    let id = task.attachments[0].id;
    assert_eq!(observe(&task, &facts, &other, at(1)).map(|task| task.life), Some(Life::Provisioning));
    let attached = TaskReport { attachments: vec![(id, true)], ..TaskReport::default() };
    stands(&after(&task, &facts, &attached, 1), Life::Pending, AttachmentStatus::Attached);
}

#[test]
fn what_was_made_for_a_task_is_given_back_after_its_end() {
    let facts = awsvpc();
    let task = with_interface(&facts, AttachmentStatus::Precreated);
    let running = after(&task, &facts, &says(Reported::Running, vec![of("app", Reported::Running)]), 2);
    let stopping = stop(&running, StopCode::UserInitiated, "", at(3)).expect("a change");
    assert_eq!(deprovisioned(&stopping, at(3)), None);
    let ended = after(&stopping, &facts, &says(Reported::Stopped, vec![exited("app", 0)]), 4);
    stands(&ended, Life::Deprovisioning { started_at: Some(at(2)) }, AttachmentStatus::Detaching);
    assert!(held(&ended).is_some());
    assert_eq!(stop(&ended, StopCode::UserInitiated, "again", at(5)), None);
    let over = deprovisioned(&ended, at(5)).expect("a change");
    stands(&over, Life::Stopped { started_at: Some(at(2)), stopped_at: at(5) }, AttachmentStatus::Deleted);
    assert_eq!((held(&over), deprovisioned(&over, at(6))), (None, None));
}

#[test]
fn interface_that_nobody_finds_ends_its_task() {
    let task = with_interface(&awsvpc(), AttachmentStatus::Attaching);
    assert_eq!(not_attached(&task, at(179)), None);
    let over = not_attached(&task, at(180)).expect("a change");
    stands(&over, Life::Stopped { started_at: None, stopped_at: at(180) }, AttachmentStatus::Deleted);
    stopped_because(&over, StopCode::TaskFailedToStart, "Timeout waiting for network interface provisioning to complete.");
    assert_eq!(
        not_attached(&with_interface(&awsvpc(), AttachmentStatus::Precreated), at(180)),
        None,
        "its node may pull for long"
    );
}

#[test]
fn task_of_which_no_agent_knows_is_over_when_it_is_stopped() {
    let task = with_interface(&awsvpc(), AttachmentStatus::Attaching);
    assert!(stop(&task, StopCode::UserInitiated, "", at(1)).expect("a change").is_stopped());
    let task = with_interface(&awsvpc(), AttachmentStatus::Precreated);
    stands(&stop(&task, StopCode::UserInitiated, "", at(1)).expect("a change"), Life::Provisioning, AttachmentStatus::Precreated);
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
    Deprovisioned,
    NotAttached,
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
        attachments in prop::collection::vec(any::<bool>().prop_map(|there| (AttachmentId::from_bytes([4; 16]), there)), 0..2),
    ) -> TaskReport<'static> {
        let (pull_started_at, pull_stopped_at, execution_stopped_at) = times;
        TaskReport { status, reason, pull_started_at, pull_stopped_at, execution_stopped_at, containers, attachments }
    }
}

fn event() -> impl Strategy<Value = Event> {
    let code = prop::sample::select(vec![StopCode::UserInitiated, StopCode::ServiceSchedulerInitiated]);
    prop_oneof![
        8 => report().prop_map(Event::Report),
        1 => (code, prop::sample::select(vec!["", "because"])).prop_map(|(code, reason)| Event::Stop(code, reason)),
        1 => Just(Event::Lost),
        2 => Just(Event::Deprovisioned),
        1 => Just(Event::NotAttached),
    ]
}

fn happens(task: &Task, facts: &Facts, event: &Event, now: Timestamp) -> Option<Task> {
    match event {
        Event::Report(report) => observe(task, facts, report, now),
        Event::Stop(code, reason) => stop(task, *code, reason, now),
        Event::Lost => lost(task, StopCode::TerminationNotice, "gone", now),
        Event::Deprovisioned => deprovisioned(task, now),
        Event::NotAttached => not_attached(task, now + ATTACH_WITHIN),
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
    for (before, after) in before.attachments.iter().zip(&after.attachments) {
        prop_assert!(after.status >= before.status);
    }
    prop_assert!(
        after.attachments.iter().all(|attachment| (attachment.status == AttachmentStatus::Deleted) == after.is_stopped())
    );
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
        awsvpc in prop::option::of(prop::sample::select(vec![AttachmentStatus::Precreated, AttachmentStatus::Attaching])),
        placed in prop::bool::weighted(0.9),
        events in prop::collection::vec((event(), -20_i64..100), 0..12),
    ) {
        let network_mode = if awsvpc.is_some() { NetworkMode::Awsvpc } else { NetworkMode::Bridge };
        let attachments = awsvpc.map(interface).into_iter().collect();
        let containers = vec![container("app", true), container("other", true), container("sidecar", false)];
        let facts = Facts { containers, network_mode, ..facts() };
        let new = order(&facts);
        let instance = new.instance.filter(|_| placed);
        let mut task = accept(Order { instance, attachments, ..new }, at(0), &mut counting(0));
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
