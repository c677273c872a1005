//! Containers that are started again in their place.

use std::time::Duration;

use berth_testkit::eventually;
use serde_json::{Value, json};

use super::machine::{Machine, busy};

const LONG: Duration = Duration::from_secs(61);

fn restarted() -> Value {
    json!({ "restartPolicy": { "enabled": true, "ignoredExitCodes": [3], "restartAttemptPeriod": 60 } })
}

async fn running() -> (Machine, String) {
    let machine = Machine::start().await;
    let task = machine.run(&[restarted()]).await;
    machine.task_is(&task, "RUNNING").await;
    (machine, task)
}

async fn runs(machine: &Machine, times: usize) {
    machine.asked("start main", times).await;
    eventually("it runs", async || {
        matches!(machine.runtime.standing("main"), berth_runtime::Standing::Running { .. }).then_some(())
    })
    .await;
}

async fn ends(machine: &Machine, task: &str, code: i32) {
    machine.runtime.end("main", code);
    let over = machine.task_is(task, "STOPPED").await;
    assert_eq!(over["containers"][0]["exitCode"], code);
    machine.is_clear().await;
}

#[tokio::test]
async fn a_container_that_ran_long_enough_is_started_again_and_nobody_is_told() {
    let (machine, task) = running().await;
    for times in 2..4 {
        machine.runtime.end_after("main", 1, LONG);
        machine.asked("recreate main", times - 1).await;
        runs(&machine, times).await;
        let now = machine.describe(&task).await;
        assert_eq!((&now["lastStatus"], &now["containers"][0]["lastStatus"]), (&json!("RUNNING"), &json!("RUNNING")));
    }
    ends(&machine, &task, 1).await;
    assert_eq!(machine.runtime.count("create main"), 1);
}

#[tokio::test]
async fn an_ignored_code_ends_the_task() {
    let (machine, task) = running().await;
    machine.runtime.end_after("main", 3, LONG);
    assert_eq!(machine.task_is(&task, "STOPPED").await["containers"][0]["exitCode"], 3);
    assert!(machine.runtime.calls("recreate").is_empty());
    machine.is_clear().await;
}

#[tokio::test]
async fn a_restart_that_fails_ends_the_container_with_its_code_and_the_reason() {
    let (machine, task) = running().await;
    machine.runtime.fail("recreate", busy);
    machine.runtime.end_after("main", 7, LONG);
    let over = machine.task_is(&task, "STOPPED").await;
    let container = &over["containers"][0];
    assert_eq!(container["exitCode"], 7);
    assert!(container["reason"].as_str().is_some_and(|reason| reason.contains("making room")), "{container}");
    machine.is_clear().await;
}

#[tokio::test]
async fn an_agent_killed_in_the_middle_of_a_restart_goes_on_with_it() {
    for call in ["recreate", "start"] {
        let (mut machine, task) = running().await;
        machine.runtime.hold(call);
        machine.runtime.end_after("main", 1, LONG);
        let made = if call == "recreate" { ("recreate main", 1) } else { ("start main", 2) };
        machine.asked(made.0, made.1).await;
        machine.kill_agent().await;
        machine.start_agent();
        machine.runtime.release(call);
        eventually("it runs", async || {
            let task = machine.describe(&task).await;
            let runs = matches!(machine.runtime.standing("main"), berth_runtime::Standing::Running { .. });
            assert_eq!(task["lastStatus"], "RUNNING");
            runs.then_some(())
        })
        .await;
        ends(&machine, &task, 1).await;
    }
}

#[tokio::test]
async fn what_ended_while_there_was_no_agent_is_started_again_by_the_next_one() {
    let (mut machine, task) = running().await;
    machine.kill_agent().await;
    machine.runtime.end_after("main", 1, LONG);
    machine.start_agent();
    runs(&machine, 2).await;
    ends(&machine, &task, 1).await;
}

#[tokio::test]
async fn a_task_that_is_stopped_in_the_middle_of_a_restart_ends() {
    let (machine, task) = running().await;
    machine.runtime.hold("recreate");
    machine.runtime.end_after("main", 1, LONG);
    machine.asked("recreate main", 1).await;
    machine.stop(&task).await;
    machine.runtime.release("recreate");
    machine.asked("signal main 15", 1).await;
    ends(&machine, &task, 143).await;
}
