//! Blobs: made aside, verified while they are written, moved into place whole.

use std::fs::{self, File, OpenOptions};
use std::io::{Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::{ContentStore, Making, Pins};
use crate::digest::{Digest, Hasher};
use crate::error::{StoreError, doing};
use crate::image::Image;
use crate::manifest::{Node, parse};
use crate::watch::Watch;

const BUFFER: usize = 256 << 10;
/// The free space is looked at each time so many bytes were written.
const SPACE_EVERY: u64 = 64 << 20;
/// How often somebody who waits for another's work looks whether it was called off.
const PATIENCE: Duration = Duration::from_millis(100);

impl ContentStore {
    /// Whether the blob is there.
    #[must_use]
    pub fn has_blob(&self, digest: Digest) -> bool {
        self.blob_path(digest).exists()
    }

    pub(crate) fn blob_size(&self, digest: Digest) -> Result<u64, StoreError> {
        let path = self.blob_path(digest);
        Ok(fs::metadata(&path).map_err(doing("looking at", path))?.len())
    }

    /// Opens a blob.
    ///
    /// # Errors
    /// It is not there, or the file system refuses.
    pub fn open_blob(&self, digest: Digest) -> Result<File, StoreError> {
        let path = self.blob_path(digest);
        File::open(&path).map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => StoreError::Missing(digest),
            _ => doing("opening", path)(error),
        })
    }

    /// Stores what a stream has, at most `limit` bytes of it; answers its digest and size. The stream is not read if the blob
    /// is there, or somebody else is just storing it and succeeds.
    ///
    /// # Errors
    /// The stream fails, is too long or is not what `expected` says; the disk is full; the work was called off.
    pub fn put_blob(
        &self,
        pins: &Pins,
        expected: Option<Digest>,
        limit: u64,
        source: &mut dyn Read,
        watch: &Watch<'_>,
    ) -> Result<(Digest, u64), StoreError> {
        let Some(digest) = expected else { return self.write_blob(pins, None, limit, source, watch) };
        pins.add(digest);
        match self.begin(Making::Blob(digest), watch, || self.has_blob(digest))? {
            Some(_making) => self.write_blob(pins, expected, limit, source, watch),
            None => Ok((digest, self.blob_size(digest)?)),
        }
    }

    /// Reads a document, which is small, and verifies it.
    ///
    /// # Errors
    /// It is not there, too large, or damaged.
    pub fn read_document(&self, digest: Digest) -> Result<Vec<u8>, StoreError> {
        let limit = self.limits().document_bytes;
        let mut bytes = Vec::new();
        let blob = self.open_blob(digest)?;
        blob.take(limit + 1).read_to_end(&mut bytes).map_err(doing("reading", self.blob_path(digest)))?;
        if bytes.len() as u64 > limit {
            return Err(StoreError::TooLarge { limit });
        }
        let actual = Digest::of(&bytes);
        if actual == digest { Ok(bytes) } else { Err(StoreError::Mismatch { expected: digest, actual }) }
    }

    /// The image with this manifest.
    ///
    /// # Errors
    /// A document of it is missing or damaged.
    pub fn image(&self, manifest: Digest) -> Result<Image, StoreError> {
        let refused = |problem| StoreError::Document { digest: manifest, problem };
        let bytes = self.read_document(manifest)?;
        let node: Node = parse(&bytes).map_err(refused)?;
        let configuration = match &node.config {
            Some(descriptor) => self.read_document(descriptor.digest)?,
            None => Vec::new(),
        };
        Image::of(manifest, &bytes, &configuration).map_err(refused)
    }

    pub(super) fn blobs(&self) -> PathBuf {
        self.shared.folder.join("blobs/sha256")
    }

    fn blob_path(&self, digest: Digest) -> PathBuf {
        self.blobs().join(digest.hex())
    }

    /// Begins to make something, unless it is there; waits if somebody else is at it. What is answered ends the making when it
    /// is dropped.
    pub(super) fn begin(
        &self,
        what: Making,
        watch: &Watch<'_>,
        is_there: impl Fn() -> bool,
    ) -> Result<Option<Turn<'_>>, StoreError> {
        let mut state = self.state();
        loop {
            if watch.is_cancelled() {
                return Err(StoreError::Cancelled);
            }
            if is_there() {
                return Ok(None);
            }
            if state.making.insert(what) {
                return Ok(Some(Turn { store: self, what }));
            }
            let waited = self.shared.done.wait_timeout(state, PATIENCE);
            state = waited.unwrap_or_else(std::sync::PoisonError::into_inner).0;
        }
    }

    fn write_blob(
        &self,
        pins: &Pins,
        expected: Option<Digest>,
        limit: u64,
        source: &mut dyn Read,
        watch: &Watch<'_>,
    ) -> Result<(Digest, u64), StoreError> {
        let path = self.staging();
        let written = self.write_aside(&path, limit.min(self.limits().blob_bytes), source, watch).and_then(|(digest, size)| {
            if let Some(expected) = expected.filter(|expected| *expected != digest) {
                return Err(StoreError::Mismatch { expected, actual: digest });
            }
            pins.add(digest);
            let to = self.blob_path(digest);
            fs::rename(&path, &to).map_err(doing("moving a blob to", to))?;
            Ok((digest, size))
        });
        if written.is_err() {
            // What cannot be removed now is put away at the next start.
            let _ = fs::remove_file(&path);
        }
        written
    }

    fn write_aside(
        &self,
        path: &Path,
        limit: u64,
        source: &mut dyn Read,
        watch: &Watch<'_>,
    ) -> Result<(Digest, u64), StoreError> {
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
        let mut file = file.map_err(doing("making", path))?;
        let mut buffer = vec![0; BUFFER];
        let (mut hasher, mut size, mut space_at) = (Hasher::default(), 0_u64, 0);
        loop {
            if watch.is_cancelled() {
                return Err(StoreError::Cancelled);
            }
            if size >= space_at {
                self.check_space()?;
                space_at = size + SPACE_EVERY;
            }
            let length = match source.read(&mut buffer) {
                Ok(0) => break,
                Ok(length) => length,
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
                Err(_) if watch.is_cancelled() => return Err(StoreError::Cancelled),
                Err(error) => return Err(StoreError::Receive(error)),
            };
            size += length as u64;
            if size > limit {
                return Err(StoreError::TooLarge { limit });
            }
            hasher.update(&buffer[..length]);
            file.write_all(&buffer[..length]).map_err(doing("writing", path))?;
        }
        // The name promises the content, so the content is on disk first.
        file.sync_data().map_err(doing("syncing", path))?;
        Ok((hasher.finish(), size))
    }
}

/// The right to make something; others wait until it is dropped.
#[derive(Debug)]
pub(crate) struct Turn<'a> {
    store: &'a ContentStore,
    what: Making,
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.store.state().making.remove(&self.what);
        self.store.shared.done.notify_all();
    }
}
