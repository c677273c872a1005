use std::collections::BTreeSet;

use berth_api::acs::docker::{Config, HostConfig};
use berth_api::acs::{ControlMessage, DesiredStatus};
use berth_testkit::agent::Report;
use serde_json::json;

use super::fixture::{agent, define, describe, instance, next, plane, run, start, stop, text};

#[tokio::test]
async fn a_task_lives_from_its_payload_to_its_last_report() {
    let plane = plane().await;
    let root = plane.root();
    let (mut agent, mut stream) = agent(&plane, "1").await;
    let definition = define(&root, "web", json!({ "command": ["serve"] })).await;
    let arn = run(&root, &definition).await;

    let (payload, task) = agent.take_payload(&mut stream).await.unwrap();
    assert_eq!((payload.container_instance_arn.as_str(), task.arn.as_str()), (agent.instance.as_str(), arn.as_str()));
    assert_eq!(payload.seq_num, payload.timeline);
    assert_eq!((task.family.as_str(), task.version.as_str()), ("web", "1"));
    assert_eq!(task.desired_status, Some(DesiredStatus::Running));
    assert_eq!(task.containers[0].command, Some(vec!["serve".to_owned()]));
    assert_eq!(text(&instance(&root, &agent.instance).await, "/status"), "ACTIVE");

    agent.submit(&Report::pulling(&task)).await.unwrap();
    assert_eq!(describe(&root, &arn).await["lastStatus"], "PENDING");
    agent.submit(&Report::running(&task)).await.unwrap();
    assert_eq!(describe(&root, &arn).await["lastStatus"], "RUNNING");

    stop(&root, &arn).await;
    // On a slow machine the start may have been sent twice.
    let (stopping, again) = loop {
        let (payload, task) = agent.take_payload(&mut stream).await.unwrap();
        assert_eq!(task.arn, arn);
        if task.desired_status == Some(DesiredStatus::Stopped) {
            break (payload, task);
        }
    };
    assert_eq!(again.containers, task.containers, "the whole task goes out again");
    assert!(stopping.seq_num > payload.seq_num);
    assert!(agent.engine.tasks()[&arn].to_stop);

    agent.submit(&Report::stopped(&task, 143)).await.unwrap();
    let over = describe(&root, &arn).await;
    assert_eq!((over["lastStatus"].as_str(), over["stopCode"].as_str()), (Some("STOPPED"), Some("UserInitiated")));
    assert_eq!(over["containers"][0]["exitCode"], 143);
    let instance = instance(&root, &agent.instance).await;
    assert_eq!(instance["remainingResources"], instance["registeredResources"], "nothing is held any more");
}

#[tokio::test]
async fn a_launch_is_two_durable_commits() {
    let plane = plane().await;
    let root = plane.root();
    let (mut agent, mut stream) = agent(&plane, "1").await;
    let definition = define(&root, "web", json!({ "command": ["serve"] })).await;
    let before = plane.store.view().revision();
    run(&root, &definition).await;
    let (_, task) = agent.take_payload(&mut stream).await.unwrap();
    agent.submit(&Report::running(&task)).await.unwrap();
    assert_eq!(plane.store.view().revision() - before, 2, "that it is to run, and that it does");
    agent.submit(&Report::running(&task)).await.unwrap();
    assert_eq!(plane.store.view().revision() - before, 2, "what is known is not written again");
}

#[tokio::test]
async fn what_is_overridden_is_merged_before_it_is_sent() {
    let plane = plane().await;
    let root = plane.root();
    let (mut agent, mut stream) = agent(&plane, "1").await;
    let environment = json!([{ "name": "A", "value": "1" }, { "name": "B", "value": "2" }]);
    let container =
        json!({ "command": ["serve"], "environment": environment, "user": "1000", "privileged": true, "memoryReservation": 32 });
    let definition = define(&root, "web", container).await;
    let overrides = json!({ "containerOverrides": [{
        "name": "main", "command": ["once"], "cpu": 256, "environment": [{ "name": "B", "value": "3" }, { "name": "C", "value": "4" }],
    }]});
    root.ecs("RunTask", &json!({ "taskDefinition": definition, "overrides": overrides })).await.unwrap();

    let (_, task) = agent.take_payload(&mut stream).await.unwrap();
    let container = &task.containers[0];
    assert_eq!((&container.command, container.cpu), (&Some(vec!["once".to_owned()]), Some(256)));
    let environment: Vec<(&str, &str)> =
        container.environment.0.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    assert_eq!(environment, [("A", "1"), ("B", "3"), ("C", "4")]);
    assert_eq!((task.overrides.as_deref(), container.overrides.as_deref()), (Some("{}"), Some("{}")));
    let docker = container.docker_config.clone().unwrap();
    let config: Config = serde_json::from_str(&docker.config.unwrap()).unwrap();
    let host: HostConfig = serde_json::from_str(&docker.host_config.unwrap()).unwrap();
    assert_eq!(config.user.as_deref(), Some("1000"));
    assert_eq!((host.privileged, host.memory_reservation), (Some(true), Some(32 << 20)));
    assert_eq!(host.network_mode.as_deref(), Some("host"));
}

