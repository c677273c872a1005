//! What every change of a task obeys.

use berth_model::{ContainerLife, Life, Task, Timestamp};

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

/// Ends the task.
pub(super) fn end(task: &mut Task, started_at: Option<Timestamp>, now: Timestamp) {
    for container in &mut task.containers {
        container.known = ContainerLife::Stopped;
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
