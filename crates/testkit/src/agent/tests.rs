use berth_api::acs::{
    AckRequest, AgentMessage, Container, ControlMessage, DesiredStatus, DockerConfig, Heartbeat, HeartbeatAck, Hidden,
    ManifestTask, Payload, RoleCredentials, Task, TaskManifest, TaskStopVerificationAck, Volume,
};

use super::*;

fn task(arn: &str, status: DesiredStatus) -> Task {
    let main = Container { name: "main".to_owned(), image: "busybox".to_owned(), ..Container::default() };
    Task {
        arn: arn.to_owned(),
        family: "web".to_owned(),
        version: "1".to_owned(),
        desired_status: Some(status),
        containers: vec![main],
        ..Task::default()
    }
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
    let listed = running.iter().map(|arn| ManifestTask {
        task_arn: (*arn).to_owned(),
        desired_status: Some(DesiredStatus::Running),
        ..ManifestTask::default()
    });
    let message_id = format!("m-{timeline}");
    ControlMessage::TaskManifest(TaskManifest {
        message_id,
        timeline: Some(timeline),
        tasks: listed.collect(),
        ..TaskManifest::default()
    })
}

fn is_ack(message: &AgentMessage, id: &str) -> bool {
    matches!(message, AgentMessage::Ack(AckRequest { message_id, .. }) if message_id == id)
}

#[test]
fn heartbeat_is_answered_with_its_own_name() {
    let heartbeat = ControlMessage::Heartbeat(Heartbeat { message_id: Some("h".to_owned()), healthy: Some(true) });
    let expected = AgentMessage::HeartbeatAck(HeartbeatAck { message_id: Some("h".to_owned()) });
    assert_eq!(Engine::default().take(&heartbeat).answers, [expected]);
}

#[test]
fn payload_is_acknowledged_only_if_all_its_tasks_are_good() {
    let mut engine = Engine::default();
    let bad = Task {
        volumes: vec![Volume { r#type: Some("tape".to_owned()), ..Volume::default() }],
        ..task("bad", DesiredStatus::Running)
    };
    let reaction = engine.take(&payload(1, &[bad, task("good", DesiredStatus::Running)]));
    assert_eq!(reaction.answers, []);
    assert_eq!(reaction.reports[0].task, "bad");
    assert!(reaction.reports[0].reason.starts_with("UnrecogniedTaskError: Error loading task - "));
    assert_eq!(engine.tasks().keys().collect::<Vec<_>>(), ["good"]);
    assert!(is_ack(&engine.take(&payload(2, &[task("good", DesiredStatus::Running)])).answers[0], "m-2"));
}

#[test]
fn payload_without_its_names_is_dropped() {
    let mut engine = Engine::default();
    let nameless = Payload { tasks: vec![task("a", DesiredStatus::Running)], ..Payload::default() };
    assert_eq!(engine.take(&ControlMessage::Payload(nameless)), Reaction::default());
    assert!(engine.tasks().is_empty());
}

#[test]
fn repeated_task_changes_in_what_is_desired_alone_and_only_forward() {
    let mut engine = Engine::default();
    engine.take(&payload(1, &[task("a", DesiredStatus::Running)]));
    let other = Task { family: "other".to_owned(), ..task("a", DesiredStatus::Stopped) };
    engine.take(&payload(2, &[other]));
    engine.take(&payload(3, &[task("a", DesiredStatus::Running)]));
    let known = &engine.tasks()["a"];
    assert_eq!((known.task.family.as_str(), known.to_stop), ("web", true));
}

#[test]
fn each_set_of_credentials_is_acknowledged_for_itself() {
    let credentials = RoleCredentials { credentials_id: Hidden("id".to_owned()), ..RoleCredentials::default() };
    let role_credentials = Some(credentials.clone());
    let given = Task { role_credentials, execution_role_credentials: Some(credentials), ..task("a", DesiredStatus::Running) };
    let answers = Engine::default().take(&payload(1, &[given])).answers;
    assert!(matches!(
        &answers[..],
        [AgentMessage::IamRoleCredentialsAck(_), AgentMessage::IamRoleCredentialsAck(_), AgentMessage::Ack(_)]
    ));
}

#[test]
fn manifest_that_is_not_newer_is_dropped() {
    let mut engine = Engine::default();
    engine.take(&payload(5, &[task("a", DesiredStatus::Running)]));
    assert_eq!(engine.take(&manifest(5, &[])), Reaction::default());
    assert_eq!(engine.take(&manifest(6, &["a"])).answers.len(), 1);
    assert_eq!(engine.take(&manifest(6, &["a"])), Reaction::default());
}

#[test]
fn only_candidates_that_are_confirmed_once_are_stopped() {
    let mut engine = Engine::default();
    for arn in ["a", "b", "c"] {
        engine.adopt(task(arn, DesiredStatus::Running));
    }
    let answers = engine.take(&manifest(1, &["a"])).answers;
    let AgentMessage::TaskStopVerification(asked) = &answers[1] else { panic!("nothing asked") };
    assert_eq!(asked.stop_candidates.iter().map(|task| task.task_arn.as_str()).collect::<Vec<_>>(), ["b", "c"]);
    let confirm = |id: &str, arn: &str| {
        let stop_tasks = vec![ManifestTask { task_arn: arn.to_owned(), ..ManifestTask::default() }];
        ControlMessage::TaskStopVerificationAck(TaskStopVerificationAck {
            message_id: id.to_owned(),
            generated_at: None,
            stop_tasks,
        })
    };
    engine.take(&confirm("m-0", "c"));
    engine.take(&confirm("m-1", "b"));
    engine.take(&confirm("m-1", "c"));
    let stopped: Vec<&str> = engine.tasks().values().filter(|known| known.to_stop).map(|known| known.task.arn.as_str()).collect();
    assert_eq!(stopped, ["b"]);
}

#[test]
fn what_no_agent_can_load_is_told_from_what_it_can() {
    let good = task("a", DesiredStatus::Running);
    assert_eq!(unacceptable(&good), None);
    let with = |change: fn(&mut Container)| {
        let mut bad = good.clone();
        change(&mut bad.containers[0]);
        bad
    };
    let docker = |config: &str| Some(DockerConfig { config: Some(config.to_owned()), ..DockerConfig::default() });
    let bad = [
        Task { arn: String::new(), ..good.clone() },
        Task { version: String::new(), ..good.clone() },
        Task { containers: Vec::new(), ..good.clone() },
        task("a", DesiredStatus::Unlisted("RESTING".to_owned())),
        with(|container| container.image.clear()),
        with(|container| container.overrides = Some(r#"{"environment":[]}"#.to_owned())),
        with(|container| container.overrides = Some("[]".to_owned())),
        with(|container| container.health_check_type = Some("docker".to_owned())),
        Task { containers: vec![Container { docker_config: docker("{"), ..good.containers[0].clone() }], ..good.clone() },
    ];
    for (at, task) in bad.iter().enumerate() {
        assert!(unacceptable(task).is_some(), "task {at}");
    }
    let checked = docker(r#"{"Healthcheck":{"Test":["CMD","true"]}}"#);
    let health_check_type = Some("docker".to_owned());
    let checked = Container { docker_config: checked, health_check_type, ..good.containers[0].clone() };
    assert_eq!(unacceptable(&Task { containers: vec![checked], ..good }), None);
}
