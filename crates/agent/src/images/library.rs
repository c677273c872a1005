//! The images of this machine.

use std::collections::HashMap;
use std::io::Read;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use berth_oci::{ContentStore, Digest, Imported, PullError, Reference, StoreError, Watch, import_unpacked};
use tokio::sync::{Notify, watch};

use super::behavior::{Local, PullBehavior};
use super::listing::ImportedImage;
use super::pull_ahead::Expected;
use super::pulling::Puller;
use super::registry::{Registry, SettingsError};
use super::resolved::{ResolveError, Resolved, Unpacked, Users, Uses};
use super::settings::{CleanupSettings, ImageSettings};

/// Names kept in memory, at most: far more than a machine's task definitions have.
const MOST_KNOWN: usize = 4096;

/// The images of this machine. Clones are the same library.
#[derive(Debug, Clone)]
pub struct Images {
    pub(super) shared: Arc<Shared>,
}

#[derive(Debug)]
pub(super) struct Shared {
    pub(super) store: ContentStore,
    known: Mutex<Known>,
    pub(super) users: Users,
    pub(super) puller: Puller,
    pub(super) behavior: PullBehavior,
    pub(super) cleanup: CleanupSettings,
    /// Told when there may be something to tidy up.
    changed: Notify,
    /// What is to be here before tasks come.
    pub(super) expected: watch::Sender<Expected>,
}

/// Images by the texts that name them.
#[derive(Debug, Default)]
struct Known {
    /// Rises whenever names change, so that what was looked up before is not taken for what is.
    generation: u64,
    images: HashMap<String, Arc<Unpacked>>,
}

