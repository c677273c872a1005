use berth_api::acs::{Container, ContainerDependency, Hidden, RoleCredentials, Task};

use super::*;

fn container(name: &str, waits: &[(&str, DependencyCondition)]) -> Container {
    let depends_on = waits
        .iter()
        .map(|(name, condition)| ContainerDependency { container_name: (*name).to_owned(), condition: Some(condition.clone()) });
    Container { name: name.to_owned(), depends_on: depends_on.collect(), ..Container::default() }
}

fn task(containers: Vec<Container>) -> Task {
    Task { arn: "arn:task/1".to_owned(), containers, ..Task::default() }
}

fn new(task: Task) -> Result<Record, String> {
    Record::new(task, "arn:instance", "boot")
}

#[test]
fn a_record_is_read_as_it_was_kept_but_without_credentials() {
    let temporary = tempfile::tempdir().unwrap();
    let folder = TaskFolder::at(temporary.path().to_owned());
    assert!(Record::read(&folder).unwrap().is_none());
    let secret = RoleCredentials { secret_access_key: Hidden("hush".to_owned()), ..RoleCredentials::default() };
    let mut record = new(Task { role_credentials: Some(secret), ..task(vec![container("main", &[])]) }).unwrap();
    record.made[0] = Made { manifest: Some("sha256:1".to_owned()), runtime_id: Some("r".to_owned()), ..Made::default() };
    for outlives in [Outlives::Process, Outlives::Power] {
        record.keep(&folder, outlives).unwrap();
        let read = Record::read(&folder).unwrap().unwrap();
        assert_eq!((&read.task, &read.node, &read.made), (&record.task, &record.node, &record.made));
        assert_eq!((read.instance.as_str(), read.boot.as_str(), &read.task.role_credentials), ("arn:instance", "boot", &None));
    }
}

#[test]
fn a_damaged_record_is_told_from_a_newer_one() {
    let temporary = tempfile::tempdir().unwrap();
    let folder = TaskFolder::at(temporary.path().to_owned());
    let record = new(task(vec![container("main", &[])])).unwrap();
    record.keep(&folder, Outlives::Process).unwrap();
    let bytes = std::fs::read(folder.record()).unwrap();
    for cut in 0..bytes.len() {
        std::fs::write(folder.record(), &bytes[..cut]).unwrap();
        assert!(matches!(Record::read(&folder), Err(RecordError::Damaged(_))), "cut at {cut}");
    }
    // A map, the number 0, the version.
    let newer = [&bytes[..2], &[VERSION + 1][..], &bytes[3..]].concat();
    std::fs::write(folder.record(), newer).unwrap();
    assert!(matches!(Record::read(&folder), Err(RecordError::Newer)));
}

#[test]
fn what_a_container_waits_for_is_found_by_name() {
    let waiting = container("app", &[("init", DependencyCondition::Success)]);
    let record = new(task(vec![waiting, container("init", &[])])).unwrap();
    assert_eq!(record.node.containers[0].waits, [Wait { on: 1, until: Condition::Success }]);
    assert_eq!(record.node.containers[0].stop_timeout, STOP_TIMEOUT);
}

#[test]
fn what_can_never_start_is_refused_by_the_tasks_name() {
    let expected = "Task dependencies cannot be resolved, taskArn: arn:task/1";
    let start = DependencyCondition::Start;
    let circle = vec![container("a", &[("b", start.clone())]), container("b", &[("a", start.clone())])];
    let unlisted = DependencyCondition::Unlisted("DONE".to_owned());
    let unknown = vec![container("a", &[("b", unlisted)]), container("b", &[])];
    for containers in [circle, vec![container("a", &[("none", start)])], unknown] {
        assert_eq!(new(task(containers)).unwrap_err(), expected);
    }
}
