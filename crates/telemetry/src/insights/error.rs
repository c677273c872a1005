//! Why a text is no query, and why a query has no result.

/// Why a text is no query, and where that shows.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Malformed {
    /// What is wrong.
    pub message: String,
    /// The first character that is part of it, counted from 0.
    pub start: usize,
    /// The first character that is not any more.
    pub end: usize,
}

/// The query holds more in memory than one may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the query holds more in memory than one may: filter more, or group by fewer values")]
pub struct Exhausted;
