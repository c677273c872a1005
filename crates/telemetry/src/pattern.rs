//! Filter patterns: which events a search, a tail or a metric filter means.
//!
//! A pattern is of one of three kinds, told by how it begins:
//!
//! ```text
//! ERROR -timeout "not found" ?warn %4[0-9]{2}%       terms that the text holds
//! { $.level = "ERROR" && $.took >= 1.5 }             conditions on the fields of a JSON object
//! [ip, user, ..., status = 4*, bytes > 1000]         conditions on fields between spaces
//! ```
//!
//! Never here: I/O, a clock, or work that grows faster than text times pattern. Any text may come as a pattern, and as an event.

mod cursor;
mod error;
mod expression;
mod fields;
mod glob;
mod json;
mod kind;
mod regular;
mod selector;
mod terms;
mod value;
mod words;

pub use error::PatternError;
pub use kind::Pattern;

#[cfg(test)]
mod property_tests;
#[cfg(test)]
mod tests;
