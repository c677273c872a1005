//! What happened to a container.

use berth_model::{Health, Timestamp};

use super::task::{NodeTask, Outcome, Phase, Uptime};

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
    /// What its health check says.
    Health(Health),
}

/// Takes what happened to a container into the record. What comes late, or twice, changes nothing.
pub fn observe(task: &mut NodeTask, container: usize, event: Event, now: Uptime) {
    let Some(container) = task.containers.get_mut(container) else { return };
    let phase = &mut container.phase;
    if phase.is_stopped() {
        return;
    }
    let started_at = phase.started_at();
    match event {
        Event::Pulled if matches!(phase, Phase::Waiting | Phase::Pulling) => *phase = Phase::Pulled,
        Event::Created if matches!(phase, Phase::Waiting | Phase::Pulling | Phase::Pulled | Phase::Creating) => {
            *phase = Phase::Created
        }
        Event::Started { at } if started_at.is_none() => *phase = Phase::Running { since: now, started_at: at },
        Event::Ended { code, reason, at } => {
            let ended_at = started_at.map_or(at, |started_at| at.not_before(started_at));
            *phase = Phase::Stopped(Outcome { code, reason, started_at, ended_at });
        }
        // What runs goes on: its end is told apart from what could not be done to it.
        Event::Failed { code, reason, at } if started_at.is_none() => {
            *phase = Phase::Stopped(Outcome { code, reason: Some(reason), started_at: None, ended_at: at });
        }
        Event::Health(health) => container.health = health,
        Event::Pulled | Event::Created | Event::Started { .. } | Event::Failed { .. } => {}
    }
}
