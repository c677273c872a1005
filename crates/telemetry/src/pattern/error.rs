//! Why a text is no pattern.

/// Why a text is no filter pattern.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PatternError {
    /// Characters that need quotes.
    #[error("Invalid character(s) in term '{0}'")]
    Characters(String),
    /// A quotation mark without its partner.
    #[error("a quoted phrase has no end")]
    UnterminatedQuote,
    /// A percent sign without its partner.
    #[error("a regular expression has no end")]
    UnterminatedRegular,
    /// A regular expression with something that patterns do not have.
    #[error("Invalid regular expression '{0}'")]
    Regular(String),
    /// Too many regular expressions.
    #[error("a pattern has at most {most} regular expressions")]
    TooManyRegular {
        /// So many may be there.
        most: usize,
    },
    /// Something else than the grammar wants.
    #[error("{wanted} expected at character {at}")]
    Expected {
        /// What is wanted.
        wanted: &'static str,
        /// Where, counted from 1.
        at: usize,
    },
    /// Parentheses within parentheses, too many of them.
    #[error("parentheses are nested too deeply")]
    Nested,
    /// Two fields between spaces of the same name, or the ellipsis twice.
    #[error("'{0}' stands twice among the fields")]
    Repeated(String),
    /// More than one wildcard for elements in a selector, or too many in the pattern.
    #[error("too many wildcards in selectors")]
    Wildcards,
}
