//! Why a service is as it is.

use anyhow::{Context as _, Result};
use berth_api::ecs::{self as api, Service, ServiceEvent, Task, TaskStopCode};
use berth_client::Client;
use serde::Deserialize;

use super::task;
use crate::{listing, services, tasks, terminal};

/// Where the control plane says what a service waits for.
const PATH: &str = "/_berth/why";
/// Tasks of each kind, and events, that are told of.
const SHOWN: usize = 3;

#[derive(Debug, Deserialize)]
struct Answer {
    why: Vec<String>,
}

/// The sentences about a service.
pub(super) async fn why(client: &Client, cluster: &str, service: &Service) -> Result<Vec<String>> {
    let name = services::name(service);
    let mut lines = vec![format!("service {name} {}", state(service))];
    lines.extend(rollout(client, service).await?);
    if services::is_active(service) {
        let text =
            client.ask(PATH, &[("cluster", cluster), ("service", name)]).await.context("asking what the service waits for")?;
        let answer: Answer = serde_json::from_str(&text).context("reading what the service waits for")?;
        lines.extend(answer.why.iter().map(|line| format!("  {line}")));
        lines.extend(advice(service, &answer.why));
    }
    for task in pending(client, cluster, name).await? {
        lines.extend(task::why(client, cluster, &task).await?.into_iter().map(|line| format!("  {line}")));
    }
    for (task, more) in kinds(failed(client, cluster, name).await?) {
        lines.extend(task::sentences(&task, None).into_iter().map(|line| format!("  {line}")));
        if more > 0 {
            lines.push(format!("    {more} more tasks ended so within the last hour"));
        }
    }
    lines.extend(troubles(service.events.as_deref().unwrap_or_default()));
    Ok(lines)
}

fn state(service: &Service) -> String {
    let counts = services::counts(service);
    match service.status.as_deref() {
        Some("INACTIVE") => "was deleted".to_owned(),
        Some("DRAINING") => format!("is being deleted: {counts}"),
        _ if services::is_settled(service) => format!("has what it is to have: {counts}"),
        _ if service.running_count == service.desired_count && service.pending_count == Some(0) => {
            format!("has as many tasks as it is to have, but not yet those of its deployment: {counts}")
        }
        _ => format!("is not there yet: {counts}"),
    }
}

/// What helps where tasks find no place.
fn advice(service: &Service, why: &[String]) -> Option<String> {
    why.iter().any(|line| line.contains("find no place")).then(|| {
        let others = service.deployments.iter().flatten().skip(1).any(|other| other.running_count > Some(0));
        let fewer = if others { ", or let old tasks end first: a lower minimumHealthyPercent" } else { "" };
        format!("  to make room: add a machine, or scale another service down{fewer}")
    })
}

/// What is to be said of its last deployment.
async fn rollout(client: &Client, service: &Service) -> Result<Vec<String>> {
    let (Some(primary), Some(arn)) = (services::primary(service), &service.current_service_deployment) else {
        return Ok(Vec::new());
    };
    let record = services::record(client, arn).await?;
    let mut lines = Vec::new();
    if !services::is_completed(primary) {
        let definition = tasks::id(primary.task_definition.as_deref().unwrap_or_default());
        let reason = primary.rollout_state_reason.as_deref().unwrap_or_default();
        let count = |count: Option<i32>| count.unwrap_or_default();
        let (running, desired) = (count(primary.running_count), count(primary.desired_count));
        let failed = count(primary.failed_tasks);
        lines.push(format!("  deployment of {definition}: {running} of {desired} running, {failed} failed. {reason}"));
    }
    lines.extend(services::pauses(&record).into_iter().map(|line| format!("  {line}")));
    if let Some(rollback) = record.rollback {
        let ago = rollback.started_at.map(|at| terminal::age(at.0)).unwrap_or_default();
        lines.push(format!("  a deployment was rolled back {ago} ago: {}", rollback.reason.unwrap_or_default()));
    }
    Ok(lines)
}

async fn of_service(client: &Client, cluster: &str, name: &str, desired: api::DesiredStatus) -> Result<Vec<Task>> {
    let input = api::ListTasksRequest {
        cluster: Some(cluster.to_owned()),
        service_name: Some(name.to_owned()),
        desired_status: Some(desired),
        ..Default::default()
    };
    let arns = listing::all(client, input).await.with_context(|| format!("listing the tasks of service {name}"))?;
    tasks::describe(client, cluster, &arns).await
}

