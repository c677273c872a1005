//! Log and metric storage and query.
//!
//! Invariants of this crate, as negatives:
//! - It knows no AWS shape, no account and no policy: a log group is an id to it, and what a caller may see is decided above.
//! - Nobody is told that something is written before it is on disk, and nobody reads what a crash could take back.
//! - A reader never waits for a disk sync, and never reads data whose time or stream it was not asked for.
//! - What is held in memory does not grow with the data, nor with the number of streams ever made: `logs` says what is held.
//! - It reads no clock: times are arguments. It knows no other crate's database, and has none of its own.

pub mod insights;
pub mod logs;
pub mod pattern;
