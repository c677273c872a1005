//! Why a stream is not opened, as agents read it.

use serde_json::json;

/// A typed refusal: the body of an answer that is no 101. Agents go by the name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConnectError {
    /// The request opens no stream.
    #[error("{0}")]
    BadRequest(String),
    /// The signer may not speak for the instance.
    #[error("{0}")]
    AccessDenied(String),
    /// There is no such cluster.
    #[error("The specified cluster was not found.")]
    InvalidCluster,
    /// There is no such instance.
    #[error("The specified container instance was not found.")]
    InvalidInstance,
    /// The instance was deregistered: its agent stays away for an hour.
    #[error("The container instance was deregistered.")]
    InactiveInstance,
}

impl ConnectError {
    /// The name in the agent protocol.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::BadRequest(_) => "BadRequestException",
            Self::AccessDenied(_) => "AccessDeniedException",
            Self::InvalidCluster => "InvalidClusterException",
            Self::InvalidInstance => "InvalidInstanceException",
            Self::InactiveInstance => "InactiveInstanceException",
        }
    }

    /// The HTTP status.
    #[must_use]
    pub const fn status(&self) -> u16 {
        match self {
            Self::AccessDenied(_) => 403,
            Self::BadRequest(_) | Self::InvalidCluster | Self::InvalidInstance | Self::InactiveInstance => 400,
        }
    }

    /// The body of the answer.
    #[must_use]
    pub fn body(&self) -> String {
        json!({ "type": self.code(), "message": { "message": self.to_string() } }).to_string()
    }
}
