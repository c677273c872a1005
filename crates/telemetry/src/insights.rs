//! Logs Insights: queries over the events of log groups, as commands between bars.
//!
//! ```text
//! filter @message like /ERROR/ | parse @message "user=* took *ms" as user, took
//!   | stats count(*) as failures, pct(took, 99) by user, bin(5m) | sort failures desc | limit 20
//! ```
//!
//! A text becomes a [`Query`], a query makes a [`Run`], and whoever reads events pushes them into it, the newest first.
//!
//! Never here: I/O, a clock, or a query that holds more than its budget in memory. Any text may come as a query, and as an event.

mod aggregate;
mod budget;
mod calendar;
mod discovery;
mod error;
mod expression;
mod extract;
mod function;
mod lexer;
mod number;
mod operand;
mod order;
mod parser;
mod query;
mod row;
mod run;
mod sketch;
mod stats;
mod value;

pub use discovery::discovered;
pub use error::{Exhausted, Malformed};
pub use query::{MOST_ROWS, Query};
pub use row::Subject;
pub use run::{Outcome, ResultRow, Run, Statistics};

#[cfg(test)]
mod property_tests;
#[cfg(test)]
mod tests;
