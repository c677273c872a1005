//! What the tests of several crates share; no binary links it.

pub mod agent;
pub mod aws;
mod eventually;
pub mod fuzz;
pub mod plane;

pub use eventually::eventually;
