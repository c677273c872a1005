//! The end of a task that the control plane decides.

use berth_model::{Desired, Life, Stop, StopCode, Task, Timestamp};

use super::change::{advance, changed, end, not_before_any};

/// What AWS says of a task that a user stopped without saying why.
const STOPPED_BY_USER: &str = "Task stopped by user";

/// The task, meant to stop. The first cause stays. A task that was never placed is over at once: no agent knows it.
#[must_use]
pub fn stop(task: &Task, code: StopCode, reason: &str, now: Timestamp) -> Option<Task> {
    if task.instance.is_none() {
        return lost(task, code, reason, now);
    }
    if task.is_stopped() {
        return None;
    }
    let now = not_before_any(task, now);
    let mut next = task.clone();
    mean_to_stop(&mut next, code, reason, now);
    if let Some(started_at) = next.life.started_at() {
        advance(&mut next, Life::Stopping { started_at: Some(started_at) });
    }
    changed(task, next)
}

/// The task, over without its agent's word: its instance is gone, or was taken out of the cluster by force.
#[must_use]
pub fn lost(task: &Task, code: StopCode, reason: &str, now: Timestamp) -> Option<Task> {
    if task.is_stopped() {
        return None;
    }
    let now = not_before_any(task, now);
    let mut next = task.clone();
    mean_to_stop(&mut next, code, reason, now);
    let started_at = next.life.started_at();
    end(&mut next, started_at, now);
    changed(task, next)
}

fn mean_to_stop(task: &mut Task, code: StopCode, reason: &str, now: Timestamp) {
    if task.desired.is_running() {
        let reason = if reason.is_empty() { default_reason(code) } else { reason };
        task.desired = Desired::Stopped(Box::new(Stop { code, reason: reason.into(), stopping_at: now }));
    }
}

const fn default_reason(code: StopCode) -> &'static str {
    match code {
        StopCode::UserInitiated => STOPPED_BY_USER,
        StopCode::TaskFailedToStart
        | StopCode::EssentialContainerExited
        | StopCode::ServiceSchedulerInitiated
        | StopCode::SpotInterruption
        | StopCode::TerminationNotice => code.as_str(),
    }
}
