use berth_runtime::RuntimeError;
use serde_json::json;

use super::machine::{Machine, busy};

#[tokio::test]
async fn a_task_runs_until_its_program_ends() {
    let machine = Machine::start().await;
    let task = machine.run(&[json!({})]).await;
    machine.task_is(&task, "RUNNING").await;
    assert_eq!(machine.task_folders().len(), 1);
    machine.runtime.end("main", 7);
    let over = machine.task_is(&task, "STOPPED").await;
    assert_eq!(
        (over["stopCode"].as_str(), over["containers"][0]["exitCode"].as_i64()),
        (Some("EssentialContainerExited"), Some(7))
    );
    assert!(over["containers"][0]["runtimeId"].is_string() && over["executionStoppedAt"].is_number(), "{over}");
    machine.is_clear().await;
    assert_eq!(machine.runtime.calls("start"), ["start main"]);
}

#[tokio::test]
async fn a_task_that_is_stopped_gets_its_images_stop_signal_and_then_is_killed() {
    let machine = Machine::start().await;
    machine.import("graceful", Some("SIGQUIT")).await;
    let task = machine.run(&[json!({ "image": "graceful", "stopTimeout": 2 })]).await;
    machine.task_is(&task, "RUNNING").await;
    machine.stop(&task).await;
    machine.asked("signal main 3", 1).await;
    machine.asked("signal main 9", 1).await;
    machine.runtime.end("main", 137);
    let over = machine.task_is(&task, "STOPPED").await;
    assert_eq!((over["stopCode"].as_str(), over["containers"][0]["exitCode"].as_i64()), (Some("UserInitiated"), Some(137)));
    machine.is_clear().await;
}

#[tokio::test]
async fn an_image_that_is_not_there_fails_the_task_with_its_name() {
    let machine = Machine::start().await;
    let task = machine.run(&[json!({ "image": "127.0.0.1:9/nowhere:1" })]).await;
    let over = machine.task_is(&task, "STOPPED").await;
    assert_eq!(over["stopCode"], "TaskFailedToStart");
    let reason = over["containers"][0]["reason"].as_str().unwrap();
    assert!(reason.starts_with("CannotPullContainerError: ") && reason.contains("127.0.0.1:9/nowhere:1"), "{reason}");
    let times = [&over["pullStartedAt"], &over["pullStoppedAt"]].map(|time| time.as_f64().unwrap());
    assert!(times[0] <= times[1], "{times:?}");
    machine.is_clear().await;
}

#[tokio::test]
async fn a_program_that_is_not_there_fails_the_task_with_the_shells_code() {
    let machine = Machine::start().await;
    machine.runtime.fail("start", || RuntimeError::Program {
        program: "/none".to_owned(),
        problem: "no such file or directory".to_owned(),
        code: 127,
    });
    let task = machine.run(&[json!({ "command": ["/none"] })]).await;
    let over = machine.task_is(&task, "STOPPED").await;
    let container = &over["containers"][0];
    assert_eq!((over["stopCode"].as_str(), container["exitCode"].as_i64()), (Some("TaskFailedToStart"), Some(127)));
    let expected = "CannotStartContainerError: running /none in the container: no such file or directory";
    assert_eq!(container["reason"], expected);
    machine.is_clear().await;
}

#[tokio::test]
async fn containers_start_in_order_and_stop_in_reverse() {
    let machine = Machine::start().await;
    let waits = json!([{ "containerName": "init", "condition": "SUCCESS" }, { "containerName": "db", "condition": "START" }]);
    let containers =
        [json!({ "name": "app", "dependsOn": waits }), json!({ "name": "init", "essential": false }), json!({ "name": "db" })];
    let task = machine.run(&containers).await;
    machine.asked("start init", 1).await;
    machine.asked("start db", 1).await;
    machine.runtime.end("init", 0);
    machine.asked("start app", 1).await;
    machine.task_is(&task, "RUNNING").await;
    machine.stop(&task).await;
    machine.asked("signal app 15", 1).await;
    assert_eq!(machine.runtime.count("signal db 15"), 0, "the database is needed until the end");
    machine.runtime.end("app", 143);
    machine.asked("signal db 15", 1).await;
    machine.runtime.end("db", 0);
    let over = machine.task_is(&task, "STOPPED").await;
    let code = |name: &str| {
        let containers = over["containers"].as_array().unwrap();
        containers.iter().find(|container| container["name"] == name).unwrap()["exitCode"].as_i64()
    };
    assert_eq!([code("init"), code("db"), code("app")], [Some(0), Some(0), Some(143)]);
    machine.is_clear().await;
}

#[tokio::test]
async fn a_lost_container_is_killed_and_says_why() {
    let machine = Machine::start().await;
    let task = machine.run(&[json!({})]).await;
    machine.task_is(&task, "RUNNING").await;
    machine.runtime.lose("main");
    machine.asked("signal main 9", 1).await;
    let over = machine.task_is(&task, "STOPPED").await;
    assert_eq!(over["containers"][0]["reason"], "its shim was killed");
    assert!(over["containers"][0]["exitCode"].is_null());
    machine.is_clear().await;
}

#[tokio::test]
async fn what_cannot_be_given_back_is_tried_again() {
    let machine = Machine::start().await;
    let task = machine.run(&[json!({})]).await;
    machine.task_is(&task, "RUNNING").await;
    machine.runtime.fail("delete", busy);
    machine.runtime.end("main", 0);
    machine.task_is(&task, "STOPPED").await;
    machine.asked("delete main", 1).await;
    machine.runtime.succeed("delete");
    machine.is_clear().await;
}

#[tokio::test]
async fn a_deregistered_machine_registers_anew_and_stops_what_it_had() {
    let machine = Machine::start().await;
    let first = machine.instance().await;
    let task = machine.run(&[json!({})]).await;
    machine.task_is(&task, "RUNNING").await;
    let request = json!({ "containerInstance": first, "force": true });
    machine.root.ecs("DeregisterContainerInstance", &request).await.unwrap();
    machine.asked("signal main 15", 1).await;
    machine.runtime.end("main", 143);
    machine.is_clear().await;
    assert_ne!(machine.instance().await, first);
    let task = machine.run(&[json!({})]).await;
    machine.task_is(&task, "RUNNING").await;
}
