//! Why a task is as it is.

use anyhow::Result;
use berth_api::ecs::{Container, ContainerInstance, HealthStatus, Task};
use berth_client::Client;
use berth_wire::EnumShape as _;

use super::super::node;
use crate::{tasks, terminal};

/// The sentences about a task.
pub(super) async fn why(client: &Client, cluster: &str, task: &Task) -> Result<Vec<String>> {
    let nodes = node::nodes(client, cluster).await?;
    let on = nodes
        .iter()
        .find(|node| node.container_instance_arn.is_some() && node.container_instance_arn == task.container_instance_arn);
    Ok(sentences(task, on))
}

/// What is said of a task, the most important first.
pub(super) fn sentences(task: &Task, node: Option<&ContainerInstance>) -> Vec<String> {
    let id = tasks::short_id(tasks::arn(task));
    let status = task.last_status.as_deref().unwrap_or_default();
    if status == "STOPPED" {
        let ago = task.stopped_at.or(task.stopping_at).map(|at| format!(" {} ago", terminal::age(at.0))).unwrap_or_default();
        let mut lines = vec![format!("task {id} stopped{ago}: {}", reason(task))];
        lines.extend(tasks::outcomes(task).iter().map(|outcome| format!("  {outcome}")));
        return lines;
    }
    let mut lines = if task.desired_status.as_deref() == Some("STOPPED") {
        vec![
            format!("task {id} is to stop: {}", reason(task)),
            format!("  what has not ended yet: {}", names(task, |status| status != "STOPPED")),
        ]
    } else if status == "RUNNING" {
        running(task, id)
    } else {
        vec![format!("task {id} is {status}: {}", pending(task, status))]
    };
    if let Some(node) = node.filter(|node| node.agent_connected != Some(true)) {
        let node = tasks::short_id(node::arn(node));
        lines.push(format!(
            "  its node {node} is not connected: nothing is known of it, and nothing changes there, until its agent is back"
        ));
    }
    lines
}

fn reason(task: &Task) -> String {
    let reason = task.stopped_reason.as_deref().unwrap_or("nobody said why");
    task.stop_code.as_ref().map_or_else(|| reason.to_owned(), |code| format!("{reason} ({})", code.as_str()))
}

fn running(task: &Task, id: &str) -> Vec<String> {
    let since = task.started_at.map(|at| format!(" for {}", terminal::age(at.0))).unwrap_or_default();
    let ill = |container: &&Container| container.health_status == Some(HealthStatus::Unhealthy);
    let ill: Vec<&str> = task.containers.iter().flatten().filter(ill).filter_map(|container| container.name.as_deref()).collect();
    let mut lines = vec![format!("task {id} has been running{since}")];
    if !ill.is_empty() {
        lines.push(format!("  health checks fail in {}", ill.join(", ")));
    }
    lines.extend(ended(task));
    lines
}

/// The containers that are over already.
fn ended(task: &Task) -> impl Iterator<Item = String> {
    let over = task.containers.iter().flatten().filter(|container| container.last_status.as_deref() == Some("STOPPED"));
    over.map(|container| format!("  {}", tasks::outcome(container)))
}

/// What a task that does not run yet waits for.
fn pending(task: &Task, status: &str) -> String {
    let since = |at: berth_wire::Timestamp| terminal::age(at.0);
    match (status, task.pull_started_at, task.pull_stopped_at) {
        ("PROVISIONING", ..) => "its network interface is being made".to_owned(),
        (_, Some(at), None) => format!("its images have been on their way for {}", since(at)),
        (_, _, Some(at)) => {
            let left = names(task, |status| status != "RUNNING");
            format!("its images have been there for {}; what does not run yet: {left}", since(at))
        }
        (_, None, None) => match task.created_at {
            Some(at) => format!("its node was told {} ago, and has not said that it begins", since(at)),
            None => "its node has not said that it begins".to_owned(),
        },
    }
}

/// The containers in certain states, with these.
fn names(task: &Task, is_meant: impl Fn(&str) -> bool) -> String {
    let word = |container: &Container| {
        let status = container.last_status.as_deref().unwrap_or_default();
        is_meant(status).then(|| format!("{} ({status})", container.name.as_deref().unwrap_or_default()))
    };
    let words: Vec<String> = task.containers.iter().flatten().filter_map(word).collect();
    words.join(", ")
}
