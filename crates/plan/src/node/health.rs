//! Health checks: when the next one is due, and what follows from how it went.
//!
//! Docker's rules, as the Amazon ECS container agent leaves them to it: the first check comes one interval after the start and each
//! further one an interval after the last has ended; so many failures in a row make a container unhealthy, and one success healthy. As long as none has
//! succeeded, failures within the start period do not count.

use std::time::Duration;

use berth_model::{Health, Timestamp};
use minicbor::{Decode, Encode};

use super::task::{NodeContainer, Phase, Uptime};

/// How the health of a container is checked, and how far that is.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Checks {
    /// From the end of one to the next.
    #[n(0)]
    pub interval: Duration,
    /// What one gets.
    #[n(1)]
    pub timeout: Duration,
    /// Failures in a row until the container is unhealthy.
    #[n(2)]
    pub retries: u32,
    /// The time from the container's start in which failures do not count.
    #[n(3)]
    pub start_period: Duration,
    /// The next one, or the one that runs.
    #[n(4)]
    pub turn: Turn,
    /// Failures in a row that count.
    #[n(5)]
    pub failures: u32,
}

/// The next check of a container that runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub enum Turn {
    /// It is due.
    #[n(0)]
    Due(#[n(0)] Uptime),
    /// It runs.
    #[n(1)]
    Runs {
        /// Since when.
        #[n(0)]
        since: Uptime,
    },
}

impl Checks {
    /// Checks of a container that does not run yet.
    #[must_use]
    pub const fn new(interval: Duration, timeout: Duration, retries: u32, start_period: Duration) -> Self {
        Self { interval, timeout, retries, start_period, turn: Turn::Due(Uptime(Duration::ZERO)), failures: 0 }
    }

    /// The container runs from now on: nothing is known of it.
    pub(super) fn begin(&mut self, now: Uptime) {
        self.failures = 0;
        self.turn = Turn::Due(now.after(self.interval));
    }
}

/// When a container is to be checked next, if it is.
pub(super) fn due(container: &NodeContainer) -> Option<Uptime> {
    match (&container.phase, container.checks.as_ref()?.turn) {
        (Phase::Running { .. }, Turn::Due(at)) => Some(at),
        _ => None,
    }
}

/// Orders a check that is due; whether one was.
pub(super) fn order(container: &mut NodeContainer, now: Uptime) -> bool {
    let is_due = due(container).is_some_and(|at| at <= now);
    if let Some(checks) = container.checks.as_mut().filter(|_| is_due) {
        checks.turn = Turn::Runs { since: now };
    }
    is_due
}

/// Takes in how a check went.
pub(super) fn checked(container: &mut NodeContainer, passed: bool, now: Uptime, at: Timestamp) {
    let Phase::Running { since: started, .. } = container.phase else { return };
    let Some(checks) = &mut container.checks else { return };
    // What was not ordered belongs to an earlier life of the container.
    let Turn::Runs { since } = checks.turn else { return };
    checks.turn = Turn::Due(now.after(checks.interval));
    if passed {
        checks.failures = 0;
        container.is_now(Health::Healthy, at);
        return;
    }
    let is_starting = container.health == Health::Unknown && since < started.after(checks.start_period);
    if !is_starting {
        checks.failures = checks.failures.saturating_add(1);
        if checks.failures >= checks.retries {
            container.is_now(Health::Unhealthy, at);
        }
    }
}
