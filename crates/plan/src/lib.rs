//! Decisions: where a task goes, what a service does next, what a report of an agent makes of it, what its agent does next, which instances an expression selects.
//!
//! Invariants of this crate, as negatives:
//! - It never learns the time, never rolls a die, never does I/O and never waits: `now` and an [`IdSource`] are arguments.
//! - It cannot name an AWS shape, and it never sees what a task definition's document says beyond its facts.
//! - No decision depends on the order of a map, or on the order in which instances are given.
//! - No text from outside makes it panic.

pub mod capacity;
pub mod fargate;
pub mod node;
pub mod placement;
pub mod query;
pub mod service;
pub mod task;

mod ids;

pub use ids::{IdSource, SeededIds};

#[cfg(test)]
mod fixtures;
