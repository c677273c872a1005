//! An image that a container can be made of.

use std::ops::Deref;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use berth_oci::{Digest, ImageConfig, Pins, ReferenceError, StoreError, UnpackError, UnpackedImage};

/// An image whose layers are folders.
#[derive(Debug)]
pub struct Unpacked {
    /// The roots of its layers, lowest first.
    pub layers: Vec<PathBuf>,
    /// What it says its containers should be.
    pub config: ImageConfig,
    /// What Docker calls its id: the digest of its configuration.
    pub image_id: String,
    /// The digest of its manifest. To be kept with the task, for [`Images::adopt`](super::Images::adopt).
    pub manifest: Digest,
    /// That digest, if a registry knows the image by it; not for what came as files.
    pub manifest_digest: Option<String>,
    pub(super) _layers: Option<UnpackedImage>,
    pub(super) _documents: Option<Pins>,
}

/// An image in use. Its layers stay at least as long as this lives.
#[derive(Debug, Clone)]
pub struct Resolved {
    unpacked: Arc<Unpacked>,
    user: Option<Arc<User>>,
}

/// Which images are used by whom. One entry per use.
pub(super) type Users = Arc<Mutex<Vec<(Digest, String)>>>;

/// Somebody who uses an image, until dropped.
#[derive(Debug)]
struct User {
    users: Users,
    manifest: Digest,
    name: String,
}

impl Resolved {
    pub(super) fn new(unpacked: Arc<Unpacked>) -> Self {
        Self { unpacked, user: None }
    }

    /// An image that no library has, for tests of what is made of images.
    #[cfg(test)]
    pub(crate) fn loose(layers: Vec<PathBuf>, config: ImageConfig) -> Self {
        let manifest = Digest::of(b"");
        let image_id = manifest.to_string();
        let unpacked = Unpacked { layers, config, image_id, manifest, manifest_digest: None, _layers: None, _documents: None };
        Self::new(Arc::new(unpacked))
    }

    pub(super) fn with_user(self, users: &Users, name: &str) -> Self {
        let manifest = self.unpacked.manifest;
        users.lock().unwrap_or_else(PoisonError::into_inner).push((manifest, name.to_owned()));
        let user = User { users: Arc::clone(users), manifest, name: name.to_owned() };
        Self { user: Some(Arc::new(user)), ..self }
    }

    /// Who uses it, as it was said when it was resolved.
    #[must_use]
    pub fn user(&self) -> Option<&str> {
        self.user.as_ref().map(|user| user.name.as_str())
    }
}

impl Deref for Resolved {
    type Target = Unpacked;

    fn deref(&self) -> &Unpacked {
        &self.unpacked
    }
}

impl Drop for User {
    fn drop(&mut self) {
        let mut users = self.users.lock().unwrap_or_else(PoisonError::into_inner);
        let own = users.iter().position(|(manifest, name)| *manifest == self.manifest && *name == self.name);
        own.map(|own| users.swap_remove(own));
    }
}

/// Why an image cannot be used. Its text is the container's reason.
#[derive(Debug, thiserror::Error)]
pub enum ResolveError {
    /// The name is none.
    #[error("CannotPullContainerError: {image}: {problem}")]
    Name {
        /// As it was given.
        image: String,
        /// What is wrong with it.
        problem: ReferenceError,
    },
    /// There is no such image here.
    #[error(
        "CannotPullContainerError: {image} is not on this machine, and this agent does not pull from registries yet; \
         `docker save {image} | berth image import -` on the machine brings it"
    )]
    Absent {
        /// As it was given.
        image: String,
    },
    /// The library cannot be read.
    #[error("CannotPullContainerError: {image}: {problem}")]
    Library {
        /// As it was given.
        image: String,
        /// What happened.
        problem: StoreError,
    },
    /// A layer cannot be unpacked.
    #[error("CannotPullContainerError: {image}: {problem}")]
    Unpack {
        /// As it was given.
        image: String,
        /// What happened.
        problem: UnpackError,
    },
    /// The agent is ending.
    #[error("CannotPullContainerError: {image}: the agent was stopped meanwhile")]
    Ending {
        /// As it was given.
        image: String,
    },
}
