//! Health checks.

use berth_testkit::eventually;
use serde_json::{Value, json};

use super::machine::Machine;

const CHECK: &str = "exec main /check it 2";

fn checked() -> Value {
    json!({ "healthCheck": { "command": ["CMD", "/check", "it"], "interval": 5, "timeout": 2, "retries": 1 } })
}

/// A container's health, once it is known.
async fn health(machine: &Machine, task: &str, wanted: &str) -> Value {
    eventually(&format!("the task is {wanted}"), async || {
        let task = machine.describe(task).await;
        (task["healthStatus"] == wanted && task["containers"][0]["healthStatus"] == wanted).then_some(task)
    })
    .await
}

#[tokio::test]
async fn a_check_makes_a_container_healthy_and_unhealthy_and_ends_nothing() {
    let machine = Machine::start().await;
    machine.runtime.answer("fine", 0);
    let task = machine.run(&[checked()]).await;
    machine.task_is(&task, "RUNNING").await;
    assert_eq!(machine.describe(&task).await["healthStatus"], "UNKNOWN");
    health(&machine, &task, "HEALTHY").await;
    machine.runtime.answer("no", 1);
    let unhealthy = health(&machine, &task, "UNHEALTHY").await;
    assert_eq!(unhealthy["lastStatus"], "RUNNING");
    assert!(machine.runtime.calls("exec").iter().all(|call| call == CHECK), "{:?}", machine.runtime.calls("exec"));
    machine.stop(&task).await;
    machine.asked("signal main 15", 1).await;
    machine.runtime.end("main", 0);
    machine.task_is(&task, "STOPPED").await;
    machine.is_clear().await;
}

#[tokio::test]
async fn an_agent_killed_while_a_check_runs_makes_it_again() {
    let mut machine = Machine::start().await;
    machine.runtime.answer("fine", 0);
    machine.runtime.hold("exec");
    let task = machine.run(&[checked()]).await;
    machine.task_is(&task, "RUNNING").await;
    machine.asked(CHECK, 1).await;
    machine.kill_agent().await;
    machine.start_agent();
    machine.asked(CHECK, 2).await;
    machine.runtime.release("exec");
    health(&machine, &task, "HEALTHY").await;
    // What is known outlives the agent.
    machine.kill_agent().await;
    machine.start_agent();
    machine.runtime.end("main", 0);
    machine.task_is(&task, "STOPPED").await;
    machine.is_clear().await;
}

#[tokio::test]
async fn a_container_waits_for_anothers_health() {
    let machine = Machine::start().await;
    machine.runtime.answer("not yet", 1);
    let check = json!({ "command": ["CMD-SHELL", "it || exit 1"], "interval": 5, "timeout": 2 });
    let wait = json!([{ "containerName": "db", "condition": "HEALTHY" }]);
    let containers = [json!({ "name": "db", "healthCheck": check }), json!({ "name": "app", "dependsOn": wait })];
    let task = machine.run(&containers).await;
    machine.asked("exec db /bin/sh -c it || exit 1 2", 1).await;
    assert_eq!(machine.runtime.count("create app"), 0);
    machine.runtime.answer("", 0);
    machine.asked("start app", 1).await;
    machine.task_is(&task, "RUNNING").await;
}
