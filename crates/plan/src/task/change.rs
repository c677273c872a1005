//! What every change of a task obeys.

use berth_model::{AttachmentStatus, ContainerLife, Life, Task, Timestamp};

/// The task after a change; none if it is none.
pub(super) fn changed(before: &Task, mut after: Task) -> Option<Task> {
    if after == *before {
        return None;
    }
    after.version = before.version.saturating_add(1);
    Some(after)
}

/// Goes to the state if it comes later than the task's.
pub(super) fn advance(task: &mut Task, life: Life) {
    if life.rank() > task.life.rank() {
        task.life = life;
    }
}

/// Ends the task. Its node's word for it is not the last one where something was made for it that has to be given back.
pub(super) fn end(task: &mut Task, started_at: Option<Timestamp>, now: Timestamp) {
    for container in &mut task.containers {
        container.known = ContainerLife::Stopped;
    }
    if task.attachments.is_empty() {
        advance(task, Life::Stopped { started_at, stopped_at: now });
        return;
    }
    for attachment in &mut task.attachments {
        attachment.status = attachment.status.max(AttachmentStatus::Detaching);
    }
    advance(task, Life::Deprovisioning { started_at });
}

/// Ends the task, and gives back what was made for it.
pub(super) fn end_at_once(task: &mut Task, started_at: Option<Timestamp>, now: Timestamp) {
    end(task, started_at, now);
    for attachment in &mut task.attachments {
        attachment.status = AttachmentStatus::Deleted;
    }
    advance(task, Life::Stopped { started_at, stopped_at: now });
}

/// Now, or the last moment the task knows of if the clock went back since.
pub(super) fn not_before_any(task: &Task, now: Timestamp) -> Timestamp {
    let times = &task.times;
    let stopping = task.desired.stop().map(|stop| stop.stopping_at);
    [times.pull_started_at, times.pull_stopped_at, times.execution_stopped_at, task.life.started_at(), stopping]
        .into_iter()
        .flatten()
        .fold(now.not_before(times.created_at), Timestamp::not_before)
}
