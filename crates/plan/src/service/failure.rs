//! Tasks that do not come to run.

use std::time::Duration;

use berth_model::{Deployment, StopCode, Task, TaskId, Timestamp};

use super::{Plan, View};

/// The longest that a deployment waits before it starts a task again.
pub const LONGEST_DELAY: Duration = Duration::from_secs(27 * 60);
/// From so many times in a row on, people are told.
pub(super) const WORTH_TELLING: u32 = 3;

/// How long a deployment waits when its tasks ended before they ran, so many times in a row: a second, then twice as long each time.
#[must_use]
pub fn restart_delay(setbacks: u32) -> Duration {
    match setbacks {
        0 => Duration::ZERO,
        1..=11 => Duration::from_secs(1 << (setbacks - 1)),
        12.. => LONGEST_DELAY,
    }
}

/// With how many failed tasks a circuit breaker gives a deployment of so many tasks up: half of them, three at least, two hundred at
/// most.
#[must_use]
pub fn breaker_threshold(desired: u32) -> u32 {
    desired.div_ceil(2).clamp(3, 200)
}

/// What the ends of tasks say about their deployments.
pub(super) struct Settlement {
    pub(super) deployments: Vec<Deployment>,
    pub(super) settled: Vec<TaskId>,
    /// There is more to take note of.
    pub(super) is_partial: bool,
}

/// Takes note of the tasks that are over, or will be: what becomes of them any more changes nothing about why.
pub(super) fn settle(view: &View<'_>, now: Timestamp) -> Settlement {
    let mut deployments = view.service.deployments.clone();
    let mut over: Vec<&Task> = view.tasks.iter().copied().filter(|task| is_unsettled(task)).collect();
    over.sort_by_key(|task| (task.desired.stop().map(|stop| stop.stopping_at), task.id));
    let is_partial = over.len() > Plan::MOST_SETTLED;
    over.truncate(Plan::MOST_SETTLED);
    for task in &over {
        let Some(deployment) = deployments.iter_mut().find(|deployment| task.deployment() == Some(deployment.id)) else {
            continue;
        };
        if !failed_to_start(task) {
            continue;
        }
        deployment.failed_tasks = deployment.failed_tasks.saturating_add(1);
        // Tasks that were started together fail together: that is one setback.
        if deployment.retry_at.is_none_or(|retry_at| retry_at <= task.times.created_at) {
            deployment.setbacks = deployment.setbacks.saturating_add(1);
            deployment.retry_at = Some(now + restart_delay(deployment.setbacks));
        }
    }
    for deployment in &mut deployments {
        let ran = |task: &&Task| task.deployment() == Some(deployment.id) && task.life.started_at().is_some();
        if view.tasks.iter().copied().any(|task| ran(&task)) {
            deployment.setbacks = 0;
            deployment.retry_at = None;
        }
    }
    Settlement { deployments, settled: over.into_iter().map(|task| task.id).collect(), is_partial }
}

/// Whether the task is not meant to run any more, and its service has not taken note of it.
pub(super) fn is_unsettled(task: &Task) -> bool {
    !task.settled && (task.is_stopped() || !task.desired.is_running())
}

/// Whether the task ended by itself before it ran.
fn failed_to_start(task: &Task) -> bool {
    let is_own_fault = match task.desired.stop().map(|stop| stop.code) {
        None | Some(StopCode::TaskFailedToStart | StopCode::EssentialContainerExited) => true,
        Some(
            StopCode::UserInitiated
            | StopCode::ServiceSchedulerInitiated
            | StopCode::SpotInterruption
            | StopCode::TerminationNotice,
        ) => false,
    };
    is_own_fault && task.life.started_at().is_none()
}
