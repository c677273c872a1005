//! Queries in the language of Logs Insights: commands joined by `|`, each of which takes rows and gives rows.
//!
//! ```text
//! fields @timestamp, took * 1000 as ms
//! | parse @message "user=* *" as user, rest
//! | filter ms > 5 and user like /^a/
//! | stats count(*), avg(ms) by bin(5m), user
//! | sort ms desc | limit 20
//! ```
//!
//! A text becomes a [`Query`]; a [`Run`] of it takes events one by one, holds no more than it needs, and ends in rows.
//!
//! Never here: I/O, a clock, a thread, or memory without a limit. Any text may come as a query, and as an event.

mod aggregate;
mod command;
mod discover;
mod error;
mod evaluate;
mod expression;
mod function;
mod glob;
mod lexer;
mod parser;
mod row;
mod run;
mod time;
mod value;

pub use error::{QueryError, TooMuch};
pub use parser::Query;
pub use row::{EventFacts, Row};
pub use run::Run;
pub use value::Value;

#[cfg(test)]
mod property_tests;
#[cfg(test)]
mod tests;
