//! Layers become folders.
//!
//! Each layer gets a folder of its own, which overlayfs stacks: the folder is the same whatever lies below it, so images share it.
//! What of a layer has no place in such a folder is left out and counted (`Left`): device nodes, attributes that are not on the
//! list, and without root's rights owners.

mod attributes;
mod entry;
mod stream;
mod tree;
mod whiteout;

#[cfg(test)]
mod tests;

use std::fs::File;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::error::{UnpackError, UnpackProblem};
use crate::image::{Image, Layer};
use crate::memory;
use crate::parallel;
use crate::store::{Claim, ContentStore, Pins};
use crate::watch::{Progress, Watch};

use entry::Unpacker;
use stream::Stream;

/// What a layer holds, and what of it was left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Left {
    /// Entries of the layer.
    pub entries: u64,
    /// Bytes of its files.
    pub bytes: u64,
    /// Device nodes: a container gets its devices from the runtime, and nobody else is to have those of an image.
    pub devices: u64,
    /// Extended attributes that are not on the list, or need rights that this process does not have.
    pub attributes: u64,
    /// Owners, without the right to give files away.
    pub owners: u64,
}

/// An image whose layers are folders. They stay at least as long as this lives.
#[derive(Debug)]
pub struct UnpackedImage {
    /// The roots of the layers, lowest first.
    pub layers: Vec<PathBuf>,
    /// What each of them left out.
    pub left: Vec<Left>,
    _pins: Pins,
}

impl ContentStore {
    /// Unpacks those layers of an image that are not there yet, several at a time.
    ///
    /// # Errors
    /// A layer is missing, damaged or hostile, the file system refuses, or the work was called off. Layers that were done by
    /// then stay.
    pub fn unpack(&self, image: &Image, watch: &Watch<'_>) -> Result<UnpackedImage, UnpackError> {
        let pins = self.pins();
        let layers = &image.layers;
        layers.iter().for_each(|layer| [layer.blob, layer.diff_id].into_iter().for_each(|digest| pins.add(digest)));
        let left = parallel::each(layers, memory::at_once(self.limits().parallel_layers), watch, |index, layer, watch| {
            self.unpack_layer(*layer, index, layers.len(), watch)
        })?;
        Ok(UnpackedImage { layers: layers.iter().map(|layer| self.layer_folder(layer.diff_id)).collect(), left, _pins: pins })
    }

    /// Unpacks one layer, unless it is there.
    pub(crate) fn unpack_layer(&self, layer: Layer, index: usize, layers: usize, watch: &Watch<'_>) -> Result<Left, UnpackError> {
        let failed = |entry, problem| UnpackError { layer: layer.diff_id, entry, problem: Box::new(problem) };
        let left = match self.claim_layer(layer.diff_id, watch).map_err(|error| failed(None, error.into()))? {
            Claim::There(left) => left,
            Claim::Make(unfinished) => {
                let opened = self.open_blob(layer.blob).and_then(|blob| self.check_space().map(|()| blob));
                let blob = opened.map_err(|error| failed(None, error.into()))?;
                let report = |bytes| watch.report(Progress::Unpacking { layer: index, layers, bytes, total: layer.size });
                let left = self.unpack_blob(layer, blob, unfinished.folder(), watch, &report).map_err(|(entry, problem)| {
                    failed(entry, if watch.is_cancelled() { UnpackProblem::Cancelled } else { problem })
                })?;
                unfinished.finish(&left).map_err(|error| failed(None, error.into()))?;
                if left.devices + left.attributes + left.owners > 0 {
                    tracing::info!(layer = %layer.diff_id, ?left, "parts of a layer were left out");
                }
                left
            }
        };
        watch.report(Progress::Unpacked { layer: index, layers });
        Ok(left)
    }

    fn unpack_blob(
        &self,
        layer: Layer,
        blob: File,
        folder: PathBuf,
        watch: &Watch<'_>,
        report: &(dyn Fn(u64) + Sync),
    ) -> Result<Left, (Option<String>, UnpackProblem)> {
        std::thread::scope(|scope| {
            let stream = Stream::begin(scope, blob, self, *watch, report).map_err(|problem| (None, problem))?;
            let mut unpacker = Unpacker::new(&folder, self.limits()).map_err(|problem| (None, problem))?;
            let stream = unpacker.run(stream)?;
            let actual = stream.finish().map_err(|problem| (None, problem))?;
            if actual != layer.diff_id {
                return Err((None, UnpackProblem::DiffId { actual }));
            }
            Ok(unpacker.left)
        })
    }
}
