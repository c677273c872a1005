//! Images from files: `docker save` archives and OCI layouts.
//!
//! An archive is read once, as it comes: whatever file is in it goes into the store under its digest, because which of them are
//! layers may be said at the very end. What then no image needs is garbage for the next collection.

mod docker;
mod folder;
pub(crate) mod layout;
mod stream;

#[cfg(test)]
mod tests;

use std::io::Read;
use std::path::Path;

use crate::digest::Digest;
use crate::error::{ImportError, PullError, UnpackError};
use crate::image::Image;
use crate::manifest::{Configuration, Descriptor, Node, parse};
use crate::platform::Platform;
use crate::reference::Reference;
use crate::store::{ContentStore, Pins};
use crate::unpack::UnpackedImage;
use crate::watch::{Progress, Watch};

use folder::Folder;
use stream::Found;

/// An image that was imported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Imported {
    /// Its names; it may have none.
    pub references: Vec<Reference>,
    /// What it is.
    pub image: Image,
}

/// A manifest that was chosen, and the names it gets.
struct Chosen {
    references: Vec<Reference>,
    manifest: Digest,
}

/// What a blob is of an image, and so where registries have it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// A manifest or an index.
    Manifest,
    /// A configuration.
    Configuration,
    /// A layer.
    Layer,
}

/// Where the blobs of images come from.
pub(crate) trait Blobs {
    /// Whether there is such a blob.
    fn has(&self, digest: Digest) -> bool;

    /// Sees to it that the blob is in the store, pinned and of the size that the descriptor says.
    fn fetch(&self, from: &str, part: Part, descriptor: &Descriptor) -> Result<(), ImportError>;
}

/// Imports what a stream holds: the archive of `docker save` or an OCI layout, compressed or not. A name is added to the image,
/// if there is just one.
///
/// # Errors
/// The archive is damaged, hostile, incomplete or for other machines; the disk is full; the work was called off. No name changes
/// then.
pub fn import_archive(
    store: &ContentStore,
    archive: impl Read + Send,
    name: Option<&Reference>,
    watch: &Watch<'_>,
) -> Result<Vec<Imported>, ImportError> {
    let pins = store.pins();
    let imported = take_in(store, &pins, archive, name, watch)?;
    give_names(store, imported)
}

/// As `import_archive`, and unpacks the images before they get their names.
///
/// # Errors
/// As `import_archive`, or a layer is damaged or hostile. No name changes then either.
pub fn import_unpacked(
    store: &ContentStore,
    archive: impl Read + Send,
    name: Option<&Reference>,
    watch: &Watch<'_>,
) -> Result<Vec<Imported>, PullError> {
    let pins = store.pins();
    let imported = take_in(store, &pins, archive, name, watch)?;
    // Until they have names, nothing else keeps their layers.
    let _unpacked: Vec<UnpackedImage> =
        imported.iter().map(|one| store.unpack(&one.image, watch)).collect::<Result<_, UnpackError>>()?;
    Ok(give_names(store, imported)?)
}

/// Puts an archive's images into the store; they have no names there yet.
fn take_in(
    store: &ContentStore,
    pins: &Pins,
    archive: impl Read + Send,
    name: Option<&Reference>,
    watch: &Watch<'_>,
) -> Result<Vec<Imported>, ImportError> {
    let found = stream::read(store, pins, archive, watch).map_err(|error| called_off(error, watch))?;
    watch.report(Progress::Resolving);
    let import = Import { store, pins, watch };
    import.run(&found, name).map_err(|error| called_off(error, watch))
}

fn give_names(store: &ContentStore, imported: Vec<Imported>) -> Result<Vec<Imported>, ImportError> {
    for Imported { references, image } in &imported {
        for reference in references {
            store.set_reference(reference, image.manifest, None)?;
        }
    }
    Ok(imported)
}

