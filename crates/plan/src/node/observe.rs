//! What happened to a container.

use berth_model::{Health, Timestamp};

use super::health::checked;
use super::restart::restarts;
use super::task::{NodeContainer, NodeTask, Outcome, Phase, Uptime};

/// What happened to a container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// Its image is there.
    Pulled,
    /// It is made.
    Created,
    /// Its program began.
    Started {
        /// When.
        at: Timestamp,
    },
    /// It is over.
    Ended {
        /// Its exit code, if it is known.
        code: Option<i32>,
        /// Why, if that was not its own doing.
        reason: Option<String>,
        /// When.
        at: Timestamp,
    },
    /// An action on it failed: it will not run, or cannot be ended.
    Failed {
        /// What a shell would exit with, if it got as far as running its program.
        code: Option<i32>,
        /// Why.
        reason: String,
        /// When.
        at: Timestamp,
    },
    /// A health check of it is over.
    Checked {
        /// How it went.
        passed: bool,
        /// When.
        at: Timestamp,
    },
}

/// Takes what happened to a container into the record. What comes late, or twice, changes nothing.
pub fn observe(task: &mut NodeTask, container: usize, event: Event, now: Uptime) {
    let desired = task.desired;
    let Some(container) = task.containers.get_mut(container) else { return };
    if container.phase.is_stopped() {
        return;
    }
    let started_at = container.phase.started_at();
    match (event, &container.phase) {
        (Event::Pulled, Phase::Waiting | Phase::Pulling) => container.phase = Phase::Pulled,
        (Event::Created, Phase::Waiting | Phase::Pulling | Phase::Pulled | Phase::Creating) => container.phase = Phase::Created,
        (Event::Started { at }, Phase::Restarting(_)) => {
            container.restarts = container.restarts.saturating_add(1);
            started(container, at, now);
        }
        (Event::Started { at }, _) if started_at.is_none() => started(container, at, now),
        // It was said before.
        (Event::Ended { .. }, Phase::Exited(_) | Phase::Restarting(_)) => {}
        (Event::Ended { code, reason, at }, _) => {
            let ended_at = started_at.map_or(at, |started_at| at.not_before(started_at));
            let end = Outcome { code, reason, started_at, ended_at };
            container.phase = if restarts(container, desired, &end) { Phase::Exited(end) } else { Phase::Stopped(end) };
        }
        (Event::Failed { reason, at, .. }, Phase::Restarting(end)) => {
            let ended_at = at.not_before(end.ended_at);
            container.phase = Phase::Stopped(Outcome { reason: Some(reason), ended_at, ..end.clone() });
        }
        // What runs goes on: its end is told apart from what could not be done to it.
        (Event::Failed { code, reason, at }, _) if started_at.is_none() => {
            container.phase = Phase::Stopped(Outcome { code, reason: Some(reason), started_at: None, ended_at: at });
        }
        (Event::Checked { passed, at }, _) => checked(container, passed, now, at),
        (Event::Pulled | Event::Created | Event::Started { .. } | Event::Failed { .. }, _) => {}
    }
}

fn started(container: &mut NodeContainer, at: Timestamp, now: Uptime) {
    container.phase = Phase::Running { since: now, started_at: at };
    if let Some(checks) = &mut container.checks {
        checks.begin(now);
        container.health = Health::Unknown;
        container.health_since = Some(at);
    }
}
