//! Names of images, one small file each.

use std::fs::{self, File};
use std::io::{ErrorKind, Write};
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::ContentStore;
use crate::digest::Digest;
use crate::error::{StoreError, doing};
use crate::reference::Reference;

/// A name and the image it means.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct StoredReference {
    /// The name.
    pub name: Reference,
    /// The manifest's digest.
    pub manifest: Digest,
    /// Where it came from, if that was a registry.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<Origin>,
}

/// How an image came from a registry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Origin {
    /// What the registry has under the name: the digest of the manifest, or of the index that it was chosen from.
    pub digest: Digest,
    /// When it was pulled, in seconds since 1970.
    pub pulled_at: u64,
}

impl ContentStore {
    /// Makes a name mean an image. After a power cut it still does.
    ///
    /// # Errors
    /// The file system refuses.
    pub fn set_reference(&self, name: &Reference, manifest: Digest, origin: Option<Origin>) -> Result<(), StoreError> {
        let stored = StoredReference { name: name.clone(), manifest, origin };
        let text =
            serde_json::to_vec(&stored).map_err(|error| doing("writing the name to", self.reference_path(name))(error.into()))?;
        let (aside, path) = (self.staging(), self.reference_path(name));
        // The blobs' names first: a name that lasts must not mean an image that does not.
        let sync = |path: PathBuf| File::open(&path).and_then(|folder| folder.sync_all()).map_err(doing("syncing", path));
        sync(self.blobs())?;
        let write = || {
            let mut file = File::create_new(&aside)?;
            file.write_all(&text)?;
            file.sync_all()
        };
        write().map_err(doing("writing", &aside))?;
        fs::rename(&aside, &path).map_err(doing("moving a name to", &path))?;
        sync(self.shared.folder.join("refs"))
    }

    /// The image that a name means. A name with a digest also means an image of that digest that came to the repository
    /// under another name.
    ///
    /// # Errors
    /// The file system refuses.
    pub fn resolve(&self, name: &Reference) -> Result<Option<StoredReference>, StoreError> {
        if let Some(stored) = self.read_reference(self.reference_path(name))? {
            return Ok(Some(stored));
        }
        let Some(digest) = name.digest() else { return Ok(None) };
        let means = |stored: &StoredReference| {
            let known = [Some(stored.manifest), stored.name.digest(), stored.origin.map(|origin| origin.digest)];
            stored.name.same_repository(name) && known.contains(&Some(digest))
        };
        Ok(self.references()?.into_iter().find(means))
    }

    /// All names, in order. A file that is damaged is left out, and said so in the log.
    ///
    /// # Errors
    /// The file system refuses.
    pub fn references(&self) -> Result<Vec<StoredReference>, StoreError> {
        let folder = self.shared.folder.join("refs");
        let mut names = Vec::new();
        for entry in fs::read_dir(&folder).map_err(doing("listing", &folder))? {
            let path = entry.map_err(doing("listing", &folder))?.path();
            names.extend(self.read_reference(path)?);
        }
        names.sort();
        Ok(names)
    }

    /// Forgets a name; false if there was none. What it meant stays until the next collection.
    ///
    /// # Errors
    /// The file system refuses.
    pub fn remove_reference(&self, name: &Reference) -> Result<bool, StoreError> {
        let path = self.reference_path(name);
        match fs::remove_file(&path) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
            Err(error) => Err(doing("removing", path)(error)),
        }
    }

    /// Names hold slashes and may be longer than file names can be.
    fn reference_path(&self, name: &Reference) -> PathBuf {
        self.shared.folder.join("refs").join(Digest::of(name.to_string().as_bytes()).hex())
    }

    fn read_reference(&self, path: PathBuf) -> Result<Option<StoredReference>, StoreError> {
        let bytes = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(doing("reading", path)(error)),
        };
        match serde_json::from_slice(&bytes) {
            Ok(stored) => Ok(Some(stored)),
            Err(error) => {
                tracing::warn!(path = %path.display(), %error, "the name of an image cannot be read; import the image again");
                Ok(None)
            }
        }
    }
}
