//! The machine's image library, and the agent's socket over which it is filled.
//!
//! - This process alone owns the folder; everybody else asks over the socket, which only root and the agent's own user may.
//! - A name that was resolved once costs a look into memory, until names change.
//! - What a task uses stays as long as its [`Resolved`] lives, whatever becomes of names. Disk is given back in the background, slowly.

mod door;
mod library;
mod listing;
mod local_client;
mod resolved;
mod server;
mod tidying;
mod upload;

#[cfg(test)]
mod tests;

pub use library::{Images, RemoveError};
pub use listing::{ImportProgress, ImportedImage, ListedImage};
pub use local_client::{LocalClient, LocalError};
pub use resolved::{ResolveError, Resolved, Unpacked};
pub use server::{ServeError, serve};
pub use tidying::keep_tidy;
