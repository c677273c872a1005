//! The machine's image library, and the agent's socket over which it is filled.

mod listing;
mod local_client;

pub use listing::{ImportProgress, ImportedImage, ListedImage};
pub use local_client::{LocalClient, LocalError};
