//! The archives of `docker save`: files by name, and no manifest. We write one, so that all images in the store are alike.

use super::stream::Found;
use super::{Chosen, Import};
use crate::error::ImportError;
use crate::manifest::{DOCKER_CONFIG, DOCKER_LAYER, DOCKER_MANIFEST, Descriptor, NewManifest, Saved, parse, shown};

/// Takes all images that manifest.json names.
pub(super) fn choose(import: &Import<'_>, found: &Found<'_>, manifest: &[u8]) -> Result<Vec<Chosen>, ImportError> {
    let what = || "manifest.json".to_owned();
    let refused = |problem| ImportError::Document { what: what(), problem };
    let images: Vec<Saved> = parse(manifest).map_err(refused)?;
    let limits = import.store.limits();
    if images.len() > limits.descriptors {
        return Err(ImportError::Limit { what: "the number of images", limit: limits.descriptors as u64 });
    }
    let mut chosen = Vec::with_capacity(images.len());
    for image in images {
        let descriptor = |name: &str, media_type: &str| {
            let missing = || ImportError::Incomplete { from: what(), missing: shown(name) };
            let (digest, size) = found.file(name).ok_or_else(missing)?;
            Ok::<_, ImportError>(Descriptor {
                media_type: media_type.to_owned(),
                digest,
                size,
                platform: None,
                annotations: None,
            })
        };
        let layers = image.layers.unwrap_or_default();
        if layers.len() > limits.layers {
            return Err(ImportError::Limit { what: "the number of layers", limit: limits.layers as u64 });
        }
        let manifest = NewManifest {
            schema_version: 2,
            media_type: DOCKER_MANIFEST,
            config: descriptor(&image.config, DOCKER_CONFIG)?,
            layers: layers.iter().map(|layer| descriptor(layer, DOCKER_LAYER)).collect::<Result<_, _>>()?,
        };
        let bytes = serde_json::to_vec(&manifest).map_err(|error| refused(error.to_string()))?;
        let (digest, _) = import.store.put_blob(import.pins, None, limits.document_bytes, &mut bytes.as_slice(), import.watch)?;
        import.complete(found, digest)?;
        let mut references = Vec::new();
        for name in image.repo_tags.unwrap_or_default() {
            let problem = |error| ImportError::Document {
                what: format!("the name `{}` in manifest.json", shown(&name)),
                problem: format!("{error}"),
            };
            references.push(name.parse().map_err(problem)?);
        }
        chosen.push(Chosen { references, manifest: digest });
    }
    Ok(chosen)
}
