//! OCI layouts: which manifests of nested indexes are wanted.

use std::collections::BTreeMap;

use super::{Blobs, Chosen, Import, Part};
use crate::error::ImportError;
use crate::manifest::{DOCKER_INDEX, DOCKER_MANIFEST, Descriptor, Node, OCI_INDEX, OCI_MANIFEST, parse, shown};
use crate::platform::Platform;
use crate::reference::Reference;

/// The whole name, as containerd and Docker write it.
const NAME: &str = "io.containerd.image.name";
/// The whole name or just a tag.
const REF_NAME: &str = "org.opencontainers.image.ref.name";
/// Of platforms in a message.
const SHOWN: usize = 10;

/// Chooses the image of each name in index.json, and fetches it.
pub(super) fn choose(import: &Import<'_>, blobs: &dyn Blobs, index: &[u8]) -> Result<Vec<Chosen>, ImportError> {
    let refused = |problem| ImportError::Document { what: "index.json".to_owned(), problem };
    let node: Node = parse(index).map_err(refused)?;
    let top = node.manifests.ok_or_else(|| refused("it names no manifests".to_owned()))?;
    let mut names: BTreeMap<Option<Reference>, Vec<Descriptor>> = BTreeMap::new();
    for descriptor in top {
        names.entry(name(&descriptor)?).or_default().push(descriptor);
    }
    let mut seen = 0;
    let mut chosen: Vec<Chosen> = Vec::new();
    for (name, descriptors) in names {
        let manifest = best(import, blobs, &descriptors, &mut seen)?;
        blobs.fetch("index.json", Part::Manifest, &manifest)?;
        import.complete(blobs, manifest.digest)?;
        match chosen.iter_mut().find(|chosen| chosen.manifest == manifest.digest) {
            Some(chosen) => chosen.references.extend(name),
            None => chosen.push(Chosen { references: name.into_iter().collect(), manifest: manifest.digest }),
        }
    }
    Ok(chosen)
}

/// The build that suits this machine best, of those in an index and in the indexes within it.
pub(crate) fn best(
    import: &Import<'_>,
    blobs: &dyn Blobs,
    descriptors: &[Descriptor],
    seen: &mut usize,
) -> Result<Descriptor, ImportError> {
    let mut search = Search { import, blobs, here: Platform::here(), seen, best: None, offered: Vec::new() };
    search.among(descriptors, 0)?;
    let Search { best, offered, here, .. } = search;
    let none = || ImportError::NoPlatform { offered: offered.join(", "), here: here.to_string() };
    best.map(|(_, manifest)| manifest).ok_or_else(none)
}

/// The name that an annotation gives; a tag alone is none.
fn name(descriptor: &Descriptor) -> Result<Option<Reference>, ImportError> {
    let annotation = |key: &str| descriptor.annotations.as_ref().and_then(|all| all.get(key)).filter(|text| !text.is_empty());
    let whole = |text: &&String| text.contains([':', '/', '@']);
    let Some(text) = annotation(NAME).or_else(|| annotation(REF_NAME).filter(whole)) else { return Ok(None) };
    let refused =
        |error| ImportError::Document { what: format!("the name `{}` in index.json", shown(text)), problem: format!("{error}") };
    text.parse().map(Some).map_err(refused)
}

struct Search<'a> {
    import: &'a Import<'a>,
    blobs: &'a dyn Blobs,
    here: Platform,
    seen: &'a mut usize,
    /// How well the best suits, and what it is.
    best: Option<(u32, Descriptor)>,
    offered: Vec<String>,
}

impl Search<'_> {
    fn among(&mut self, descriptors: &[Descriptor], depth: usize) -> Result<(), ImportError> {
        let limits = self.import.store.limits();
        if depth > limits.index_depth {
            return Err(ImportError::Limit { what: "the depth of indexes", limit: limits.index_depth as u64 });
        }
        for descriptor in descriptors {
            *self.seen += 1;
            if *self.seen > limits.descriptors {
                return Err(ImportError::Limit { what: "the number of manifests", limit: limits.descriptors as u64 });
            }
            let suits = match &descriptor.platform {
                Some(platform) => self.suits(platform),
                // To be seen when its configuration is read.
                None => Some(0),
            };
            let Some(suits) = suits else { continue };
            match descriptor.media_type.as_str() {
                OCI_MANIFEST | DOCKER_MANIFEST => self.offer(suits, descriptor),
                OCI_INDEX | DOCKER_INDEX | "" => self.open(suits, descriptor, depth)?,
                other => self.note(format!("`{}`", shown(other))),
            }
        }
        Ok(())
    }

    fn suits(&mut self, platform: &Platform) -> Option<u32> {
        let suits = self.here.suits(platform);
        if suits.is_none() {
            self.note(shown(&platform.to_string()));
        }
        suits
    }

    fn note(&mut self, offered: String) {
        if self.offered.len() < SHOWN && !self.offered.contains(&offered) {
            self.offered.push(offered);
        }
    }

    /// What comes first wins among equals. Of the builds of an index that `docker save` writes, some may not be there.
    fn offer(&mut self, suits: u32, descriptor: &Descriptor) {
        let (there, best_there) =
            (self.blobs.has(descriptor.digest), self.best.as_ref().is_some_and(|(_, best)| self.blobs.has(best.digest)));
        let best = self.best.as_ref().map(|(suits, _)| (best_there, *suits));
        if best < Some((there, suits)) {
            self.best = Some((suits, descriptor.clone()));
        }
    }

    fn open(&mut self, suits: u32, descriptor: &Descriptor, depth: usize) -> Result<(), ImportError> {
        self.blobs.fetch("an index", Part::Manifest, descriptor)?;
        let refused = |problem| ImportError::Document { what: format!("index {}", descriptor.digest), problem };
        let bytes = self.import.store.read_document(descriptor.digest)?;
        let node: Node = parse(&bytes).map_err(refused)?;
        node.ambiguity(&descriptor.media_type).map_or(Ok(()), |problem| Err(refused(problem)))?;
        match node.manifests {
            Some(inner) => self.among(&inner, depth + 1),
            None => {
                self.offer(suits, descriptor);
                Ok(())
            }
        }
    }
}
