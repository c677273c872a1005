//! The end of a task that the control plane decides.

use std::time::Duration;

use berth_model::{Attachment, AttachmentStatus, Desired, Life, Stop, StopCode, Task, Timestamp};

use super::change::{advance, changed, end_at_once, not_before_any};

/// What AWS says of a task that a user stopped without saying why.
const STOPPED_BY_USER: &str = "Task stopped by user";
/// How long an agent that was told of an interface may take to find it.
pub const ATTACH_WITHIN: Duration = Duration::from_secs(3 * 60);
/// What AWS says of a task whose interface was not found.
const ATTACH_TIMEOUT: &str = "Timeout waiting for network interface provisioning to complete.";

/// The task, meant to stop. The first cause stays. A task that was never placed, or whose agent has not found its interface
/// yet, is over at once: no agent knows it.
#[must_use]
pub fn stop(task: &Task, code: StopCode, reason: &str, now: Timestamp) -> Option<Task> {
    if task.instance.is_none() || is_attaching(task) {
        return lost(task, code, reason, now);
    }
    if task.life.has_ended() {
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
    end_at_once(&mut next, started_at, now);
    changed(task, next)
}

/// Whether the task's agent has been told of an interface, and of nothing else: it is not told of the task before it has found it.
#[must_use]
pub fn is_attaching(task: &Task) -> bool {
    let waits = |attachment: &Attachment| attachment.status == AttachmentStatus::Attaching;
    task.life == Life::Provisioning && task.attachments.iter().any(waits)
}

/// The task that waits for its interface, over: nobody found it in time. None if it waits no more.
#[must_use]
pub fn not_attached(task: &Task, now: Timestamp) -> Option<Task> {
    let late = is_attaching(task) && task.times.created_at + ATTACH_WITHIN <= now;
    late.then(|| lost(task, StopCode::TaskFailedToStart, ATTACH_TIMEOUT, now)).flatten()
}

/// The task that has ended, over: what was made for it is given back.
#[must_use]
pub fn deprovisioned(task: &Task, now: Timestamp) -> Option<Task> {
    let Life::Deprovisioning { started_at } = task.life else { return None };
    let now = not_before_any(task, now);
    let mut next = task.clone();
    end_at_once(&mut next, started_at, now);
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
