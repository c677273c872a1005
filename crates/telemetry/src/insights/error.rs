//! Why a text is no query, and why a query does not end.

/// Why a text is no query.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum QueryError {
    /// Something else than the grammar wants.
    #[error("mismatched input '{found}' expecting {wanted} at character {at}")]
    Mismatched {
        /// What stands there.
        found: String,
        /// What is wanted.
        wanted: &'static str,
        /// Where, counted from 1.
        at: usize,
    },
    /// A character that no token has.
    #[error("token recognition error at: '{found}' at character {at}")]
    Token {
        /// What stands there.
        found: String,
        /// Where, counted from 1.
        at: usize,
    },
    /// A command that there is elsewhere.
    #[error("the command {0} is not supported here")]
    Command(String),
    /// A function that is not known, or not there.
    #[error("Invalid function: {0}")]
    Function(String),
    /// A function with too few or too many arguments.
    #[error("Invalid number of arguments for the function {0}")]
    Arguments(String),
    /// A regular expression that is none.
    #[error("Invalid regular expression: {0}")]
    Regular(String),
    /// A pattern of `parse` with other wildcards than names.
    #[error("parse has {wildcards} wildcards and {names} names")]
    Names {
        /// Wildcards of the pattern.
        wildcards: usize,
        /// Names after `as`.
        names: usize,
    },
    /// An aggregation outside of `stats`.
    #[error("the function {0} is for stats alone")]
    Aggregation(String),
    /// Something within itself too often.
    #[error("the expression is nested too deeply")]
    Nested,
    /// More commands, fields or functions than a query may have.
    #[error("the query has too many {0}")]
    TooMany(&'static str),
}

/// A query wanted more memory than it may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the query needs more than {bytes} bytes of memory")]
pub struct TooMuch {
    /// What it may have.
    pub bytes: usize,
}
