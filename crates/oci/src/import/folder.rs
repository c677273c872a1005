//! An OCI layout that is a folder. It may belong to anybody: nothing in it is a link, and nothing but regular files is read.

use std::fs::File;
use std::io::{self, Read};
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, Mode, OFlags, ResolveFlags, openat, openat2};
use rustix::io::Errno;

use super::{Blobs, Part};
use crate::digest::Digest;
use crate::error::{ImportError, StoreError, doing};
use crate::manifest::Descriptor;
use crate::store::{ContentStore, Pins};
use crate::watch::Watch;

/// The folder, and where its blobs go.
pub(super) struct Folder<'a> {
    store: &'a ContentStore,
    pins: &'a Pins,
    watch: &'a Watch<'a>,
    path: PathBuf,
    root: OwnedFd,
}

impl<'a> Folder<'a> {
    pub(super) fn open(store: &'a ContentStore, pins: &'a Pins, path: &Path, watch: &'a Watch<'a>) -> Result<Self, ImportError> {
        let flags = OFlags::DIRECTORY | OFlags::CLOEXEC;
        let root = openat(CWD, path, flags, Mode::empty()).map_err(|error| doing("opening", path)(error.into()))?;
        Ok(Self { store, pins, watch, path: path.to_owned(), root })
    }

    /// The index that stands for all of it.
    pub(super) fn index(&self) -> Result<Vec<u8>, ImportError> {
        let Some(file) = self.file("index.json")? else { return Err(ImportError::NoImage) };
        let limit = self.store.limits().document_bytes;
        let mut bytes = Vec::new();
        file.take(limit + 1).read_to_end(&mut bytes).map_err(doing("reading index.json of", &self.path))?;
        if bytes.len() as u64 > limit { Err(ImportError::Limit { what: "the size of index.json", limit }) } else { Ok(bytes) }
    }

    fn file(&self, name: &str) -> Result<Option<File>, StoreError> {
        let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK;
        let within = ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS;
        let refused = |cause: io::Error| doing("opening", self.path.join(name))(cause);
        let file = match openat2(&self.root, name, flags, Mode::empty(), within) {
            Ok(file) => File::from(file),
            Err(Errno::NOENT) => return Ok(None),
            Err(error) => return Err(refused(error.into())),
        };
        if file.metadata().map_err(refused)?.is_file() {
            Ok(Some(file))
        } else {
            Err(refused(io::Error::other("not a regular file")))
        }
    }
}

impl Blobs for Folder<'_> {
    fn has(&self, digest: Digest) -> bool {
        self.pins.add(digest);
        self.store.has_blob(digest) || matches!(self.file(&format!("blobs/sha256/{}", digest.hex())), Ok(Some(_)))
    }

    fn fetch(&self, from: &str, _: Part, descriptor: &Descriptor) -> Result<(), ImportError> {
        let Descriptor { digest, size: said, .. } = descriptor;
        self.pins.add(*digest);
        let size = if self.store.has_blob(*digest) {
            self.store.blob_size(*digest)?
        } else {
            let missing = || ImportError::Incomplete { from: from.to_owned(), missing: digest.to_string() };
            let mut file = self.file(&format!("blobs/sha256/{}", digest.hex()))?.ok_or_else(missing)?;
            self.store.put_blob(self.pins, Some(*digest), *said, &mut file, self.watch)?.1
        };
        if size == *said {
            return Ok(());
        }
        let problem = format!("it says that {digest} has {said} bytes, which has {size}");
        Err(ImportError::Document { what: from.to_owned(), problem })
    }
}
