//! Images from registries: what is fetched, and what has to be true of it. How a registry is spoken to is the caller's business.
//!
//! Every blob is hashed while it comes and moved into place whole; each layer is unpacked as soon as it is there, while others still
//! come. The name changes last, when the whole image is there and unpacked.

#[cfg(test)]
mod tests;

use std::io::{self, Read};

use crate::digest::Digest;
use crate::error::{ImportError, PullError};
use crate::image::Image;
use crate::import::{Blobs, Import, Part, called_off, layout};
use crate::manifest::{Descriptor, Node, parse};
use crate::memory;
use crate::parallel;
use crate::reference::Reference;
use crate::store::{ContentStore, Origin, Pins};
use crate::unpack::UnpackedImage;
use crate::watch::{Progress, Watch};

/// A repository of a registry.
pub trait Remote: Sync {
    /// The content with this digest, of `size` bytes if that is known. Nothing is asked of the registry before the first byte is read;
    /// why it fails stands in the stream's error. A read that answers `Interrupted` is repeated, unless the work was called off.
    fn open(&self, part: Part, digest: Digest, size: Option<u64>) -> Box<dyn Read + Send + '_>;
}

/// An image that was pulled.
#[derive(Debug)]
pub struct Pulled {
    /// What it is.
    pub image: Image,
    /// Its layers; it is not collected as long as this lives, whatever becomes of its name.
    pub unpacked: UnpackedImage,
    /// Keeps its documents.
    pub pins: Pins,
}

/// Pulls the image that a registry has under the digest `top`, which may be that of an index, and gives it a name. What the store
/// has is not fetched again, and what another pull is just fetching is waited for.
///
/// # Errors
/// The registry fails or lies; the image is damaged, hostile or for other machines; the disk is full; the work was called off.
pub fn pull(
    store: &ContentStore,
    name: &Reference,
    origin: Origin,
    remote: &dyn Remote,
    watch: &Watch<'_>,
) -> Result<Pulled, PullError> {
    let pins = store.pins();
    let source = Source { store, pins: &pins, remote, watch };
    let import = Import { store, pins: &pins, watch };
    let found = manifest(&import, &source, origin.digest).and_then(|manifest| {
        let (image, layers) = import.examine(&source, manifest)?;
        source.check_room(&layers)?;
        Ok((image, layers))
    });
    let (image, layers) = found.map_err(|error| called_off(error, watch))?;
    let (from, count) = (format!("manifest {}", image.manifest), layers.len());
    let fetch = |index: usize, layer: &Descriptor, watch: &Watch<'_>| -> Result<(), PullError> {
        let report = |bytes| watch.report(Progress::Fetching { layer: index, layers: count, bytes, total: layer.size });
        source.take(&from, Part::Layer, layer, watch, &report)?;
        if let Some(layer) = image.layers.get(index) {
            store.unpack_layer(*layer, index, count, watch)?;
        }
        Ok(())
    };
    image.layers.iter().for_each(|layer| pins.add(layer.diff_id));
    parallel::each(&layers, memory::at_once(store.limits().parallel_downloads), watch, fetch).map_err(|error| match error {
        PullError::Import(error) => PullError::Import(called_off(error, watch)),
        error => error,
    })?;
    let unpacked = store.unpack(&image, watch)?;
    store.set_reference(name, image.manifest, Some(origin)).map_err(ImportError::Store)?;
    Ok(Pulled { image, unpacked, pins })
}

/// The manifest for this machine: the document itself, or that of the best build in the index that it is.
fn manifest(import: &Import<'_>, source: &Source<'_>, top: Digest) -> Result<Digest, ImportError> {
    let refused = |problem| ImportError::Document { what: format!("manifest {top}"), problem };
    source.document(top)?;
    let node: Node = parse(&import.store.read_document(top)?).map_err(refused)?;
    if let Some(problem) = node.ambiguity("") {
        return Err(refused(problem));
    }
    let Some(builds) = node.manifests else { return Ok(top) };
    let best = layout::best(import, source, &builds, &mut 0)?;
    source.fetch(&format!("index {top}"), Part::Manifest, &best)?;
    let node: Node = parse(&import.store.read_document(best.digest)?).map_err(refused)?;
    match node.ambiguity(&best.media_type) {
        Some(problem) => Err(refused(problem)),
        None => Ok(best.digest),
    }
}

/// The registry, and where its blobs go.
struct Source<'a> {
    store: &'a ContentStore,
    pins: &'a Pins,
    remote: &'a dyn Remote,
    watch: &'a Watch<'a>,
}

impl Source<'_> {
    /// The first document, of which nothing but the digest is known.
    fn document(&self, digest: Digest) -> Result<(), ImportError> {
        let mut stream = self.remote.open(Part::Manifest, digest, None);
        self.store.put_blob(self.pins, Some(digest), self.store.limits().document_bytes, &mut stream, self.watch)?;
        Ok(())
    }

    fn take(
        &self,
        from: &str,
        part: Part,
        descriptor: &Descriptor,
        watch: &Watch<'_>,
        report: &(dyn Fn(u64) + Sync),
    ) -> Result<(), ImportError> {
        let Descriptor { digest, size: said, .. } = descriptor;
        let limits = self.store.limits();
        let (what, limit) = match part {
            Part::Manifest => ("the size of a manifest", limits.document_bytes),
            Part::Configuration => ("the size of a configuration", limits.document_bytes),
            Part::Layer => ("the size of a layer", limits.blob_bytes),
        };
        if *said > limit {
            return Err(ImportError::Limit { what, limit });
        }
        let stream = self.remote.open(part, *digest, Some(*said));
        let mut counted = Counted { stream, bytes: 0, report };
        let (_, size) = self.store.put_blob(self.pins, Some(*digest), *said, &mut counted, watch)?;
        if size == *said {
            return Ok(());
        }
        let problem = format!("it says that {digest} has {said} bytes, which has {size}");
        Err(ImportError::Document { what: from.to_owned(), problem })
    }

    /// Whether what is still to come fits on the disk; unpacked it takes more, which is looked at on the way.
    fn check_room(&self, layers: &[Descriptor]) -> Result<(), ImportError> {
        let limit = self.store.limits().blob_bytes;
        if layers.iter().any(|layer| layer.size > limit) {
            return Err(ImportError::Limit { what: "the size of a layer", limit });
        }
        let missing = layers.iter().filter(|layer| !self.store.has_blob(layer.digest)).map(|layer| layer.size);
        Ok(self.store.check_room(missing.fold(0, u64::saturating_add))?)
    }
}

impl Blobs for Source<'_> {
    /// Whether it really is there shows when it is fetched.
    fn has(&self, _: Digest) -> bool {
        true
    }

    fn fetch(&self, from: &str, part: Part, descriptor: &Descriptor) -> Result<(), ImportError> {
        self.take(from, part, descriptor, self.watch, &|_| {})
    }
}

/// A stream that tells how far it is, about every megabyte and at its end.
struct Counted<'a> {
    stream: Box<dyn Read + Send + 'a>,
    bytes: u64,
    report: &'a (dyn Fn(u64) + Sync),
}

impl Read for Counted<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.stream.read(buffer)?;
        let before = self.bytes;
        self.bytes += length as u64;
        if length == 0 || before >> 20 != self.bytes >> 20 {
            (self.report)(self.bytes);
        }
        Ok(length)
    }
}
