//! What can go wrong with a registry, in the words that containerd has for it, which AWS shows its users.

use std::fmt;
use std::time::Duration;

use http::{Method, StatusCode};

/// Why something did not come from a registry.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// It is not reached, does not answer in time, or is not who it should be.
    #[error("failed to do request: {} {url:?}: {problem}", verb(method))]
    Unreachable {
        /// What was asked.
        method: Method,
        /// Of where.
        url: String,
        /// What happened.
        problem: String,
    },
    /// There is no such thing, or so it says.
    #[error("{what}: not found{}", said(message))]
    Absent {
        /// What was asked for.
        what: String,
        /// What the registry says.
        message: String,
    },
    /// It wants somebody else.
    #[error("pull access denied, repository does not exist or may require authorization{}", said(message))]
    Denied {
        /// What the registry says.
        message: String,
    },
    /// It wants to be left alone for a while.
    #[error("unexpected status from {method} request to {url}: 429 Too Many Requests{}", said(message))]
    TooMany {
        /// What was asked.
        method: Method,
        /// Of where.
        url: String,
        /// What the registry says.
        message: String,
        /// For how long.
        after: Option<Duration>,
    },
    /// It answers with something else.
    #[error("unexpected status from {method} request to {url}: {status}{}", said(message))]
    Status {
        /// What was asked.
        method: Method,
        /// Of where.
        url: String,
        /// With what.
        status: StatusCode,
        /// What the registry says.
        message: String,
        /// When it wants to be asked again.
        after: Option<Duration>,
    },
    /// What it says makes no sense.
    #[error("{url}: {problem}")]
    Nonsense {
        /// Where.
        url: String,
        /// What is wrong.
        problem: String,
    },
    /// A download ended before its end.
    #[error("{url}: unexpected EOF: {have} of {size} bytes came: {problem}")]
    Cut {
        /// Where.
        url: String,
        /// What came.
        have: u64,
        /// What should have come.
        size: u64,
        /// What happened.
        problem: String,
    },
    /// All attempts are used up.
    #[error("given up")]
    GivenUp,
}

/// What failed in the end, and how often it was tried.
#[derive(Debug, thiserror::Error)]
#[error("{cause}")]
pub struct Retried {
    /// How often.
    pub attempts: u32,
    /// The last failure.
    #[source]
    pub cause: FetchError,
}

impl FetchError {
    /// Whether the same request may go well a little later.
    pub(super) fn may_pass(&self) -> bool {
        match self {
            Self::Unreachable { .. } | Self::TooMany { .. } | Self::Cut { .. } => true,
            Self::Status { status, .. } => {
                matches!(status.as_u16(), 408 | 500 | 502 | 503 | 504)
            }
            Self::Absent { .. } | Self::Denied { .. } | Self::Nonsense { .. } | Self::GivenUp => false,
        }
    }

    /// When the registry wants to be asked again.
    pub(super) fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::TooMany { after, .. } | Self::Status { after, .. } => *after,
            _ => None,
        }
    }

    pub(super) fn nonsense(url: impl fmt::Display, problem: impl Into<String>) -> Self {
        Self::Nonsense { url: url.to_string(), problem: problem.into() }
    }
}

/// As Go writes a request's method in its errors.
fn verb(method: &Method) -> String {
    let mut name = method.as_str().to_ascii_lowercase();
    name.get_mut(..1).map(str::make_ascii_uppercase);
    name
}

fn said(message: &str) -> String {
    if message.is_empty() { String::new() } else { format!(": server message: {message}") }
}
