//! Pulls: one of each image at a time, however many want it.

#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use berth_model::Timestamp;
use berth_oci::{ContentStore, Fault, Origin, Progress, PullError, Pulled, Reference, Watch, pull};
use tokio::runtime::Handle;
use tokio::sync::{OnceCell, Semaphore, watch};

use super::registry::{FetchError, Registry, Repository, Retried, Session, SettingsError};

/// Images that are pulled at the same time.
const MOST_PULLS: usize = 8;

/// How far a pull is, over all its layers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PullProgress {
    /// Layers that are fetched and unpacked.
    pub layers_done: usize,
    /// Of how many; zero until that is known.
    pub layers: usize,
    /// Bytes that came.
    pub received: u64,
    /// Of how many, as far as that is known.
    pub total: u64,
}

/// When a registry was asked for an image, and when it was there, or was not to be had.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PullTimes {
    /// When it began.
    pub started_at: Timestamp,
    /// When it ended.
    pub stopped_at: Timestamp,
}

/// Why an image was not pulled, in the words that AWS has for it.
#[derive(Debug, thiserror::Error)]
pub enum PullFailure {
    /// The registry does not say what the tag means.
    #[error("pull image manifest has been retried {} time(s): failed to resolve ref {reference}: {}", problem.attempts, problem.cause)]
    Resolve {
        /// The image's whole name.
        reference: String,
        /// What happened.
        problem: Retried,
    },
    /// A manifest or blob does not come.
    #[error("ref pull has been retried {attempts} time(s): failed to copy: {problem}")]
    Copy {
        /// How often it was tried.
        attempts: u32,
        /// What happened.
        problem: String,
    },
    /// What came is not an image that can run here, or the machine cannot take it.
    #[error("failed to pull {reference}: {problem}")]
    Content {
        /// The image's whole name.
        reference: String,
        /// What is wrong.
        problem: PullError,
    },
    /// The name is that of a registry that Berth does not have yet.
    #[error(
        "{reference} names the built-in registry of this installation's account, which this version of Berth does not have yet; \
         push the image to another registry, or bring it with `berth image import --name {reference}`"
    )]
    BuiltIn {
        /// The image's name.
        reference: String,
    },
    /// The node's configuration of the registry is wrong.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// It took too long.
    #[error("failed to pull {reference}: it is not here after {limit:?}")]
    TooSlow {
        /// The image's whole name.
        reference: String,
        /// What it had.
        limit: std::time::Duration,
    },
    /// The agent is ending.
    #[error("the agent was stopped meanwhile")]
    Ending,
}

impl PullFailure {
    /// Whether anything was fetched before it failed.
    pub(super) const fn has_begun(&self) -> bool {
        match self {
            Self::Resolve { .. } | Self::BuiltIn { .. } | Self::Settings(_) => false,
            Self::Copy { .. } | Self::Content { .. } | Self::TooSlow { .. } | Self::Ending => true,
        }
    }

    /// Whether the registry could not even be asked.
    pub(super) const fn is_unreachable(&self) -> bool {
        matches!(self, Self::Resolve { problem: Retried { cause: FetchError::Unreachable { .. }, .. }, .. })
    }
}

/// Pulls images into a store.
#[derive(Debug)]
pub(super) struct Puller {
    registry: Arc<Registry>,
    store: ContentStore,
    flights: Mutex<HashMap<Reference, Arc<Flight>>>,
    places: Semaphore,
}

/// A pull that some wait for.
struct Flight {
    outcome: OnceCell<Result<Arc<Landed>, Arc<PullFailure>>>,
    progress: watch::Sender<PullProgress>,
}

/// What a pull came to. The image is not collected as long as this lives.
#[derive(Debug)]
pub(super) struct Landed {
    /// None if what was here is what the registry has.
    pub(super) new: Option<Pulled>,
}

impl fmt::Debug for Flight {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Flight").field("progress", &*self.progress.borrow()).finish_non_exhaustive()
    }
}

impl Puller {
    pub(super) fn new(registry: Registry, store: ContentStore) -> Self {
        Self { registry: Arc::new(registry), store, flights: Mutex::default(), places: Semaphore::new(MOST_PULLS) }
    }

    /// Pulls an image, or waits for whoever is just pulling it. Dropping the future calls it off, unless others wait too.
    pub(super) async fn pull(
        &self,
        name: &Reference,
        on_progress: &(dyn Fn(PullProgress) + Sync),
    ) -> Result<Arc<Landed>, Arc<PullFailure>> {
        let flight = self.board(name);
        let mut told = flight.progress.subscribe();
        let outcome = flight.outcome.get_or_init(|| async {
            let outcome = self.fly(name, &flight.progress).await;
            // Whoever comes from now on asks the registry anew.
            self.land(name, &flight);
            outcome.map(Arc::new).map_err(Arc::new)
        });
        tokio::pin!(outcome);
        loop {
            tokio::select! {
                outcome = &mut outcome => return outcome.clone(),
                Ok(()) = told.changed() => on_progress(*told.borrow_and_update()),
            }
        }
    }

    fn board(&self, name: &Reference) -> Arc<Flight> {
        let mut flights = self.flights.lock().unwrap_or_else(PoisonError::into_inner);
        // Those that were called off have nobody left.
        flights.retain(|_, flight| Arc::strong_count(flight) > 1);
        match flights.entry(name.clone()) {
            Entry::Occupied(entry) => Arc::clone(entry.get()),
            Entry::Vacant(entry) => {
                let (progress, _) = watch::channel(PullProgress::default());
                Arc::clone(entry.insert(Arc::new(Flight { outcome: OnceCell::new(), progress })))
            }
        }
    }

