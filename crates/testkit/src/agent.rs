//! An agent that speaks the agent protocol as the official one does, without containers: what a test tells it happens to
//! its tasks.
//!
//! [`Engine`] has the habits and does no I/O; [`ProtocolAgent`] registers, opens streams and carries out what the engine
//! answers. Both know the protocol only: no crate of the control plane's.

mod checks;
mod control;
mod engine;
mod protocol_agent;
mod reports;
mod telemetry;

pub use checks::unacceptable;
pub use control::{ControlStream, Refusal};
pub use engine::{Engine, Known, Reaction};
pub use protocol_agent::ProtocolAgent;
pub use reports::{ContainerState, Report};
pub use telemetry::TelemetryStream;

#[cfg(test)]
mod tests;
