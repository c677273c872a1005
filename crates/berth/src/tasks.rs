//! Tasks as the operator's commands see them.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use berth_api::ecs::{self as api, Task};
use berth_client::Client;

use crate::listing;
use crate::terminal::{self, BAD, Cell, FAINT, GOOD, PLAIN, WAITING};

/// Tasks that one call describes.
const DESCRIBED_AT_ONCE: usize = 100;
/// The time between two looks at a task that somebody waits for.
pub(crate) const LOOK: Duration = Duration::from_millis(100);

/// The ARNs of a cluster's tasks that should run, or should not; of one instance if it is named.
pub(crate) async fn arns(
    client: &Client,
    cluster: &str,
    desired: api::DesiredStatus,
    instance: Option<&str>,
) -> Result<Vec<String>> {
    let input = api::ListTasksRequest {
        cluster: Some(cluster.to_owned()),
        container_instance: instance.map(str::to_owned),
        desired_status: Some(desired),
        ..Default::default()
    };
    listing::all(client, input).await.with_context(|| format!("listing the tasks of cluster {cluster}"))
}

/// All tasks of a cluster, those that stopped within the last hour included.
pub(crate) async fn all(client: &Client, cluster: &str) -> Result<Vec<String>> {
    let mut all = arns(client, cluster, api::DesiredStatus::Running, None).await?;
    all.extend(arns(client, cluster, api::DesiredStatus::Stopped, None).await?);
    Ok(all)
}

/// The tasks of a machine that are not over: its instance's, and Fargate's, of whichever cluster, which nobody lists by machine: those that
/// its agent has a folder of.
pub(crate) async fn of_machine(client: &Client, cluster: &str, instance: &str, agent: &Path) -> Result<Vec<Task>> {
    let mut listed = arns(client, cluster, api::DesiredStatus::Running, Some(instance)).await?;
    listed.extend(arns(client, cluster, api::DesiredStatus::Stopped, Some(instance)).await?);
    let mut found = describe(client, cluster, &listed).await?;
    let folders = agent.join("tasks");
    for cluster in listing::all(client, api::ListClustersRequest::default()).await.context("listing clusters")? {
        let mut others = all(client, &cluster).await?;
        others.retain(|arn| !listed.contains(arn) && folders.join(id(arn)).is_dir());
        found.extend(describe(client, &cluster, &others).await?);
    }
    found.retain(|task| !is_stopped(task));
    Ok(found)
}

/// Describes tasks; those that are gone are left out.
pub(crate) async fn describe(client: &Client, cluster: &str, arns: &[String]) -> Result<Vec<Task>> {
    let mut tasks = Vec::with_capacity(arns.len());
    for some in arns.chunks(DESCRIBED_AT_ONCE) {
        let input = api::DescribeTasksRequest { cluster: Some(cluster.to_owned()), tasks: some.to_vec(), ..Default::default() };
        let answer = client.call(&input).await.context("describing tasks")?;
        tasks.extend(answer.tasks.unwrap_or_default());
    }
    Ok(tasks)
}

/// One task by its ARN.
pub(crate) async fn one(client: &Client, cluster: &str, arn: &str) -> Result<Task> {
    several(client, cluster, &[arn.to_owned()]).await?.pop().context("it was described")
}

/// Tasks by their ARNs, all of them.
pub(crate) async fn several(client: &Client, cluster: &str, arns: &[String]) -> Result<Vec<Task>> {
    let found = describe(client, cluster, arns).await?;
    if let Some(gone) = arns.iter().find(|wanted| !found.iter().any(|task| arn(task) == wanted.as_str())) {
        bail!("task {} is gone: stopped tasks are described for an hour", short_id(gone));
    }
    Ok(found)
}

/// The task of a cluster that somebody means by its id, the beginning of it, or its ARN.
pub(crate) async fn find(client: &Client, cluster: &str, text: &str) -> Result<Task> {
    let prefix = id(text);
    let known = all(client, cluster).await?;
    let mut meant: Vec<&String> = known.iter().filter(|arn| id(arn).starts_with(prefix)).collect();
    meant.dedup();
    match meant.as_slice() {
        [arn] => one(client, cluster, arn).await,
        [] => bail!("no task of cluster {cluster} has an id that starts with {prefix}; `berth ps --all` lists them"),
        several => {
            let ids: Vec<&str> = several.iter().map(|arn| id(arn)).collect();
            bail!("{} tasks have an id that starts with {prefix}: {}; say more of it", several.len(), ids.join(", "))
        }
    }
}

/// Asks for a task to be stopped.
pub(crate) async fn stop(client: &Client, cluster: &str, arn: &str, reason: &str) -> Result<()> {
    let input = api::StopTaskRequest { cluster: Some(cluster.to_owned()), task: arn.to_owned(), reason: Some(reason.to_owned()) };
    client.call(&input).await.with_context(|| format!("stopping task {}", short_id(arn)))?;
    Ok(())
}

