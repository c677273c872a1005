//! What the tests of several crates share; no binary links it.

#[cfg(feature = "plane")]
pub mod agent;
#[cfg(feature = "plane")]
pub mod aws;
#[cfg(feature = "plane")]
mod eventually;
pub mod fuzz;
#[cfg(feature = "plane")]
pub mod plane;

#[cfg(feature = "plane")]
pub mod simulation;

#[cfg(feature = "plane")]
pub use eventually::eventually;
