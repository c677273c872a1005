//! How long registries are waited for, and how often they are asked again.

use std::future::Future;
use std::time::Duration;

use super::error::{FetchError, Retried};
use crate::backoff::Backoff;

/// How long registries are waited for, and how often they are asked again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Patience {
    /// For a connection, and for the beginning of an answer on it.
    pub answer: Duration,
    /// A download is given up on which nothing came for so long, and begun again where it was.
    pub stall: Duration,
    /// Attempts at a request, and at a download that does not advance.
    pub attempts: u32,
    /// Between attempts, at first; later ones wait longer.
    pub pause: Duration,
    /// The longest that a registry may ask us to wait (`Retry-After`) without being given up.
    pub longest_pause: Duration,
    /// For a whole image.
    pub pull: Duration,
}

impl Default for Patience {
    /// About as ECS's agent has it.
    fn default() -> Self {
        Self {
            answer: Duration::from_secs(20),
            stall: Duration::from_secs(60),
            attempts: 5,
            pause: Duration::from_millis(250),
            longest_pause: Duration::from_secs(60),
            pull: Duration::from_secs(2 * 60 * 60),
        }
    }
}

impl Patience {
    pub(super) fn backoff(&self) -> Backoff {
        Backoff::new(self.pause, Duration::from_secs(5).max(self.pause), 2.0)
    }

    /// How long to wait after this failure, if another attempt makes sense.
    pub(super) fn pause_after(&self, error: &FetchError, attempt: u32, backoff: &mut Backoff) -> Option<Duration> {
        if attempt >= self.attempts || !error.may_pass() {
            return None;
        }
        let own = backoff.delay();
        match error.retry_after() {
            Some(wanted) if wanted > self.longest_pause => None,
            wanted => Some(own.max(wanted.unwrap_or_default())),
        }
    }

    /// Tries until it goes well, cannot go well, or has been tried often enough.
    pub(super) async fn with<T, F: Future<Output = Result<T, FetchError>>>(
        &self,
        mut attempt: impl FnMut() -> F,
    ) -> Result<T, Retried> {
        let mut backoff = self.backoff();
        for attempts in 1.. {
            let error = match attempt().await {
                Ok(done) => return Ok(done),
                Err(error) => error,
            };
            match self.pause_after(&error, attempts, &mut backoff) {
                Some(pause) => tokio::time::sleep(pause).await,
                None => return Err(Retried { attempts, cause: error }),
            }
        }
        Err(Retried { attempts: self.attempts, cause: FetchError::GivenUp })
    }
}
