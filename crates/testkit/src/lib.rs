//! What the tests of several crates share; no binary links it.

pub mod fuzz;
