use berth_api::acs;
use berth_plan::node::{Outcome, Uptime};

use super::*;

fn record(phases: &[Phase]) -> Record {
    let container = |at: usize| acs::Container { name: format!("c{at}"), ..acs::Container::default() };
    let containers = (0..phases.len()).map(container).collect();
    let task = acs::Task { arn: "arn:task/1".to_owned(), containers, ..acs::Task::default() };
    let mut record = Record::new(task, "i", "boot").unwrap();
    for (container, phase) in record.node.containers.iter_mut().zip(phases) {
        container.phase = phase.clone();
    }
    record.made[0].runtime_id = Some("r0".to_owned());
    record
}

fn running() -> Phase {
    Phase::Running { since: Uptime(std::time::Duration::ZERO), started_at: Timestamp::from_millis(1) }
}

fn stopped(code: i32, started_at: Option<i64>) -> Phase {
    let reason = started_at.is_none().then(|| "x".repeat(2000));
    let started_at = started_at.map(Timestamp::from_millis);
    Phase::Stopped(Outcome { code: Some(code), reason, started_at, ended_at: Timestamp::from_millis(5000 + i64::from(code)) })
}

fn now(record: &Record) -> Progress {
    Progress::of(record, |_| false)
}

fn reported(record: &Record, before: &Progress) -> SubmitTaskStateChangeRequest {
    report(record, "default", before, &now(record))
}

/// As `name STATUS code`.
fn said(record: &Record, before: &Progress) -> (String, Vec<String>) {
    let request = reported(record, before);
    let change = |change: &ContainerStateChange| {
        let text = |member: &Option<String>| member.clone().unwrap_or_default();
        let code = change.exit_code.map(|code| format!(" {code}")).unwrap_or_default();
        format!("{} {}{code}", text(&change.container_name), text(&change.status))
    };
    (request.status.unwrap(), request.containers.unwrap().iter().map(change).collect())
}

#[test]
fn running_is_the_first_that_is_said_of_a_task_of_one_container() {
    let waiting = record(&[Phase::Starting]);
    assert_eq!(now(&waiting), Progress::none(&waiting), "nothing to say yet");
    let record = record(&[running()]);
    assert_ne!(now(&record), Progress::none(&record));
    assert_eq!(said(&record, &Progress::none(&record)), ("RUNNING".to_owned(), vec!["c0 RUNNING".to_owned()]));
}

#[test]
fn a_container_that_ran_for_a_moment_is_said_to_have_run() {
    let record = record(&[stopped(0, Some(1))]);
    let both = vec!["c0 RUNNING".to_owned(), "c0 STOPPED 0".to_owned()];
    assert_eq!(said(&record, &Progress::none(&record)), ("STOPPED".to_owned(), both));
    let known = Progress { task: Status::Running, containers: vec![Status::Running] };
    assert_eq!(said(&record, &known).1, ["c0 STOPPED 0"]);
}

#[test]
fn a_container_that_never_started_is_not_said_to_have_run() {
    let record = record(&[stopped(127, None)]);
    assert_eq!(said(&record, &Progress::none(&record)).1, ["c0 STOPPED 127"]);
    let request = reported(&record, &Progress::none(&record));
    assert_eq!(request.containers.unwrap()[0].reason.as_ref().map(String::len), Some(1024));
}

#[test]
fn a_task_is_as_far_as_its_last_container_and_its_execution_ended_with_the_first() {
    let pending = record(&[running(), Phase::Pulling]);
    assert_eq!(said(&pending, &Progress::none(&pending)), ("PENDING".to_owned(), vec!["c0 RUNNING".to_owned()]));
    let over = record(&[stopped(9, Some(1)), stopped(3, Some(1))]);
    let request = reported(&over, &Progress::none(&over));
    assert_eq!(request.execution_stopped_at, Some(berth_wire::Timestamp(5003)));
    assert_eq!(request.containers.unwrap()[0].runtime_id.as_deref(), Some("r0"));
    assert_eq!(reported(&pending, &Progress::none(&pending)).execution_stopped_at, None);
}

#[test]
fn a_container_whose_output_is_on_its_way_is_not_said_to_have_ended() {
    let record = record(&[stopped(3, Some(1)), running()]);
    let held = Progress::of(&record, |at| at == 0);
    let request = report(&record, "default", &Progress::none(&record), &held);
    let words: Vec<String> = request.containers.unwrap().into_iter().filter_map(|change| change.status).collect();
    assert_eq!((request.status.as_deref(), words), (Some("RUNNING"), vec!["RUNNING".to_owned(), "RUNNING".to_owned()]));
    assert_eq!(report(&record, "default", &held, &now(&record)).containers.unwrap()[0].exit_code, Some(3));
}

#[test]
fn pulls_are_told_from_the_first_to_the_last_once_all_are_over() {
    let at = |millis| Some(Timestamp::from_millis(millis));
    let told = |record: &Record| {
        let request = reported(record, &Progress::none(record));
        (request.pull_started_at.map(|at| at.0), request.pull_stopped_at.map(|at| at.0))
    };
    let mut pulled = record(&[running(), running(), stopped(1, None)]);
    assert_eq!(told(&pulled), (None, None), "no registry was asked");
    (pulled.made[0].pull_started_at, pulled.made[0].pull_stopped_at) = (at(20), at(30));
    (pulled.made[2].pull_started_at, pulled.made[2].pull_stopped_at) = (at(10), at(25));
    assert_eq!(told(&pulled), (Some(10), Some(30)));
    pulled.node.containers[1].phase = Phase::Pulling;
    assert_eq!(told(&pulled), (None, None), "more may follow");
}
