//! What there is, for people.

use std::collections::BTreeMap;
use std::time::UNIX_EPOCH;

use berth_oci::{Digest, Image, Reference, StoreError, StoredReference};

use super::library::Images;
use super::listing::{InspectedConfig, InspectedImage, InspectedLayer, ListedImage};

impl Images {
    /// All images with a name, and those in use without one. Blocks.
    ///
    /// # Errors
    /// The file system refuses.
    pub fn list(&self) -> Result<Vec<ListedImage>, StoreError> {
        let mut names: BTreeMap<Digest, Vec<StoredReference>> = BTreeMap::new();
        for stored in self.shared.store.references()? {
            names.entry(stored.manifest).or_default().push(stored);
        }
        for (manifest, _) in &self.users().now {
            names.entry(*manifest).or_default();
        }
        let listed = |(manifest, names): (Digest, Vec<StoredReference>)| match self.shared.store.image(manifest) {
            Ok(image) => Some(self.listed(&image, &names)),
            Err(error) => {
                tracing::warn!(%manifest, %error, "an image cannot be read; import it again");
                None
            }
        };
        Ok(names.into_iter().filter_map(listed).collect())
    }

    /// An image with all that it says; none if there is no such name. Blocks.
    ///
    /// # Errors
    /// The image is damaged, or the file system refuses.
    pub fn inspect(&self, name: &Reference) -> Result<Option<InspectedImage>, StoreError> {
        let store = &self.shared.store;
        let Some(stored) = store.resolve(name)? else { return Ok(None) };
        let image = store.image(stored.manifest)?;
        let names: Vec<_> = store.references()?.into_iter().filter(|one| one.manifest == stored.manifest).collect();
        let listed = self.listed(&image, &names);
        let layer = |layer: &berth_oci::Layer| InspectedLayer {
            digest: layer.blob.to_string(),
            diff_id: layer.diff_id.to_string(),
            size: layer.size,
        };
        let config = image.config;
        Ok(Some(InspectedImage {
            listed,
            platform: image.platform.to_string(),
            layers: image.layers.iter().map(layer).collect(),
            config: InspectedConfig {
                entrypoint: config.entrypoint,
                cmd: config.cmd,
                env: config.env,
                working_dir: config.working_dir,
                user: config.user,
                stop_signal: config.stop_signal,
                exposed_ports: config.exposed_ports,
                volumes: config.volumes,
                labels: config.labels,
            },
        }))
    }

    fn listed(&self, image: &Image, names: &[StoredReference]) -> ListedImage {
        let store = &self.shared.store;
        let came = store.open_blob(image.manifest).ok().and_then(|blob| blob.metadata().ok()?.modified().ok());
        let came = came.and_then(|at| at.duration_since(UNIX_EPOCH).ok());
        let document = store.read_document(image.configuration).ok();
        let document: Option<serde_json::Value> = document.and_then(|bytes| serde_json::from_slice(&bytes).ok());
        let origin = names.iter().filter_map(|one| one.origin).max_by_key(|origin| origin.pulled_at);
        ListedImage {
            names: names.iter().map(|one| one.name.familiar()).collect(),
            id: image.configuration.to_string(),
            manifest: image.manifest.to_string(),
            size: image.size,
            created_at: document.and_then(|document| Some(document.get("created")?.as_str()?.to_owned())),
            imported_at: came.map_or(0, |at| at.as_secs()),
            digest: origin.map(|origin| origin.digest.to_string()),
            pulled_at: origin.map(|origin| origin.pulled_at),
            in_use_by: self.tasks_of(image.manifest),
        }
    }
}
