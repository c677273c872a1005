//! The telemetry stream: what containers use.

mod sample;
mod stream;

pub(crate) use stream::TelemetryStream;