/// The oldest of its tasks that do not run yet.
async fn pending(client: &Client, cluster: &str, name: &str) -> Result<Vec<Task>> {
    let mut found = of_service(client, cluster, name, api::DesiredStatus::Running).await?;
    found.retain(|task| task.last_status.as_deref() != Some("RUNNING"));
    found.sort_by_key(|task| task.created_at.map(|at| at.0));
    found.truncate(SHOWN);
    Ok(found)
}

/// Its tasks that ended by themselves, the last first.
async fn failed(client: &Client, cluster: &str, name: &str) -> Result<Vec<Task>> {
    let mut found = of_service(client, cluster, name, api::DesiredStatus::Stopped).await?;
    found.retain(|task| tasks::is_stopped(task) && task.stop_code != Some(TaskStopCode::ServiceSchedulerInitiated));
    found.sort_by_key(|task| std::cmp::Reverse(task.stopped_at.map(|at| at.0)));
    Ok(found)
}

/// The last ways in which tasks ended: one task of each, and how many more ended so.
fn kinds(tasks: Vec<Task>) -> Vec<(Task, usize)> {
    let way = |task: &Task| (task.stopped_reason.clone(), tasks::outcomes(task));
    let mut kinds: Vec<(Task, usize)> = Vec::new();
    for task in tasks {
        if let Some((_, more)) = kinds.iter_mut().find(|(first, _)| way(first) == way(&task)) {
            *more += 1;
        } else if kinds.len() < SHOWN {
            kinds.push((task, 0));
        }
    }
    kinds
}

/// The last events since the service was as it is to be, but those of what went well.
fn troubles(events: &[ServiceEvent]) -> Vec<String> {
    let goes_well = |text: &str| {
        [" has started ", " has stopped ", " deployment completed.", " is paused at "].iter().any(|part| text.contains(part))
    };
    let since = events
        .iter()
        .take_while(|event| !event.message.as_deref().is_some_and(|text| text.ends_with("has reached a steady state.")));
    let said =
        since.filter_map(|event| Some((event.created_at?, event.message.as_deref()?))).filter(|(_, text)| !goes_well(text));
    said.take(SHOWN).map(|(at, text)| format!("  {} ago: {text}", terminal::age(at.0))).collect()
}

#[cfg(test)]
mod tests {
    use berth_wire::Timestamp;

    use super::*;

    fn ended(reason: &str, code: i32) -> Task {
        let container = api::Container { name: Some("web".to_owned()), exit_code: Some(code), ..Default::default() };
        Task { stopped_reason: Some(reason.to_owned()), containers: Some(vec![container]), ..Default::default() }
    }

    #[test]
    fn tasks_that_ended_the_same_way_are_told_of_once() {
        let ends = [("exited", 3), ("exited", 3), ("exited", 4), ("exited", 3), ("no image", 1), ("no disk", 1), ("exited", 4)];
        let kinds = kinds(ends.map(|(reason, code)| ended(reason, code)).to_vec());
        let told: Vec<_> = kinds.iter().map(|(task, more)| (tasks::outcomes(task).join(""), *more)).collect();
        let way = |code: i32, more| (format!("web exited with {code}"), more);
        assert_eq!(told, [way(3, 2), way(4, 1), way(1, 0)]);
    }

    #[test]
    fn who_finds_no_place_is_told_how_to_make_room() {
        let deployment = |running| api::Deployment { running_count: Some(running), ..Default::default() };
        let service = |deployments| Service { deployments: Some(deployments), ..Default::default() };
        let why = ["1 tasks find no place: none of 1 instances has room".to_owned()];
        assert!(advice(&service(vec![deployment(0), deployment(2)]), &why).unwrap().contains("minimumHealthyPercent"));
        assert!(!advice(&service(vec![deployment(0)]), &why).unwrap().contains("minimumHealthyPercent"));
        assert_eq!(advice(&service(vec![deployment(0)]), &["2 tasks wait".to_owned()]), None);
    }

    #[test]
    fn events_are_troubles_until_the_service_was_steady_before() {
        let event =
            |text: &str| ServiceEvent { message: Some(text.to_owned()), created_at: Some(Timestamp(0)), ..Default::default() };
        // The newest first.
        let events = [
            "(service web) has started 1 tasks: (task 1).",
            "(service web) was unable to place a task.",
            "(service web) has reached a steady state.",
            "(service web) rolling back to deployment 1.",
        ];
        let told = troubles(&events.map(event));
        let [line] = told.as_slice() else { panic!("{told:?}") };
        assert!(line.ends_with("ago: (service web) was unable to place a task."), "{line}");
    }
}
