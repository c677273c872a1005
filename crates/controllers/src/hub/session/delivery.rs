//! How far something is that is said again and again until it is acknowledged.

use std::time::Duration;

use tokio::time::Instant;

/// Attempts whose acknowledgement counts: one that comes late may be an earlier one's.
const ATTEMPTS_KEPT: usize = 4;

/// How often something was said, when last, and whether the agent has acknowledged it.
#[derive(Debug, Default)]
pub(super) struct Delivery {
    said_at: Option<Instant>,
    attempts: Vec<u64>,
    acknowledged: bool,
}

impl Delivery {
    /// When it was last said, if it was.
    pub(super) const fn said_at(&self) -> Option<Instant> {
        self.said_at
    }

    /// It was said in a message of this number.
    pub(super) fn said(&mut self, number: u64, now: Instant) {
        self.said_at = Some(now);
        self.attempts.push(number);
        if self.attempts.len() > ATTEMPTS_KEPT {
            self.attempts.remove(0);
        }
    }

    /// Takes the acknowledgement of a message of this number; whether that was one about this.
    pub(super) fn acknowledge(&mut self, number: u64) -> bool {
        let is_own = self.attempts.contains(&number);
        self.acknowledged |= is_own;
        is_own
    }

    /// Whether it is to be said now: it never was, or not for so long, and nobody has acknowledged it.
    pub(super) fn is_due(&self, now: Instant, resend: Duration) -> bool {
        !self.acknowledged && self.said_at.is_none_or(|at| now.duration_since(at) >= resend)
    }

    /// Whether it was said, and an acknowledgement may still come before it is said again.
    pub(super) fn is_on_its_way(&self, now: Instant, resend: Duration) -> bool {
        !self.acknowledged && !self.is_due(now, resend)
    }

    /// When it is to be said again; none if it was never said, or not any more.
    pub(super) fn due_at(&self, resend: Duration) -> Option<Instant> {
        self.said_at.filter(|_| !self.acknowledged).map(|at| at + resend)
    }
}