    fn land(&self, name: &Reference, flight: &Arc<Flight>) {
        let mut flights = self.flights.lock().unwrap_or_else(PoisonError::into_inner);
        if flights.get(name).is_some_and(|known| Arc::ptr_eq(known, flight)) {
            flights.remove(name);
        }
    }

    async fn fly(&self, name: &Reference, progress: &watch::Sender<PullProgress>) -> Result<Landed, PullFailure> {
        let limit = self.registry.patience().pull;
        let repositories = self.registry.repositories(name)?;
        let work = async {
            // Never closed.
            let _place = self.places.acquire().await.map_err(|_| PullFailure::Ending)?;
            let last = repositories.len().saturating_sub(1);
            for (at, repository) in repositories.into_iter().enumerate() {
                let server = repository.server().to_owned();
                match self.pull_from(name, repository, progress).await {
                    Err(failure) if at < last => tracing::warn!(image = %name, server, %failure, "a mirror does not have it"),
                    outcome => return outcome,
                }
            }
            Err(PullFailure::Ending)
        };
        let too_slow = |_| PullFailure::TooSlow { reference: name.to_string(), limit };
        tokio::time::timeout(limit, work).await.map_err(too_slow)?
    }

    async fn pull_from(
        &self,
        name: &Reference,
        repository: Repository,
        progress: &watch::Sender<PullProgress>,
    ) -> Result<Landed, PullFailure> {
        let reference = name.to_string();
        let digest = match (name.digest(), name.tag()) {
            (Some(digest), _) => digest,
            (None, tag) => {
                let resolved = repository.resolve(tag.unwrap_or("latest")).await;
                resolved.map_err(|problem| PullFailure::Resolve { reference: reference.clone(), problem })?
            }
        };
        let (store, name, tell) = (self.store.clone(), name.clone(), Meter::new(progress.clone()));
        let pulled_at = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        let session = Session::new(repository, Handle::current());
        let called_off = CallOff(Arc::new(AtomicBool::new(false)));
        let cancelled = Arc::clone(&called_off.0);
        let work = tokio::task::spawn_blocking(move || {
            let stored = store.resolve(&name).ok().flatten();
            let same = stored.filter(|stored| stored.origin.is_some_and(|origin| origin.digest == digest));
            if same.is_some_and(|stored| store.image(stored.manifest).is_ok()) {
                return Ok(Landed { new: None });
            }
            let tell = |step| tell.take(step);
            let pulled = pull(&store, &name, Origin { digest, pulled_at }, &session, &Watch::new(&cancelled, &tell));
            pulled.map(|pulled| Landed { new: Some(pulled) })
        });
        let outcome = work.await.map_err(|_| PullFailure::Ending)?;
        drop(called_off);
        outcome.map_err(|problem| failure(reference, problem))
    }
}

/// What a thread reads has failed, or what it read is bad: two different things to whoever has to mend it.
fn failure(reference: String, problem: PullError) -> PullFailure {
    if problem.fault() == Fault::Cancelled {
        return PullFailure::Ending;
    }
    let retried = problem.received().and_then(|error| error.get_ref()?.downcast_ref::<Retried>());
    match retried {
        // As containerd words it: the tag was there, its manifest is not.
        Some(Retried { attempts, cause: FetchError::Absent { .. } }) => {
            PullFailure::Copy { attempts: *attempts, problem: format!("{reference}: {problem}") }
        }
        Some(Retried { attempts, cause }) => {
            PullFailure::Copy { attempts: *attempts, problem: format!("httpReadSeeker: failed open: {cause}") }
        }
        None => PullFailure::Content { reference, problem },
    }
}

/// Ends the threads of a pull that nobody waits for any more.
struct CallOff(Arc<AtomicBool>);

impl Drop for CallOff {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Adds up what the layers tell.
struct Meter {
    layers: Mutex<Vec<(u64, u64, bool)>>,
    progress: watch::Sender<PullProgress>,
}

impl Meter {
    fn new(progress: watch::Sender<PullProgress>) -> Self {
        Self { layers: Mutex::default(), progress }
    }

    fn take(&self, step: Progress) {
        let mut all = self.layers.lock().unwrap_or_else(PoisonError::into_inner);
        let (layer, layers, now) = match step {
            Progress::Fetching { layer, layers, bytes, total } => (layer, layers, (bytes, total, false)),
            Progress::Unpacked { layer, layers } => {
                let (received, total, _) = all.get(layer).copied().unwrap_or_default();
                (layer, layers, (received, total, true))
            }
            Progress::Received { .. } | Progress::Resolving | Progress::Unpacking { .. } => return,
        };
        let count = layers.max(all.len());
        all.resize(count, (0, 0, false));
        if let Some(place) = all.get_mut(layer) {
            *place = now;
        }
        let sum = |of: fn(&(u64, u64, bool)) -> u64| all.iter().map(of).fold(0, u64::saturating_add);
        let told = PullProgress {
            layers_done: all.iter().filter(|(.., is_done)| *is_done).count(),
            layers: all.len(),
            received: sum(|(received, ..)| *received),
            total: sum(|(_, total, _)| *total),
        };
        self.progress.send_replace(told);
    }
}