/// Why a library cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The node's configuration makes no sense.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// The folder.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Images {
    /// Opens the library in a folder, which is made if need be: `DATA/agent/images`. Blocks.
    ///
    /// # Errors
    /// Another process has it open, or the file system refuses.
    pub fn open(folder: &Path, settings: ImageSettings) -> Result<Self, OpenError> {
        let ImageSettings { behavior, registries, patience, mut cleanup, limits } = settings;
        // As ECS's agent has it: what is preferred is kept.
        cleanup.is_on &= behavior != PullBehavior::PreferCached;
        let registry = Registry::new(registries, patience)?;
        let store = ContentStore::open(folder, limits)?;
        let shared = Shared {
            puller: Puller::new(registry, store.clone()),
            store,
            known: Mutex::default(),
            users: Users::default(),
            behavior,
            cleanup,
            changed: Notify::new(),
            expected: watch::Sender::default(),
        };
        Ok(Self { shared: Arc::new(shared) })
    }

    /// The image that a name means, ready to be run.
    ///
    /// # Errors
    /// It is no name, there is no such image here, or it is damaged.
    pub async fn resolve(&self, image: &str) -> Result<Resolved, ResolveError> {
        let generation = {
            let known = self.known();
            if let Some(unpacked) = known.images.get(image) {
                return Ok(Resolved::new(Arc::clone(unpacked)));
            }
            known.generation
        };
        let unpacked = Arc::new(self.blocking(image, Self::look_up).await?);
        let mut known = self.known();
        if known.generation == generation {
            if known.images.len() >= MOST_KNOWN {
                known.images.clear();
            }
            known.images.insert(image.to_owned(), Arc::clone(&unpacked));
        }
        Ok(Resolved::new(unpacked))
    }

    /// As [`Self::resolve`], and says for whom: as long as the answer lives, the image is in use by that task.
    ///
    /// # Errors
    /// As [`Self::resolve`].
    pub async fn resolve_for(&self, image: &str, task: &str) -> Result<Resolved, ResolveError> {
        Ok(self.resolve(image).await?.with_user(&self.shared.users, task))
    }

    /// Takes up an image again that a task used before the agent was started again, whatever its name means now. To be done
    /// soon after the start: [`keep_tidy`](super::keep_tidy) waits a minute for it.
    ///
    /// # Errors
    /// It is not there any more, or damaged.
    pub async fn adopt(&self, manifest: Digest, task: &str) -> Result<Resolved, ResolveError> {
        let unpacked = self.blocking(&manifest.to_string(), move |images, image| images.unpack(image, manifest)).await?;
        Ok(Resolved::new(Arc::new(unpacked)).with_user(&self.shared.users, task))
    }

    /// Imports an archive and unpacks it, so that its first run is as quick as the others. Blocks.
    pub(super) fn import(
        &self,
        archive: impl Read + Send,
        name: Option<&Reference>,
        watch: &Watch<'_>,
    ) -> Result<Vec<ImportedImage>, PullError> {
        let imported = import_unpacked(&self.shared.store, archive, name, watch);
        // Also after a failure: it may have left blobs behind that nothing needs.
        self.forget();
        let told = |Imported { references, image }: Imported| ImportedImage {
            names: references.iter().map(Reference::familiar).collect(),
            id: image.configuration.to_string(),
            size: image.size,
        };
        Ok(imported?.into_iter().map(told).collect())
    }

    pub(super) fn cleanup_settings(&self) -> &CleanupSettings {
        &self.shared.cleanup
    }

    pub(super) fn store(&self) -> &ContentStore {
        &self.shared.store
    }

    /// Waits until there may be something to tidy up.
    pub(super) async fn changed(&self) {
        self.shared.changed.notified().await;
    }

    /// Names have changed.
    pub(super) fn forget(&self) {
        self.unlearn();
        self.shared.changed.notify_one();
    }

    /// What was looked up is looked up again.
    pub(super) fn unlearn(&self) {
        let mut known = self.known();
        known.generation += 1;
        known.images.clear();
    }

    /// Looks a name up on disk, and unpacks what it means.
    fn look_up(&self, image: &str) -> Result<Unpacked, ResolveError> {
        let name: Reference = image.parse().map_err(|problem| ResolveError::Name { image: image.to_owned(), problem })?;
        let failed = |problem| ResolveError::Library { image: image.to_owned(), problem };
        let stored = self.shared.store.resolve(&name).map_err(failed)?;
        let stored = stored.ok_or_else(|| ResolveError::Absent { image: image.to_owned() })?;
        let unpacked = self.unpack(image, stored.manifest)?;
        let known_by = name.digest().or(stored.origin.map(|origin| origin.digest));
        let local = match (name.digest(), stored.origin) {
            (Some(_), _) => Local::Pinned,
            (None, Some(_)) => Local::Pulled,
            (None, None) => Local::Imported,
        };
        Ok(Unpacked { manifest_digest: known_by.map(|digest| digest.to_string()), local, ..unpacked })
    }

    fn unpack(&self, name: &str, manifest: Digest) -> Result<Unpacked, ResolveError> {
        let store = &self.shared.store;
        let documents = store.pins();
        documents.add(manifest);
        let image = store.image(manifest).map_err(|problem| ResolveError::Library { image: name.to_owned(), problem })?;
        documents.add(image.configuration);
        let unpacked = store.unpack(&image, &Watch::nobody());
        let unpacked = unpacked.map_err(|problem| ResolveError::Unpack { image: name.to_owned(), problem })?;
        Ok(Unpacked {
            layers: unpacked.layers.clone(),
            config: image.config,
            image_id: image.configuration.to_string(),
            manifest,
            manifest_digest: None,
            local: Local::Pinned,
            _layers: Some(unpacked),
            _documents: Some(documents),
        })
    }

    /// Runs something that reads or writes the disk where it holds nobody up.
    async fn blocking(
        &self,
        image: &str,
        run: impl FnOnce(&Self, &str) -> Result<Unpacked, ResolveError> + Send + 'static,
    ) -> Result<Unpacked, ResolveError> {
        let (images, name) = (self.clone(), image.to_owned());
        let done = tokio::task::spawn_blocking(move || run(&images, &name)).await;
        done.unwrap_or_else(|_| Err(ResolveError::Ending { image: image.to_owned() }))
    }

    /// The tasks that use an image, each once.
    pub(super) fn tasks_of(&self, manifest: Digest) -> Vec<String> {
        let users = self.users();
        let mut tasks: Vec<String> =
            users.now.iter().filter(|(used, _)| *used == manifest).map(|(_, task)| task.clone()).collect();
        tasks.sort();
        tasks.dedup();
        tasks
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.shared.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn users(&self) -> MutexGuard<'_, Uses> {
        self.shared.users.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
