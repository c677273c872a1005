use berth_api::acs::{Container, DockerConfig, Heartbeat};

use super::*;

fn task(id: &str, status: DesiredStatus) -> Task {
    let main = Container { name: "main".to_owned(), image: "busybox".to_owned(), ..Container::default() };
    Task {
        arn: arn(id),
        family: "web".to_owned(),
        version: "1".to_owned(),
        desired_status: Some(status),
        containers: vec![main],
        ..Task::default()
    }
}

fn arn(id: &str) -> String {
    format!("arn:aws:ecs:us-east-1:000000000000:task/default/{id}")
}

fn payload(seq_num: i64, tasks: &[Task]) -> ControlMessage {
    ControlMessage::Payload(Payload {
        cluster_arn: "c".to_owned(),
        container_instance_arn: "i".to_owned(),
        message_id: format!("m-{seq_num}"),
        seq_num: Some(seq_num),
        tasks: tasks.to_vec(),
        ..Payload::default()
    })
}

fn manifest(timeline: i64, running: &[&str]) -> ControlMessage {
    let listed = running.iter().map(|id| ManifestTask {
        task_arn: arn(id),
        desired_status: Some(DesiredStatus::Running),
        ..ManifestTask::default()
    });
    ControlMessage::TaskManifest(TaskManifest {
        message_id: format!("m-{timeline}"),
        timeline: Some(timeline),
        tasks: listed.collect(),
        ..TaskManifest::default()
    })
}

fn judged(message_id: &str, ids: &[&str]) -> ControlMessage {
    let stop_tasks = ids.iter().map(|id| ManifestTask { task_arn: arn(id), ..ManifestTask::default() }).collect();
    ControlMessage::TaskStopVerificationAck(TaskStopVerificationAck {
        message_id: message_id.to_owned(),
        stop_tasks,
        ..TaskStopVerificationAck::default()
    })
}

fn take(session: &mut Session, message: ControlMessage, running: &[&str]) -> Reaction {
    let arns: Vec<String> = running.iter().map(|id| arn(id)).collect();
    session.take(message, || arns.iter().map(|arn| (arn.as_str(), None)).collect())
}

fn acked(reaction: &Reaction) -> Option<&str> {
    reaction.answers.iter().find_map(|answer| match answer {
        AgentMessage::Ack(ack) => Some(ack.message_id.as_str()),
        _ => None,
    })
}

fn candidates(reaction: &Reaction) -> Vec<&str> {
    let asked = reaction.answers.iter().find_map(|answer| match answer {
        AgentMessage::TaskStopVerification(asked) => Some(asked),
        _ => None,
    });
    asked.iter().flat_map(|asked| &asked.stop_candidates).map(|task| task.task_arn.as_str()).collect()
}

#[test]
fn heartbeat_is_answered_with_its_own_name() {
    let message_id = Some("h".to_owned());
    let heartbeat = ControlMessage::Heartbeat(Heartbeat { message_id: message_id.clone(), healthy: Some(true) });
    let answers = take(&mut Session::after(None), heartbeat, &[]).answers;
    assert_eq!(answers, [AgentMessage::HeartbeatAck(HeartbeatAck { message_id })]);
}

#[test]
fn payload_is_acknowledged_only_if_all_its_tasks_are_good() {
    let mut session = Session::after(None);
    let bad = Task { containers: Vec::new(), ..task("bad", DesiredStatus::Running) };
    let reaction = take(&mut session, payload(1, &[bad, task("good", DesiredStatus::Running)]), &[]);
    assert_eq!(acked(&reaction), None);
    assert_eq!(reaction.load.iter().map(|task| task.arn.clone()).collect::<Vec<_>>(), [arn("good")]);
    assert_eq!(reaction.refused[0].reason, "UnrecogniedTaskError: Error loading task - it has no containers");
    let reaction = take(&mut session, payload(2, &[task("good", DesiredStatus::Running)]), &[]);
    assert_eq!(acked(&reaction), Some("m-2"));
}

#[test]
fn tasks_that_are_to_end_come_first() {
    let tasks = [task("a", DesiredStatus::Running), task("b", DesiredStatus::Stopped), task("c", DesiredStatus::Running)];
    let reaction = take(&mut Session::after(None), payload(1, &tasks), &[]);
    let order: Vec<&str> = reaction.load.iter().filter_map(|task| task.arn.rsplit('/').next()).collect();
    assert_eq!(order, ["b", "a", "c"]);
}

#[test]
fn payload_without_its_names_is_dropped() {
    let nameless = Payload { tasks: vec![task("a", DesiredStatus::Running)], ..Payload::default() };
    assert_eq!(take(&mut Session::after(None), ControlMessage::Payload(nameless), &[]), Reaction::default());
}

