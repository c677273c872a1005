//! Why a container cannot be.

/// Why a container cannot be as its task wants it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field} of container {container}: {problem}")]
pub struct SpecError {
    /// Which container.
    pub container: String,
    /// Which field, as task definitions call it.
    pub field: &'static str,
    /// What is wrong with it.
    pub problem: String,
}

/// What is wrong with a field of a container that whoever calls knows the name of.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct FieldError {
    pub(super) field: &'static str,
    pub(super) problem: String,
}

impl FieldError {
    pub(super) fn new(field: &'static str, problem: impl Into<String>) -> Self {
        Self { field, problem: problem.into() }
    }

    /// The field is understood, and nothing here can do what it asks for.
    pub(super) fn not_done(field: &'static str) -> Self {
        Self::new(field, "this agent cannot do that yet")
    }

    pub(super) fn of(self, container: &str) -> SpecError {
        SpecError { container: container.to_owned(), field: self.field, problem: self.problem }
    }
}
