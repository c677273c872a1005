//! What an agent was told to pull before tasks come.

use std::time::Duration;

use tokio::time::Instant;

use super::ATTEMPTS_KEPT;

/// The images it is to have, and whether it knows.
#[derive(Debug)]
pub(super) struct Ahead {
    pub(super) images: Vec<Box<str>>,
    pub(super) attempts: Vec<u64>,
    pub(super) acknowledged: bool,
    at: Option<Instant>,
}

impl Ahead {
    /// Other images, of which the agent knows nothing yet; or the same ones, with what it knows.
    pub(super) fn replacing(before: Option<Self>, images: Vec<Box<str>>) -> Self {
        let same = before.filter(|before| before.images == images);
        same.unwrap_or(Self { images, attempts: Vec::new(), acknowledged: false, at: None })
    }

    /// They were said in a message of this number.
    pub(super) fn said(&mut self, number: u64, now: Instant) {
        self.at = Some(now);
        self.attempts.push(number);
        if self.attempts.len() > ATTEMPTS_KEPT {
            self.attempts.remove(0);
        }
    }

    /// When they are to be said again; none if they are to be said at once, or not any more.
    pub(super) fn due_at(&self, resend: Duration) -> Option<Instant> {
        self.at.filter(|_| !self.acknowledged).map(|at| at + resend)
    }
}
