//! Why a call came to nothing.

use berth_wire::protocol::{CodecError, RemoteError, Unsupported};

/// Why a call came to nothing.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    /// The service refused, or failed.
    #[error("{operation}: {remote}")]
    Refused {
        /// What was called.
        operation: &'static str,
        /// What it answered.
        remote: RemoteError,
    },
    /// Nothing, or not all of an answer came.
    #[error("{operation}: reaching {endpoint}: {problem}")]
    Unreachable {
        /// What was called.
        operation: &'static str,
        /// Where.
        endpoint: String,
        /// What happened.
        problem: String,
    },
    /// The answer is not what the operation answers.
    #[error("{operation}: reading the answer: {source}")]
    Answer {
        /// What was called.
        operation: &'static str,
        /// What is wrong with it.
        source: CodecError,
    },
    /// The service speaks a protocol that this client does not.
    #[error(transparent)]
    Protocol(#[from] Unsupported),
}

impl CallError {
    /// The modelled code of the service's refusal.
    #[must_use]
    pub fn code(&self) -> Option<&str> {
        match self {
            Self::Refused { remote, .. } => Some(&remote.code),
            _ => None,
        }
    }

    /// The service's own words.
    #[must_use]
    pub fn message(&self) -> Option<&str> {
        match self {
            Self::Refused { remote, .. } => Some(&remote.message),
            _ => None,
        }
    }

    /// Whether the same call may succeed later: the service was not reached, failed, or was too busy.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Refused { remote, .. } => remote.status >= 500 || remote.status == 429 || remote.code.starts_with("Throttling"),
            Self::Unreachable { .. } => true,
            Self::Answer { .. } | Self::Protocol(_) => false,
        }
    }
}
