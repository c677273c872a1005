//! What is said of a task to the control plane.

use berth_api::ecs::{ContainerStateChange, SubmitTaskStateChangeRequest};
use berth_client::{CallError, Client};
use berth_model::Timestamp;
use berth_plan::node::{NodeContainer, Phase, Status};

use super::record::{Made, Record};
use crate::control::Refused;
use crate::network::reported;

/// Characters of a reason, at most.
const LONGEST_REASON: usize = 1024;

/// How far a task and its containers are, as far as reports say. It only rises.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Progress {
    pub(super) task: Status,
    containers: Vec<Status>,
}

impl Progress {
    /// What is to be said. A container that `is_held` is not said to have ended yet.
    pub(super) fn of(record: &Record, is_held: impl Fn(usize) -> bool) -> Self {
        let said = |(at, container): (usize, &NodeContainer)| match container.phase.status() {
            Status::Stopped if is_held(at) => Status::Running,
            status => status,
        };
        let containers: Vec<Status> = record.node.containers.iter().enumerate().map(said).collect();
        Self { task: containers.iter().copied().min().unwrap_or(Status::Stopped), containers }
    }

    /// What the control plane knows without being told.
    pub(super) fn none(record: &Record) -> Self {
        Self { task: Status::Pending, containers: vec![Status::Pending; record.node.containers.len()] }
    }
}

/// All that is to be said of a task that is so far, to somebody who knows `before` of it.
pub(super) fn report(record: &Record, cluster: &str, before: &Progress, now: &Progress) -> SubmitTaskStateChangeRequest {
    let of_containers = record.node.containers.iter().zip(&record.made);
    let progress = before.containers.iter().copied().zip(now.containers.iter().copied());
    let containers: Vec<ContainerStateChange> =
        of_containers.zip(progress).flat_map(|((container, made), progress)| changes(container, made, progress)).collect();
    let pull = pull_times(record);
    SubmitTaskStateChangeRequest {
        cluster: Some(record.task.task_cluster_arn.clone().unwrap_or_else(|| cluster.to_owned())),
        task: Some(record.task.arn.clone()),
        status: Some(word(now.task).to_owned()),
        // Why the task ended stands with its containers; the control plane knows the rest.
        reason: Some(String::new()),
        containers: Some(containers),
        pull_started_at: pull.map(|(started_at, _)| moment(started_at)),
        pull_stopped_at: pull.map(|(_, stopped_at)| moment(stopped_at)),
        execution_stopped_at: if now.task == Status::Stopped { execution_stopped_at(record) } else { None },
        ..SubmitTaskStateChangeRequest::default()
    }
}

/// What happened to a container since, in its order.
fn changes(container: &NodeContainer, made: &Made, (known, now): (Status, Status)) -> Vec<ContainerStateChange> {
    let change = |status: Status| ContainerStateChange {
        container_name: Some(container.name.clone()),
        status: Some(word(status).to_owned()),
        runtime_id: made.runtime_id.clone(),
        image_digest: made.digest.clone(),
        network_bindings: (!made.bindings.is_empty()).then(|| made.bindings.iter().map(reported).collect()),
        ..ContainerStateChange::default()
    };
    match (&container.phase, now) {
        (_, Status::Pending) => Vec::new(),
        (Phase::Stopped(outcome), Status::Stopped) => {
            let stopped = ContainerStateChange {
                exit_code: outcome.code,
                reason: outcome.reason.as_deref().map(shortened),
                ..change(Status::Stopped)
            };
            // It ran, however short it was, which makes its end another one than that of one that never started.
            let ran = outcome.started_at.is_some() && known == Status::Pending;
            ran.then(|| change(Status::Running)).into_iter().chain([stopped]).collect()
        }
        (_, status) => vec![change(status)],
    }
}

/// From the first image's pull to the last one's end; said once no more follow, because the control plane keeps what it hears first.
fn pull_times(record: &Record) -> Option<(Timestamp, Timestamp)> {
    let is_pulling = |container: &NodeContainer| matches!(container.phase, Phase::Waiting | Phase::Pulling);
    if record.node.containers.iter().any(is_pulling) {
        return None;
    }
    let times = |of: fn(&Made) -> Option<Timestamp>| record.made.iter().filter_map(of);
    Some((times(|made| made.pull_started_at).min()?, times(|made| made.pull_stopped_at).max()?))
}

/// When the first essential container ended.
fn execution_stopped_at(record: &Record) -> Option<berth_wire::Timestamp> {
    let ends =
        record.node.containers.iter().filter(|container| container.essential).filter_map(|container| match &container.phase {
            Phase::Stopped(outcome) => Some(outcome.ended_at),
            _ => None,
        });
    ends.min().map(moment)
}

const fn moment(at: Timestamp) -> berth_wire::Timestamp {
    berth_wire::Timestamp(at.as_millis())
}

const fn word(status: Status) -> &'static str {
    match status {
        Status::Pending => "PENDING",
        Status::Running => "RUNNING",
        Status::Stopped => "STOPPED",
    }
}

fn shortened(reason: &str) -> String {
    reason.chars().take(LONGEST_REASON).collect()
}

/// Says of a task that it cannot be taken in.
pub(crate) async fn submit_refusal(client: &Client, cluster: &str, refused: Refused) -> Result<(), CallError> {
    let request = SubmitTaskStateChangeRequest {
        cluster: Some(refused.cluster.unwrap_or_else(|| cluster.to_owned())),
        task: Some(refused.arn),
        status: Some(word(Status::Stopped).to_owned()),
        reason: Some(shortened(&refused.reason)),
        ..SubmitTaskStateChangeRequest::default()
    };
    client.call(&request).await.map(drop)
}

#[cfg(test)]
mod tests;
