//! The telemetry stream: what containers use, and how healthy they are.

mod health;
mod meters;
mod sample;
mod stream;

pub(crate) use stream::TelemetryStream;
