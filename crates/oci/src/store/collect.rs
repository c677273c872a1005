//! Finding what nothing needs any more.

use std::collections::HashSet;
use std::fs;
use std::path::Path;

use super::{ContentStore, Making};
use crate::digest::Digest;
use crate::error::{StoreError, doing};

/// What must stay although no name means it: the images of running tasks.
#[derive(Debug, Clone, Default)]
pub struct InUse {
    /// Manifests of images.
    pub manifests: HashSet<Digest>,
    /// Diff ids of unpacked layers.
    pub layers: HashSet<Digest>,
}

/// What a collection moved to the trash.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Collected {
    /// How many blobs.
    pub blobs: u64,
    /// Their bytes.
    pub blob_bytes: u64,
    /// How many unpacked layers.
    pub layers: u64,
}

impl ContentStore {
    /// Moves blobs and layers to the trash that no name, nobody at work and nothing in use needs. `sweep` deletes them.
    ///
    /// # Errors
    /// The file system refuses; what was moved until then stays moved.
    pub fn collect(&self, in_use: &InUse) -> Result<Collected, StoreError> {
        // Held throughout, so that whoever begins to work meanwhile waits, and whoever ended has left a name.
        let state = self.state();
        let mut blobs: HashSet<Digest> = state.pins.keys().copied().collect();
        let mut layers: HashSet<Digest> = &blobs | &in_use.layers;
        layers.extend(state.making.iter().filter_map(|making| match making {
            Making::Layer(digest) => Some(*digest),
            Making::Blob(_) => None,
        }));
        let named = self.references()?.into_iter().map(|stored| stored.manifest);
        let manifests: HashSet<Digest> = named.chain(in_use.manifests.iter().copied()).collect();
        for manifest in manifests {
            match self.image(manifest) {
                Ok(image) => {
                    blobs.extend([manifest, image.configuration]);
                    blobs.extend(image.layers.iter().map(|layer| layer.blob));
                    layers.extend(image.layers.iter().map(|layer| layer.diff_id));
                }
                Err(error @ StoreError::Io { .. }) => return Err(error),
                // Its documents are gone or damaged: there is nothing left to keep it for.
                Err(error) => tracing::warn!(%manifest, %error, "an image cannot be read; import it again"),
            }
        }
        let mut collected = Collected::default();
        for (digest, path, size) in self.named_by_digest(&self.blobs())? {
            if digest.is_none_or(|digest| !blobs.contains(&digest)) {
                self.discard(&path)?;
                collected.blobs += 1;
                collected.blob_bytes += size;
            }
        }
        for (digest, path, _) in self.named_by_digest(&self.shared.folder.join("layers"))? {
            if digest.is_none_or(|digest| !layers.contains(&digest)) {
                self.discard(&path)?;
                collected.layers += 1;
            }
        }
        drop(state);
        Ok(collected)
    }

    /// What a folder holds, with the digests that the names say.
    pub(super) fn named_by_digest(&self, folder: &Path) -> Result<Vec<(Option<Digest>, std::path::PathBuf, u64)>, StoreError> {
        let failed = || doing("listing", folder);
        let mut found = Vec::new();
        for entry in fs::read_dir(folder).map_err(failed())? {
            let entry = entry.map_err(failed())?;
            let digest = entry.file_name().to_str().and_then(|name| format!("sha256:{name}").parse().ok());
            found.push((digest, entry.path(), entry.metadata().map_err(failed())?.len()));
        }
        Ok(found)
    }
}