/// Imports an OCI layout that is a folder.
///
/// # Errors
/// As `import_archive`.
pub fn import_layout(
    store: &ContentStore,
    folder: &Path,
    name: Option<&Reference>,
    watch: &Watch<'_>,
) -> Result<Vec<Imported>, ImportError> {
    let pins = store.pins();
    let folder = Folder::open(store, &pins, folder, watch)?;
    let import = Import { store, pins: &pins, watch };
    let index = folder.index()?;
    let chosen = layout::choose(&import, &folder, &index).map_err(|error| called_off(error, watch))?;
    give_names(store, import.finish(chosen, name)?)
}

/// An import at work.
pub(crate) struct Import<'a> {
    pub(crate) store: &'a ContentStore,
    pub(crate) pins: &'a Pins,
    pub(crate) watch: &'a Watch<'a>,
}

impl Import<'_> {
    fn run(&self, found: &Found<'_>, name: Option<&Reference>) -> Result<Vec<Imported>, ImportError> {
        let chosen = if let Some(index) = found.document("index.json")? {
            layout::choose(self, found, &index)?
        } else if let Some(manifest) = found.document("manifest.json")? {
            docker::choose(self, found, &manifest)?
        } else {
            return Err(ImportError::NoImage);
        };
        self.finish(chosen, name)
    }

    /// Says which names the images get, which are complete.
    fn finish(&self, chosen: Vec<Chosen>, name: Option<&Reference>) -> Result<Vec<Imported>, ImportError> {
        if let (Some(_), 2..) = (name, chosen.len()) {
            let problem = format!("there are {} images in it, and one name; import it without a name", chosen.len());
            return Err(ImportError::Document { what: "the archive".to_owned(), problem });
        }
        let mut imported = Vec::with_capacity(chosen.len());
        for Chosen { mut references, manifest } in chosen {
            references.extend(name.cloned());
            references.sort();
            references.dedup();
            imported.push(Imported { references, image: self.store.image(manifest)? });
        }
        if imported.is_empty() {
            return Err(ImportError::NoImage);
        }
        Ok(imported)
    }

    /// Fetches everything of an image whose manifest is in the store, and checks that it fits together and runs here.
    fn complete(&self, blobs: &dyn Blobs, manifest: Digest) -> Result<(), ImportError> {
        let (_, layers) = self.examine(blobs, manifest)?;
        layers.iter().try_for_each(|layer| blobs.fetch(&format!("manifest {manifest}"), Part::Layer, layer))
    }

    /// Reads a manifest that is in the store, fetches its configuration, and checks that both fit together and run here.
    pub(crate) fn examine(&self, blobs: &dyn Blobs, manifest: Digest) -> Result<(Image, Vec<Descriptor>), ImportError> {
        let what = format!("manifest {manifest}");
        let refused = |problem: String| ImportError::Document { what: what.clone(), problem };
        let bytes = self.store.read_document(manifest)?;
        let node: Node = parse(&bytes).map_err(refused)?;
        if let Some(problem) = node.problem() {
            return Err(refused(problem));
        }
        let configuration = node.config.as_ref().ok_or_else(|| refused("it names no configuration".to_owned()))?;
        blobs.fetch(&what, Part::Configuration, configuration)?;
        let configuration = self.store.read_document(configuration.digest)?;
        let platform =
            parse::<Configuration>(&configuration).map_err(|problem| refused(format!("its configuration {problem}")))?.platform;
        let here = Platform::here();
        if !platform.os.is_empty() && !platform.architecture.is_empty() && here.suits(&platform).is_none() {
            return Err(ImportError::NoPlatform {
                offered: crate::manifest::shown(&platform.to_string()),
                here: here.to_string(),
            });
        }
        let layers = node.layers.unwrap_or_default();
        let limit = self.store.limits().layers;
        if layers.len() > limit {
            return Err(ImportError::Limit { what: "the number of layers", limit: limit as u64 });
        }
        let image = Image::of(manifest, &bytes, &configuration).map_err(refused)?;
        Ok((image, layers))
    }
}

/// What failed because the work was called off was called off.
pub(crate) fn called_off(error: ImportError, watch: &Watch<'_>) -> ImportError {
    if watch.is_cancelled() { ImportError::Cancelled } else { error }
}