#[test]
fn payload_that_is_older_is_taken_all_the_same() {
    let mut session = Session::after(Some(9));
    let reaction = take(&mut session, payload(5, &[task("a", DesiredStatus::Running)]), &[]);
    assert_eq!((acked(&reaction), reaction.load.len()), (Some("m-5"), 1));
    assert_eq!(take(&mut session, manifest(9, &[]), &[]), Reaction::default(), "but the newest stays the newest");
}

#[test]
fn manifest_counts_only_if_it_is_newer_than_all_that_was_heard() {
    let mut session = Session::after(None);
    take(&mut session, payload(5, &[]), &[]);
    assert_eq!(take(&mut session, manifest(5, &[]), &[]), Reaction::default());
    let reaction = take(&mut session, manifest(6, &[]), &[]);
    assert_eq!((acked(&reaction), reaction.timeline), (Some("m-6"), Some(6)));
    assert_eq!(take(&mut session, manifest(6, &[]), &[]), Reaction::default());
    assert_eq!(take(&mut Session::after(Some(6)), manifest(6, &[]), &[]), Reaction::default(), "after a restart too");
}

#[test]
fn what_runs_and_stands_in_no_manifest_is_asked_about_and_ends_if_it_is_confirmed_once() {
    let mut session = Session::after(None);
    let reaction = take(&mut session, manifest(1, &["a"]), &["a", "b", "c"]);
    assert_eq!(candidates(&reaction), [arn("b"), arn("c")]);
    assert_eq!(take(&mut session, judged("m-0", &["c"]), &[]).stop, Vec::<String>::new());
    assert_eq!(take(&mut session, judged("m-1", &["b"]), &[]).stop, [arn("b")]);
    assert_eq!(take(&mut session, judged("m-1", &["c"]), &[]).stop, Vec::<String>::new());
    let reaction = take(&mut session, manifest(2, &["a", "c"]), &["a", "c"]);
    assert_eq!((acked(&reaction), candidates(&reaction)), (Some("m-2"), Vec::new()));
}

#[test]
fn listed_as_stopped_is_not_listed() {
    let listed =
        vec![ManifestTask { task_arn: arn("a"), desired_status: Some(DesiredStatus::Stopped), ..ManifestTask::default() }];
    let manifest = TaskManifest { message_id: "m".to_owned(), timeline: Some(1), tasks: listed, ..TaskManifest::default() };
    let reaction = take(&mut Session::after(None), ControlMessage::TaskManifest(manifest), &["a"]);
    assert_eq!(candidates(&reaction), [arn("a")]);
}

#[test]
fn updates_are_refused() {
    let order = UpdateOrder { message_id: "u".to_owned(), ..UpdateOrder::default() };
    let answers = take(&mut Session::after(None), ControlMessage::PerformUpdate(order), &[]).answers;
    assert!(matches!(&answers[..], [AgentMessage::Nack(nack)] if nack.reason.as_deref() == Some("Updates are disabled")));
}

#[test]
fn what_cannot_be_loaded_is_told_from_what_can() {
    let good = task("a", DesiredStatus::Running);
    assert_eq!(unacceptable(&good), None);
    let with = |change: fn(&mut Container)| {
        let mut bad = good.clone();
        change(&mut bad.containers[0]);
        bad
    };
    let docker = |config: &str| Some(DockerConfig { config: Some(config.to_owned()), ..DockerConfig::default() });
    let bad = [
        (Task { arn: String::new(), ..good.clone() }, "is none"),
        (Task { arn: "arn:aws:ecs:r:a:task/default/..".to_owned(), ..good.clone() }, "is none"),
        (Task { arn: "arn:aws:ecs:r:a:task/default/".to_owned(), ..good.clone() }, "is none"),
        (Task { version: String::new(), ..good.clone() }, "version is absent"),
        (Task { containers: Vec::new(), ..good.clone() }, "no containers"),
        (task("a", DesiredStatus::Unlisted("RESTING".to_owned())), "RESTING"),
        (Task { desired_status: None, ..good.clone() }, "desired status is absent"),
        (Task { containers: vec![good.containers[0].clone(); 2], ..good.clone() }, "two containers are called main"),
        (with(|container| container.image.clear()), "lacks its name or image"),
        (with(|container| container.name = "..".to_owned()), "no name of a container"),
        (with(|container| container.name = "a/b".to_owned()), "no name of a container"),
        (with(|container| container.overrides = Some(r#"{"environment":[]}"#.to_owned())), "overrides of container main"),
        (
            Task { containers: vec![Container { docker_config: docker("{"), ..good.containers[0].clone() }], ..good.clone() },
            "docker config of container main",
        ),
    ];
    for (task, expected) in bad {
        let why = unacceptable(&task).unwrap_or_default();
        assert!(why.contains(expected), "{why:?} does not say {expected:?}");
    }
}
