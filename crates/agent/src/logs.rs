//! Log drivers: where a container's output goes.
//!
//! The shim keeps output in segments of a bounded size; a driver reads them, brings them where they belong, and removes them.
//!
//! - A driver keeps in the container's folder how far it came (`log.json`), and goes on from there after the agent was killed, at
//!   whatever moment. No line is lost; what `json-file` writes is there once. A batch of `awslogs` whose answer was lost is sent again
//!   as it was and under the same token: Berth's Logs keeps it once, a service that does not know such tokens may have it twice.
//! - One task per container, woken by the kernel when there is output. While there is none it holds neither files nor buffers.
//! - A container's last line is brought in also if it has no line end.

mod batch;
mod cloudwatch;
mod driver;
mod error;
mod journal;
mod json_file;
mod options;
mod place;
mod record;
mod retained;
mod wakes;

#[cfg(test)]
mod tests;

pub use driver::{Context, Driver};
pub use error::DriverError;
pub use retained::{Retention, keep_tidy, log_folder};
pub use wakes::Wakes;
