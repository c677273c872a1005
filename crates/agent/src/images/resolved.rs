//! An image that a container can be made of.

use std::collections::HashMap;
use std::ops::Deref;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use berth_oci::{Digest, ImageConfig, Pins, ReferenceError, StoreError, UnpackError, UnpackedImage};

use super::behavior::Local;
use super::pulling::PullFailure;

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
    pub(super) local: Local,
    pub(super) _layers: Option<UnpackedImage>,
    pub(super) _documents: Option<Pins>,
}

/// An image in use. Its layers stay at least as long as this lives.
#[derive(Debug, Clone)]
pub struct Resolved {
    unpacked: Arc<Unpacked>,
    user: Option<Arc<User>>,
}

/// Which images are used by whom.
pub(super) type Users = Arc<Mutex<Uses>>;

/// Uses of images.
#[derive(Debug, Default)]
pub(super) struct Uses {
    /// One entry per use.
    pub(super) now: Vec<(Digest, String)>,
    /// When an image was taken or given back, in seconds since 1970.
    pub(super) last: HashMap<Digest, u64>,
}

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
        let unpacked = Unpacked {
            layers,
            config,
            image_id,
            manifest,
            manifest_digest: None,
            local: Local::Imported,
            _layers: None,
            _documents: None,
        };
        Self::new(Arc::new(unpacked))
    }

    pub(super) fn with_user(self, users: &Users, name: &str) -> Self {
        let manifest = self.unpacked.manifest;
        let mut uses = users.lock().unwrap_or_else(PoisonError::into_inner);
        uses.now.push((manifest, name.to_owned()));
        uses.last.insert(manifest, now());
        drop(uses);
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
        let own = users.now.iter().position(|(manifest, name)| *manifest == self.manifest && *name == self.name);
        own.map(|own| users.now.swap_remove(own));
        users.last.insert(self.manifest, now());
    }
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
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
        "CannotPullContainerError: {image} is not on this machine; `berth image pull {image}` fetches it, \
         `docker save {image} | berth image import -` brings it"
    )]
    Absent {
        /// As it was given.
        image: String,
    },
    /// It is not here, and was not to be had.
    #[error(
        "CannotPullContainerError: {problem}{}",
        if problem.is_unreachable() { format!("; without the registry, `docker save {image} | berth image import -` brings it") } else { String::new() }
    )]
    Pull {
        /// As it was given.
        image: String,
        /// What happened.
        problem: Arc<PullFailure>,
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
