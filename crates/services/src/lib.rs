//! What each AWS call means: one folder a service, one file an operation. Translate, decide, store.
//!
//! Never here: a socket, a loop, another floor's crate. A handler commits to the store, and whoever watches the store goes on.

mod document;
pub mod ecs;
mod ids;
mod logs;
mod page;
mod sts;
mod tags;
pub mod vpc;

pub use ecs::{BootstrapError, EcsService, Placements};
pub use logs::LogsService;
pub use sts::StsService;
