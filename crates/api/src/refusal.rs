//! Why a handler does not do what it was asked.

use std::error::Error;
use std::fmt;

use wire::{ErrorShape, Fault, Operation, ShapeWriter};

/// Answered by operations that are modelled and not yet built.
pub static NOT_IMPLEMENTED: ErrorShape =
    ErrorShape { code: "NotImplementedException", status: 501, fault: Fault::Server, retryable: false };

/// What went wrong inside; never shown to a caller.
pub type Cause = Box<dyn Error + Send + Sync>;

/// An error on its way to the caller: a modelled code, a text for the caller, and a cause for the log alone.
///
/// Made by the constructors that are generated beside the error shapes, such as `ecs::errors::client_exception`, so that
/// only modelled codes can be answered.
pub struct Refusal {
    error: &'static ErrorShape,
    message: String,
    detail: Option<Detail>,
    cause: Option<Cause>,
}

/// Writes the further members of a modelled error into a structure that is already open.
pub type Detail = Box<dyn Fn(&mut dyn ShapeWriter) + Send + Sync>;

impl fmt::Debug for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Refusal")
            .field("code", &self.error.code)
            .field("message", &self.message)
            .field("cause", &self.cause)
            .finish_non_exhaustive()
    }
}

impl Refusal {
    pub(crate) fn new(error: &'static ErrorShape, message: impl Into<String>) -> Self {
        Self { error, message: message.into(), detail: None, cause: None }
    }

    /// The operation is modelled and not yet built.
    #[must_use]
    pub fn not_implemented(operation: &'static Operation) -> Self {
        let name = operation.name;
        Self::new(&NOT_IMPLEMENTED, format!("{name} is not implemented yet. docs/compatibility.md lists what is."))
    }

    /// Something inside failed that is not the caller's affair: the service's internal error for them, the cause for the log.
    pub fn internal(service: &'static wire::Service, cause: impl Into<Cause>) -> Self {
        let message = "Service Unavailable. Please try again later.";
        Self { error: service.internal_error, message: message.to_owned(), detail: None, cause: Some(cause.into()) }
    }

    pub(crate) fn with_detail(mut self, members: impl Fn(&mut dyn ShapeWriter) + Send + Sync + 'static) -> Self {
        self.detail = Some(Box::new(members));
        self
    }

    /// Keeps what went wrong inside, for the log.
    #[must_use]
    pub fn because(mut self, cause: impl Into<Cause>) -> Self {
        self.cause = Some(cause.into());
        self
    }

    /// The modelled error.
    #[must_use]
    pub const fn error(&self) -> &'static ErrorShape {
        self.error
    }

    /// What the caller is told.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// What the caller is told, the error's further members, and what went wrong inside (for the log alone).
    #[must_use]
    pub fn into_parts(self) -> (String, Option<Detail>, Option<Cause>) {
        (self.message, self.detail, self.cause)
    }
}
