//! What is wrong with an expression.

/// An expression that cannot be understood.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message} at character {}", .position + 1)]
pub struct QueryError {
    /// How many characters come before the mistake.
    pub position: usize,
    /// What was expected there.
    pub message: String,
}
