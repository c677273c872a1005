//! A node: joins a control plane as any AWS client, runs the tasks it is given, and reports what becomes of them.
//!
//! - It speaks the public agent protocol and AWS APIs only; nothing in the control plane knows that it is ours.
//! - Each task is one actor that owns its record; slow work is spawned and comes back as a message. No lock around domain state.
//! - What is decided stands in `berth_plan::node`; here it is carried out.
//! - State is on disk before a payload is acknowledged; killing the agent at any instruction loses no exit code.
//!
//! Where things are: [`run`] registers the machine and opens the two streams ([`control`], [`telemetry`]); [`node`] owns the table of
//! tasks, and each [`task`] is one of its actors. `DATA/agent` holds `instance.json` (who this machine is to the control plane),
//! `tasks/ID/task.cbor` (a task's record), `tasks/ID/CONTAINER` (its containers, which belong to the runtime) and [`volumes`].

pub mod container_spec;
pub mod images;
pub mod logs;
pub mod volumes;

mod backoff;
mod capabilities;
mod config;
mod control;
mod endpoints;
mod environment_files;
mod error;
mod files;
mod identity;
mod machine;
mod network;
mod node;
mod registration;
mod run;
mod task;
mod telemetry;

pub use config::Config;
pub use environment_files::S3Settings;
pub use error::AgentError;
pub use run::run;
