//! What can go wrong at the codecs' door, and errors as they travel.

use std::fmt;

use crate::service::{ErrorShape, Fault, Protocol};
use crate::shape::ReadError;

/// A protocol that no codec exists for yet; `docs/decisions/0001-shapes-and-codecs.md` says how each will fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the {0:?} protocol is not spoken yet")]
pub struct Unsupported(pub Protocol);

/// Why a document was not read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CodecError {
    /// No codec for the service's protocol.
    #[error(transparent)]
    Unsupported(#[from] Unsupported),
    /// The document is broken, or something else stands in it.
    #[error("reading a document: {0}")]
    Read(#[from] ReadError),
}

/// An error to answer with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ErrorAnswer<'a> {
    /// The name in the answer, such as `ClusterNotFoundException`.
    pub code: &'a str,
    /// The HTTP status.
    pub status: u16,
    /// Who has to change something.
    pub fault: Fault,
    /// For people to read; the caller sees it.
    pub message: &'a str,
}

impl<'a> ErrorAnswer<'a> {
    /// A modelled error with a message.
    #[must_use]
    pub const fn of(shape: &ErrorShape, message: &'a str) -> Self {
        Self { code: shape.code, status: shape.status, fault: shape.fault, message }
    }
}

/// An error that a service answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RemoteError {
    /// The HTTP status.
    pub status: u16,
    /// The error's name, such as `ClusterNotFoundException`; the status where the answer names none.
    pub code: String,
    /// What the service says about it; empty where it says nothing.
    pub message: String,
    /// The answer's id in the service's logs, where the body has it.
    pub request_id: Option<String>,
}

impl fmt::Display for RemoteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} (HTTP status {})", self.code, self.message, self.status)
    }
}

impl std::error::Error for RemoteError {}
