//! The awsJson documents: a reader that pulls and a writer that appends. Neither keeps a tree.
//!
//! Never here: HTTP, operation names, error envelopes (see [`crate::protocol`]).

mod reader;
mod writer;

#[cfg(test)]
mod tests;

pub use reader::JsonReader;
pub use writer::JsonWriter;

/// Objects and arrays inside each other, unknown members included.
pub const DEPTH_LIMIT: usize = 64;
/// Values in one document: scalars, objects and arrays. PutLogEvents, the largest request, has 30,003.
pub const VALUE_LIMIT: usize = 100_000;
