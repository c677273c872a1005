//! The agent is killed at every moment: nothing is lost, doubled or left behind.

use std::fs;

use berth_testkit::eventually;
use serde_json::json;

use super::machine::Machine;

/// A task that was killed together with its agent while a call was being made, and how it goes on.
async fn killed_during(call: &'static str) -> (Machine, String) {
    let mut machine = Machine::start().await;
    machine.runtime.hold(call);
    let task = machine.run(&[json!({})]).await;
    machine.asked(&format!("{call} main"), 1).await;
    machine.kill_agent().await;
    (machine, task)
}

async fn runs_and_ends(machine: &Machine, task: &str) {
    machine.task_is(task, "RUNNING").await;
    machine.runtime.end("main", 3);
    let over = machine.task_is(task, "STOPPED").await;
    assert_eq!(over["containers"][0]["exitCode"], 3);
    machine.is_clear().await;
    assert_eq!(machine.runtime.count("start main"), 1, "its program ran once");
}

#[tokio::test]
async fn killed_while_a_container_is_made_it_is_made_from_the_beginning() {
    let (mut machine, task) = killed_during("create").await;
    machine.start_agent();
    machine.runtime.release("create");
    runs_and_ends(&machine, &task).await;
    assert_eq!(machine.runtime.count("create main"), 2);
}

#[tokio::test]
async fn killed_while_a_container_is_started_it_is_taken_up_when_it_runs() {
    let (mut machine, task) = killed_during("start").await;
    machine.start_agent();
    machine.runtime.release("start");
    runs_and_ends(&machine, &task).await;
    assert_eq!(machine.runtime.count("create main"), 1);
}

#[tokio::test]
async fn killed_after_a_container_was_started_it_is_taken_up() {
    let (mut machine, task) = killed_during("start").await;
    machine.runtime.release("start");
    eventually("it runs", async || {
        matches!(machine.runtime.standing("main"), berth_runtime::Standing::Running { .. }).then_some(())
    })
    .await;
    machine.start_agent();
    runs_and_ends(&machine, &task).await;
}

#[tokio::test]
async fn a_running_container_is_taken_up_after_a_kill_and_after_an_orderly_end() {
    let mut machine = Machine::start().await;
    let task = machine.run(&[json!({})]).await;
    machine.task_is(&task, "RUNNING").await;
    machine.kill_agent().await;
    machine.start_agent();
    machine.instance().await;
    machine.stop_agent().await;
    machine.start_agent();
    runs_and_ends(&machine, &task).await;
}

#[tokio::test]
async fn the_exit_code_of_what_ended_without_an_agent_is_told() {
    let mut machine = Machine::start().await;
    let task = machine.run(&[json!({})]).await;
    machine.task_is(&task, "RUNNING").await;
    machine.kill_agent().await;
    machine.runtime.end("main", 42);
    machine.start_agent();
    let over = machine.task_is(&task, "STOPPED").await;
    assert_eq!(over["containers"][0]["exitCode"], 42);
    machine.is_clear().await;
}

#[tokio::test]
async fn an_end_that_the_control_plane_could_not_be_told_is_told_later() {
    let mut machine = Machine::start().await;
    let task = machine.run(&[json!({})]).await;
    machine.task_is(&task, "RUNNING").await;
    let meanwhile = async |machine: &mut Machine| {
        machine.runtime.end("main", 42);
        // The machine gets its room back; only the record stays.
        let gone = async || machine.runtime.is_empty().then_some(());
        eventually("the container is given back", gone).await;
        assert_eq!(machine.task_folders().len(), 1);
        machine.kill_agent().await;
    };
    machine.restart_plane(meanwhile).await;
    machine.start_agent();
    let over = machine.task_is(&task, "STOPPED").await;
    assert_eq!(over["containers"][0]["exitCode"], 42);
    machine.is_clear().await;
}

#[tokio::test]
async fn a_task_that_was_asked_to_stop_is_asked_again_after_a_kill() {
    let mut machine = Machine::start().await;
    let task = machine.run(&[json!({})]).await;
    machine.task_is(&task, "RUNNING").await;
    machine.stop(&task).await;
    machine.asked("signal main 15", 1).await;
    machine.kill_agent().await;
    machine.start_agent();
    machine.asked("signal main 15", 2).await;
    machine.runtime.end("main", 143);
    let over = machine.task_is(&task, "STOPPED").await;
    assert_eq!((over["stopCode"].as_str(), over["containers"][0]["exitCode"].as_i64()), (Some("UserInitiated"), Some(143)));
    machine.is_clear().await;
}

#[tokio::test]
async fn what_ran_before_the_machine_was_started_again_is_over() {
    let mut machine = Machine::start().await;
    let task = machine.run(&[json!({})]).await;
    machine.task_is(&task, "RUNNING").await;
    machine.kill_agent().await;
    let [folder] = &machine.task_folders()[..] else { panic!("one task") };
    let record = folder.join("task.cbor");
    let mut bytes = fs::read(&record).unwrap();
    let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap();
    let at = bytes.windows(36).position(|text| text == boot.trim().as_bytes()).unwrap();
    bytes[at..at + 36].fill(b'0');
    fs::write(&record, bytes).unwrap();
    machine.start_agent();
    let over = machine.task_is(&task, "STOPPED").await;
    assert_eq!(over["containers"][0]["reason"], "The machine was restarted while the task was on it");
    machine.is_clear().await;
}

#[tokio::test]
async fn a_damaged_record_is_cleared_and_its_task_is_over() {
    let mut machine = Machine::start().await;
    let task = machine.run(&[json!({})]).await;
    machine.task_is(&task, "RUNNING").await;
    machine.kill_agent().await;
    let [folder] = &machine.task_folders()[..] else { panic!("one task") };
    fs::write(folder.join("task.cbor"), b"").unwrap();
    machine.start_agent();
    let over = machine.task_is(&task, "STOPPED").await;
    assert!(over["stoppedReason"].as_str().unwrap().starts_with("The record of the task on its machine is damaged"), "{over}");
    machine.is_clear().await;
}

#[tokio::test]
async fn a_folder_without_a_record_is_cleared() {
    let mut machine = Machine::start().await;
    machine.kill_agent().await;
    fs::create_dir_all(machine.data().join("tasks/0123456789abcdef/main/runtime")).unwrap();
    machine.start_agent();
    machine.is_clear().await;
}
