//! The machine's image library, and the agent's socket over which it is filled.
//!
//! - This process alone owns the folder; everybody else asks over the socket, which only root and the agent's own user may.
//! - An image that is named by a registry is pulled as the node's configuration says; one pull of it serves all who want it.
//! - A name that was resolved once costs a look into memory, until names change.
//! - What a task uses stays as long as its [`Resolved`] lives, whatever becomes of names. Disk is given back in the background, slowly.

pub(crate) mod answer;

mod behavior;
mod cleanup;
mod door;
mod library;
mod listing;
mod local_client;
mod looking;
mod obtaining;
mod pull;
mod pull_ahead;
mod pulling;
mod registry;
mod removal;
mod resolved;
mod server;
mod settings;
mod tidying;
mod upload;

#[cfg(test)]
mod tests;

pub use behavior::{BehaviorError, PullBehavior};
pub use library::{Images, OpenError};
pub use listing::{ImportProgress, ImportedImage, InspectedConfig, InspectedImage, InspectedLayer, ListedImage};
pub use local_client::{LocalClient, LocalError};
pub use obtaining::Obtained;
pub use pull_ahead::pull_ahead;
pub use pulling::{PullFailure, PullProgress, PullTimes};
pub use registry::{FetchError, Patience, Registries, RegistrySettings, Retried, SettingsError};
pub use removal::RemoveError;
pub use resolved::{ResolveError, Resolved, Unpacked};
pub use server::ServeError;
pub use settings::{CleanupSettings, ImageSettings};
pub use tidying::keep_tidy;

pub(crate) use registry::tls;
pub(crate) use server::serve;
