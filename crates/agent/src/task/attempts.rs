//! Something that is tried until it succeeds.

use std::time::Duration;

use tokio::time::Instant;

use crate::backoff::Backoff;

/// Between attempts to say something to a control plane that is not there, or to do what the machine refuses.
const RETRY: (Duration, Duration) = (Duration::from_millis(250), Duration::from_secs(30));

/// Something that is tried until it succeeds.
#[derive(Debug)]
pub(super) struct Attempts {
    running: bool,
    not_before: Option<Instant>,
    backoff: Backoff,
}

impl Attempts {
    pub(super) const fn new() -> Self {
        Self { running: false, not_before: None, backoff: Backoff::new(RETRY.0, RETRY.1, 2.0) }
    }

    /// Whether it may be tried now.
    pub(super) fn is_due(&self) -> bool {
        !self.running && self.not_before.is_none_or(|at| at <= Instant::now())
    }

    /// When it may be tried again after a failure, if that is not yet.
    pub(super) fn next(&self) -> Option<Instant> {
        self.not_before.filter(|at| *at > Instant::now())
    }

    pub(super) const fn began(&mut self) {
        self.running = true;
        self.not_before = None;
    }

    pub(super) const fn succeeded(&mut self) {
        self.running = false;
        self.backoff.reset();
    }

    pub(super) fn failed(&mut self) {
        self.running = false;
        self.not_before = Some(Instant::now() + self.backoff.delay());
    }

    /// Whether the last attempt failed.
    pub(super) const fn has_failed(&self) -> bool {
        self.not_before.is_some()
    }
}
