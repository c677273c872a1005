//! An archive of images, taken in as it comes.

use std::collections::HashMap;
use std::io::{self, BufRead, BufReader, Read};

use super::{Blobs, Part};
use crate::archive::{Archive, ArchiveError, Kind};
use crate::decode::decoder;
use crate::digest::Digest;
use crate::error::ImportError;
use crate::manifest::Descriptor;
use crate::store::{ContentStore, Pins};
use crate::watch::{Progress, Watch};

const BUFFER: usize = 256 << 10;
/// Links of an archive that lead to links.
const FOLLOWED: usize = 8;

/// The files of an archive, all in the store.
pub(super) struct Found<'a> {
    store: &'a ContentStore,
    pins: &'a Pins,
    files: HashMap<String, (Digest, u64)>,
    /// `docker save` of old wrote a layer that two images share once, and a link to it.
    links: HashMap<String, String>,
    sizes: HashMap<Digest, u64>,
}

/// Counts what comes in.
struct Counted<'a, R> {
    source: R,
    bytes: u64,
    watch: &'a Watch<'a>,
}

impl<R: Read> Read for Counted<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.watch.check()?;
        let length = self.source.read(buffer)?;
        let before = self.bytes;
        self.bytes += length as u64;
        // About every megabyte, and at the end.
        if length == 0 || before >> 20 != self.bytes >> 20 {
            self.watch.report(Progress::Received { bytes: self.bytes });
        }
        Ok(length)
    }
}

/// The data of one entry.
struct Data<'a, R>(&'a mut Archive<R>);

impl<R: BufRead> Read for Data<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.data_into(buffer).map_err(|error| match error {
            ArchiveError::Read(error) => error,
            error => io::Error::new(io::ErrorKind::InvalidData, error),
        })
    }
}

/// Stores every file of an archive.
pub(super) fn read<'a>(
    store: &'a ContentStore,
    pins: &'a Pins,
    source: impl Read + Send,
    watch: &Watch<'_>,
) -> Result<Found<'a>, ImportError> {
    let limits = store.limits();
    let plain = decoder(Counted { source, bytes: 0, watch }).map_err(ArchiveError::Read)?;
    let mut archive = Archive::new(BufReader::with_capacity(BUFFER, plain), limits);
    let mut found = Found { store, pins, files: HashMap::new(), links: HashMap::new(), sizes: HashMap::new() };
    let mut entries = 0;
    while let Some(entry) = archive.next_entry()? {
        entries += 1;
        if entries > limits.archive_entries {
            return Err(ImportError::Limit { what: "the number of files in the archive", limit: limits.archive_entries });
        }
        // The files we look for have plain names; they are never names of files on this machine.
        let Some(name) = str::from_utf8(&entry.path).ok().and_then(|path| joined("", path)) else { continue };
        match entry.kind {
            Kind::File => {
                let expected = name.strip_prefix("blobs/sha256/").and_then(|hex| format!("sha256:{hex}").parse().ok());
                let (digest, size) = store.put_blob(pins, expected, limits.blob_bytes, &mut Data(&mut archive), watch)?;
                found.sizes.insert(digest, size);
                found.files.insert(name, (digest, size));
            }
            Kind::Symlink | Kind::HardLink => {
                let from = if entry.kind == Kind::Symlink { name.rsplit_once('/').map_or("", |(folder, _)| folder) } else { "" };
                if let Some(target) = str::from_utf8(&entry.link).ok().and_then(|link| joined(from, link)) {
                    found.links.insert(name, target);
                }
            }
            Kind::Folder | Kind::Fifo | Kind::Device => {}
        }
    }
    // What follows the archive is read, so that whoever sends it is not left with a broken pipe.
    io::copy(&mut archive.into_source().take(limits.blob_bytes), &mut io::sink()).map_err(ArchiveError::Read)?;
    Ok(found)
}

impl Found<'_> {
    /// The digest of a file, through links of the archive.
    pub(super) fn file(&self, name: &str) -> Option<(Digest, u64)> {
        let mut name = joined("", name)?;
        for _ in 0..FOLLOWED {
            if let Some(file) = self.files.get(&name) {
                return Some(*file);
            }
            name = self.links.get(&name)?.clone();
        }
        None
    }

    /// A document of the archive, if it is there.
    pub(super) fn document(&self, name: &str) -> Result<Option<Vec<u8>>, ImportError> {
        self.file(name).map(|(digest, _)| Ok(self.store.read_document(digest)?)).transpose()
    }
}

impl Blobs for Found<'_> {
    fn has(&self, digest: Digest) -> bool {
        // A blob that another image brought is as good.
        self.pins.add(digest);
        self.sizes.contains_key(&digest) || self.store.has_blob(digest)
    }

    fn fetch(&self, from: &str, _: Part, descriptor: &Descriptor) -> Result<(), ImportError> {
        let missing = || ImportError::Incomplete { from: from.to_owned(), missing: descriptor.digest.to_string() };
        if !self.has(descriptor.digest) {
            return Err(missing());
        }
        let size = match self.sizes.get(&descriptor.digest) {
            Some(size) => *size,
            None => self.store.blob_size(descriptor.digest)?,
        };
        if size != descriptor.size {
            let problem = format!("it says that {} has {} bytes, which has {size}", descriptor.digest, descriptor.size);
            return Err(ImportError::Document { what: from.to_owned(), problem });
        }
        Ok(())
    }
}

/// A path within the archive, seen from a folder of it; nothing if it leads out, or is too long to be one we look for.
fn joined(folder: &str, path: &str) -> Option<String> {
    if folder.len() + path.len() > 1024 {
        return None;
    }
    let mut parts: Vec<&str> =
        if path.starts_with('/') { Vec::new() } else { folder.split('/').filter(|part| !part.is_empty()).collect() };
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}