/// The id at the end of an ARN.
pub(crate) fn id(arn: &str) -> &str {
    arn.rsplit('/').next().unwrap_or(arn)
}

/// As much of an id as tells tasks apart at a glance.
pub(crate) fn short_id(arn: &str) -> &str {
    let id = id(arn);
    id.get(..12).unwrap_or(id)
}

/// A task's ARN.
pub(crate) fn arn(task: &Task) -> &str {
    task.task_arn.as_deref().unwrap_or_default()
}

/// Whether nothing more happens to a task.
pub(crate) fn is_stopped(task: &Task) -> bool {
    task.last_status.as_deref() == Some("STOPPED")
}

/// What a task is doing.
pub(crate) fn status(task: &Task) -> Cell {
    let text = task.last_status.clone().unwrap_or_default();
    let stopping = task.desired_status.as_deref() == Some("STOPPED");
    let style = match text.as_str() {
        "STOPPED" => FAINT,
        "RUNNING" if !stopping => GOOD,
        _ => WAITING,
    };
    Cell(if stopping && text != "STOPPED" { "STOPPING".to_owned() } else { text }, style)
}

/// What became of a container: its exit code and why, as far as it is known.
pub(crate) fn outcome(container: &api::Container) -> String {
    let name = container.name.as_deref().unwrap_or_default();
    match (container.exit_code, container.reason.as_deref()) {
        (Some(code), None) => format!("{name} exited with {code}"),
        (Some(code), Some(reason)) => format!("{name} exited with {code} ({reason})"),
        (None, Some(reason)) => format!("{name}: {reason}"),
        (None, None) => format!("{name}: {}", container.last_status.as_deref().unwrap_or_default()),
    }
}

/// What became of the containers of a stopped task, but for what is said of the task already.
pub(crate) fn outcomes(task: &Task) -> Vec<String> {
    let said = task.stopped_reason.as_deref().unwrap_or_default();
    let is_news = |container: &&api::Container| {
        container.exit_code.is_some() || container.reason.as_deref().is_none_or(|reason| !said.contains(reason))
    };
    task.containers.iter().flatten().filter(is_news).map(outcome).collect()
}

/// Says on standard error why containers failed, as far as that is known.
pub(crate) fn explain(task: &Task, only: Option<&str>) {
    let containers =
        task.containers.iter().flatten().filter(|container| only.is_none_or(|only| container.name.as_deref() == Some(only)));
    for container in containers.filter(|container| container.reason.is_some()) {
        terminal::note(format_args!("{WAITING}{}{WAITING:#}", outcome(container)));
    }
}

/// A task's containers in a few words.
pub(crate) fn containers(task: &Task) -> Cell {
    let containers = task.containers.as_deref().unwrap_or_default();
    let word = |container: &api::Container| {
        let name = container.name.as_deref().unwrap_or_default();
        // Reasons are of the form `CannotPullContainerError: what happened`.
        let kind = container.reason.as_deref().map(|reason| reason.split_once(": ").map_or(reason, |(kind, _)| kind));
        match (container.exit_code, kind) {
            (Some(code), None) => format!("{name} exited {code}"),
            (Some(code), Some(kind)) => format!("{name} exited {code} ({kind})"),
            (None, Some(kind)) => format!("{name} {kind}"),
            (None, None) => format!("{name} {}", container.last_status.as_deref().unwrap_or_default().to_lowercase()),
        }
    };
    let failed = |container: &api::Container| match container.exit_code {
        Some(code) => code != 0,
        None => container.reason.is_some(),
    };
    let words: Vec<String> = containers.iter().map(word).collect();
    Cell(words.join(", "), if containers.iter().any(failed) { BAD } else { PLAIN })
}

/// A task for machines to read.
pub(crate) fn as_json(task: &Task) -> serde_json::Value {
    let containers = task.containers.iter().flatten().map(|container| {
        serde_json::json!({
            "name": container.name,
            "image": container.image,
            "status": container.last_status,
            "exitCode": container.exit_code,
            "reason": container.reason,
        })
    });
    let time = |at: Option<berth_wire::Timestamp>| at.map(|at| at.0);
    serde_json::json!({
        "id": id(arn(task)),
        "taskArn": task.task_arn,
        "taskDefinition": task.task_definition_arn.as_deref().map(id),
        "status": task.last_status,
        "desiredStatus": task.desired_status,
        "stopCode": task.stop_code.as_ref().map(berth_wire::EnumShape::as_str),
        "stoppedReason": task.stopped_reason,
        "createdAt": time(task.created_at),
        "startedAt": time(task.started_at),
        "stoppedAt": time(task.stopped_at),
        "containers": containers.collect::<Vec<_>>(),
    })
}
