//! From a backend to a store.

use std::sync::{Arc, Mutex, mpsc};
use std::thread;
use std::time::Instant;

use arc_swap::ArcSwap;
use tokio::sync::{oneshot, watch};

use crate::changes::{self, Subscriptions};
use crate::commit::{Committer, Pending};
use crate::derived::DerivedSet;
use crate::state::Loader;
use crate::{Backend, BackendError, Derived, Failure, State};

/// How a store is opened.
#[derive(Debug)]
pub struct Options {
    holder: Box<str>,
    derived: DerivedSet,
}

impl Options {
    /// For a process of this name: who holds the lease, where several want it.
    #[must_use]
    pub fn new(holder: &str) -> Self {
        Self { holder: holder.into(), derived: DerivedSet::default() }
    }

    /// Keeps a derived value, given as it is when there are no records. One of each type.
    #[must_use]
    pub fn derive(mut self, empty: impl Derived) -> Self {
        self.derived.register(empty);
        self
    }
}

/// The parts of an open store.
#[derive(Debug)]
pub(crate) struct Parts {
    pub(crate) newest: Mutex<Newest>,
    pub(crate) durable: Arc<ArcSwap<State>>,
    pub(crate) feed: Subscriptions,
    pub(crate) failed: watch::Receiver<Option<Failure>>,
    pub(crate) closed: Mutex<Option<oneshot::Receiver<Result<(), Failure>>>>,
}

/// The state updates run on, and where they queue; nothing there once the store is closed.
#[derive(Debug)]
pub(crate) struct Newest {
    pub(crate) state: Arc<State>,
    pub(crate) queue: Option<mpsc::Sender<Pending>>,
}

pub(crate) fn open(mut backend: Box<dyn Backend>, options: Options) -> Result<Parts, BackendError> {
    // The lease first: nobody else writes what is then read.
    let renewed = Instant::now();
    let lease = backend.lease(&options.holder)?;
    let mut loader = Loader::new(options.derived);
    let revision = backend.load(&mut |table, key, value| {
        loader.take(table, key, value).map_err(|cause| BackendError::Damaged { table, key: key.into(), cause })
    })?;
    let state = Arc::new(loader.finish(revision));
    let durable = Arc::new(ArcSwap::new(Arc::clone(&state)));
    let (queue, queued) = mpsc::channel();
    let (publisher, feed) = changes::feed();
    let (failing, failed) = watch::channel(None);
    let (closing, closed) = oneshot::channel();
    let committer = Committer {
        backend,
        holder: options.holder,
        lease,
        renewed,
        queue: queued,
        durable: Arc::clone(&durable),
        feed: publisher,
        failed: failing,
        closed: closing,
    };
    let spawned = thread::Builder::new().name("store-commit".into()).spawn(move || committer.run());
    spawned.map_err(|cause| BackendError::Thread { cause })?;
    let newest = Mutex::new(Newest { state, queue: Some(queue) });
    Ok(Parts { newest, durable, feed, failed, closed: Mutex::new(Some(closed)) })
}