#[tokio::test]
async fn a_bad_task_is_sent_again_until_it_is_stopped_and_holds_up_nobody() {
    let plane = plane().await;
    let root = plane.root();
    let (mut agent, mut stream) = agent(&plane, "1").await;
    let definition = define(&root, "web", json!({})).await;
    let bad = run(&root, &definition).await;

    // An agent that cannot load the task says nothing: the same comes again, under other names.
    let mut names = BTreeSet::new();
    while names.len() < 3 {
        if let ControlMessage::Payload(payload) = stream.next().await.unwrap() {
            assert_eq!(payload.tasks[0].arn, bad);
            assert!(names.insert(payload.message_id), "each attempt has a name of its own");
        }
    }
    agent.submit(&Report::unrecognised(&bad, "invalid Volume")).await.unwrap();
    let over = describe(&root, &bad).await;
    assert_eq!((over["lastStatus"].as_str(), over["stopCode"].as_str()), (Some("STOPPED"), Some("TaskFailedToStart")));
    assert_eq!(over["stoppedReason"], "UnrecogniedTaskError: Error loading task - invalid Volume");

    let good = run(&root, &definition).await;
    // Attempts that were on their way may come first.
    loop {
        let (_, task) = agent.take_payload(&mut stream).await.unwrap();
        if task.arn == good {
            break;
        }
        assert_eq!(task.arn, bad);
    }
}

#[tokio::test]
async fn a_task_that_waits_is_sent_again_on_the_next_stream() {
    let plane = plane().await;
    let root = plane.root();
    let (mut agent, mut stream) = agent(&plane, "1").await;
    let definition = define(&root, "web", json!({})).await;
    let arn = run(&root, &definition).await;
    let (first, _) = agent.take_payload(&mut stream).await.unwrap();
    stream.close().await.unwrap();

    // Acknowledged or not: whether it was understood is known when the task runs.
    let mut stream = agent.connect().await.unwrap();
    assert!(matches!(next(&mut agent, &mut stream).await, ControlMessage::TaskManifest(_)), "the manifest comes first");
    let (again, task) = agent.take_payload(&mut stream).await.unwrap();
    assert_eq!(task.arn, arn);
    assert_ne!(again.message_id, first.message_id);
    assert_eq!(agent.engine.tasks().len(), 1);
}

#[tokio::test]
async fn a_task_that_was_stopped_while_its_agent_was_away_is_stopped() {
    let plane = plane().await;
    let root = plane.root();
    let (mut agent, mut stream) = agent(&plane, "1").await;
    let definition = define(&root, "web", json!({})).await;
    let arn = run(&root, &definition).await;
    let (_, task) = agent.take_payload(&mut stream).await.unwrap();
    agent.submit(&Report::running(&task)).await.unwrap();
    drop(stream);
    stop(&root, &arn).await;

    agent.restart();
    let mut stream = agent.connect().await.unwrap();
    let (_, task) = agent.take_payload(&mut stream).await.unwrap();
    assert_eq!((task.arn, task.desired_status), (arn, Some(DesiredStatus::Stopped)));
}

#[tokio::test]
async fn agents_see_their_own_tasks_alone() {
    let plane = plane().await;
    let root = plane.root();
    let (mut one, mut stream_one) = agent(&plane, "1").await;
    let (mut two, mut stream_two) = agent(&plane, "2").await;
    let definition = define(&root, "web", json!({})).await;
    let mut tasks = [Vec::new(), Vec::new()];
    for _ in 0..5 {
        tasks[0].push(start(&root, &definition, &one.instance).await);
        tasks[1].push(start(&root, &definition, &two.instance).await);
    }
    for (agent, stream, mut tasks) in
        [(&mut one, &mut stream_one, tasks[0].clone()), (&mut two, &mut stream_two, tasks[1].clone())]
    {
        while agent.engine.tasks().len() < tasks.len() {
            let (payload, task) = agent.take_payload(stream).await.unwrap();
            assert_eq!(payload.container_instance_arn, agent.instance);
            assert!(tasks.contains(&task.arn));
        }
        tasks.sort_unstable();
        let known: Vec<&String> = agent.engine.tasks().keys().collect();
        assert_eq!(known, tasks.iter().collect::<Vec<_>>());
    }
    // Neither may speak for the other's tasks.
    let foreign = two.engine.tasks()[&tasks[1][0]].task.clone();
    assert!(one.submit(&Report::running(&foreign)).await.is_err());
}
