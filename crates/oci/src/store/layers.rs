//! Unpacked layers: made in `staging`, moved into place whole, kept across a restart of the machine only once they are on disk.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use rustix::fs::syncfs;
use serde::{Deserialize, Serialize};

use super::blobs::Turn;
use super::{ContentStore, Making};
use crate::digest::Digest;
use crate::error::{StoreError, doing};
use crate::unpack::Left;
use crate::watch::Watch;

/// What stands beside an unpacked layer.
#[derive(Debug, Serialize, Deserialize)]
struct Note {
    /// The run of the machine in which it was unpacked.
    boot: String,
    left: Left,
}

/// A layer that is there, or the right to make it.
pub(crate) enum Claim<'a> {
    There(Left),
    Make(Unfinished<'a>),
}

/// The right to unpack a layer, and where. Dropped unfinished, it leaves nothing.
pub(crate) struct Unfinished<'a> {
    store: &'a ContentStore,
    digest: Digest,
    aside: PathBuf,
    finished: bool,
    _turn: Turn<'a>,
}

impl ContentStore {
    /// Where the root of an unpacked layer is, or would be.
    #[must_use]
    pub fn layer_folder(&self, diff_id: Digest) -> PathBuf {
        self.layer_path(diff_id).join("fs")
    }

    /// Takes a layer that is there, or begins to make it; waits if somebody else is at it.
    pub(crate) fn claim_layer(&self, diff_id: Digest, watch: &Watch<'_>) -> Result<Claim<'_>, StoreError> {
        let path = self.layer_path(diff_id);
        let Some(turn) = self.begin(Making::Layer(diff_id), watch, || path.exists())? else {
            return Ok(Claim::There(read_note(&path)?.left));
        };
        let aside = self.staging();
        let unfinished = Unfinished { store: self, digest: diff_id, aside, finished: false, _turn: turn };
        let inner = unfinished.folder();
        fs::create_dir_all(&inner).map_err(doing("making the folder", inner))?;
        Ok(Claim::Make(unfinished))
    }

    /// Brings unpacked layers to disk, so that they are still good after a power cut; those that are not are unpacked again.
    /// Unpacking itself does not wait for the disk. To be called now and then while little happens.
    ///
    /// # Errors
    /// The file system refuses.
    pub fn settle(&self) -> Result<(), StoreError> {
        let folder = self.shared.folder.join("layers");
        let all = self.named_by_digest(&folder)?;
        let open: Vec<PathBuf> = all.into_iter().map(|(_, path, _)| path.join("settled")).filter(|mark| !mark.exists()).collect();
        if open.is_empty() {
            return Ok(());
        }
        let sync = || File::open(&folder).and_then(|folder| syncfs(folder).map_err(Into::into));
        sync().map_err(doing("syncing", &folder))?;
        for mark in open {
            match File::create(&mark) {
                Ok(_) => {}
                // Collected meanwhile.
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
                Err(error) => return Err(doing("marking", mark)(error)),
            }
        }
        Ok(())
    }

    /// At start: puts away what was not finished, and layers that may not have reached the disk before the machine went down.
    pub(super) fn discard_unfinished(&self) -> Result<(), StoreError> {
        let staging = self.shared.folder.join("staging");
        for (_, path, _) in self.named_by_digest(&staging)? {
            self.discard(&path)?;
        }
        for (_, path, _) in self.named_by_digest(&self.shared.folder.join("layers"))? {
            let same_run = || read_note(&path).is_ok_and(|note| !note.boot.is_empty() && note.boot == self.shared.boot);
            if !path.join("settled").exists() && !same_run() {
                tracing::info!(layer = %path.display(), "a layer may not have reached the disk; it will be unpacked again");
                self.discard(&path)?;
            }
        }
        Ok(())
    }

    fn layer_path(&self, diff_id: Digest) -> PathBuf {
        self.shared.folder.join("layers").join(diff_id.hex())
    }
}

impl Unfinished<'_> {
    /// The folder that becomes the layer's root.
    pub(crate) fn folder(&self) -> PathBuf {
        self.aside.join("fs")
    }

    /// Moves the layer into place.
    pub(crate) fn finish(mut self, left: &Left) -> Result<(), StoreError> {
        let note = Note { boot: self.store.shared.boot.clone(), left: *left };
        let path = self.aside.join("layer.json");
        let text = serde_json::to_vec(&note).map_err(|error| doing("writing", &path)(error.into()))?;
        fs::write(&path, text).map_err(doing("writing", &path))?;
        let to = self.store.layer_path(self.digest);
        fs::rename(&self.aside, &to).map_err(doing("moving a layer to", to))?;
        self.finished = true;
        Ok(())
    }
}

impl Drop for Unfinished<'_> {
    fn drop(&mut self) {
        if !self.finished
            && let Err(error) = self.store.discard(&self.aside)
        {
            // The next start puts it away.
            tracing::warn!(%error, "an unfinished layer could not be moved to the trash");
        }
    }
}

fn read_note(layer: &Path) -> Result<Note, StoreError> {
    let path = layer.join("layer.json");
    let bytes = fs::read(&path).map_err(doing("reading", &path))?;
    serde_json::from_slice(&bytes).map_err(|error| doing("reading", &path)(error.into()))
}
