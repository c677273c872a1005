//! Why an update has no result.

use std::fmt;
use std::sync::Arc;

use crate::BackendError;
use crate::row::CborError;

/// Why the store stopped. Every update that was under way, and every later one, answers with it.
#[derive(Debug, Clone)]
pub struct Failure(pub(crate) Arc<BackendError>);

impl Failure {
    /// What the backend said.
    #[must_use]
    pub fn cause(&self) -> &BackendError {
        &self.0
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the store has stopped: {}", self.0)
    }
}

impl std::error::Error for Failure {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&*self.0)
    }
}

/// Why an update has no result. Apart from `Failed`, it certainly changed nothing.
#[derive(Debug, thiserror::Error)]
pub enum UpdateError<E> {
    /// The closure gave up. What it read is durable.
    #[error("aborted: {0}")]
    Aborted(E),
    /// It wrote more rows than one change set may have: a larger plan is applied in slices.
    #[error("the update wrote {0} rows, and one change set has at most {most}", most = crate::MOST_ROWS)]
    TooManyRows(usize),
    /// It wrote more than fits into one change set.
    #[error("the update wrote {0} bytes, and one change set has at most {most}", most = crate::MOST_BYTES)]
    TooManyBytes(usize),
    /// It wrote a record that has no encoding.
    #[error(transparent)]
    Encoding(CborError),
    /// The store has stopped. Whether the update is durable is not known before the next start.
    #[error(transparent)]
    Failed(Failure),
    /// The store was closed before.
    #[error("the store is closed")]
    Closed,
}
