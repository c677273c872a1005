//! Registries: OCI distribution over HTTP, as far as pulling needs it.
//!
//! - What identifies us is sent to the registry that it is for, and to the token service that this registry names: never to where it
//!   redirects.
//! - A registry is trusted with nothing. All it sends is bounded in size and time, and counts only if its digest is right.
//! - Passwords and tokens are in no message.

mod authorization;
mod challenge;
mod download;
mod error;
mod patience;
mod place;
mod repository;
mod settings;
mod transport;

pub(crate) use transport::tls;

pub(super) use download::Session;
pub use error::{FetchError, Retried};
pub use patience::Patience;
pub(super) use repository::{Registry, Repository};
pub use settings::{Registries, RegistrySettings, SettingsError};
