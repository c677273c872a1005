//! The store.

use std::sync::{Arc, PoisonError};

use tokio::sync::oneshot;

use crate::commit::{Pending, Written};
use crate::open::{Parts, open};
use crate::transaction::{Finished, Refused};
use crate::{Backend, BackendError, ChangeFeed, Failure, Options, Transaction, UpdateError, View};

/// A handle of an open store; clones are handles of the same. When the last one is dropped, what is queued is still
/// committed; [`Store::close`] also waits for it.
#[derive(Debug, Clone)]
pub struct Store(Arc<Parts>);

/// The result of a closure, and what it has to wait for: nothing if all it saw is durable.
type Ran<T, E> = (Result<T, UpdateError<E>>, Option<oneshot::Receiver<Result<(), Failure>>>);

impl Store {
    /// Opens a store: takes the backend's lease and reads all it has. Blocks while it does.
    ///
    /// # Errors
    /// The backend does not work, belongs to another process, or has a row that cannot be read.
    pub fn open(backend: impl Backend, options: Options) -> Result<Self, BackendError> {
        open(Box::new(backend), options).map(|parts| Self(Arc::new(parts)))
    }

    /// Runs a closure on the newest state and answers when what it wrote is durable, and what it read. Closures run one
    /// at a time and must take microseconds. One that fails has changed nothing.
    ///
    /// The closure runs when the future is first polled; the change is then made, whether or not it is polled again.
    ///
    /// # Errors
    /// The closure gave up or wrote too much, or the store has stopped.
    pub async fn update<T, E>(&self, run: impl FnOnce(&mut Transaction) -> Result<T, E>) -> Result<T, UpdateError<E>> {
        let (result, waiting) = self.run(run);
        if let Some(durable) = waiting {
            match durable.await {
                Ok(Ok(())) => {}
                Ok(Err(failure)) => return Err(UpdateError::Failed(failure)),
                // The commit thread is gone without an answer: it ended between the failure and our turn.
                Err(_) => return Err(self.stopped()),
            }
        }
        result
    }

    fn run<T, E>(&self, run: impl FnOnce(&mut Transaction) -> Result<T, E>) -> Ran<T, E> {
        // A closure that panicked has changed nothing: it worked on a copy.
        let mut newest = self.0.newest.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(queue) = newest.queue.clone() else { return (Err(self.stopped()), None) };
        let mut transaction = Transaction::new((*newest.state).clone());
        let (result, finished) = match run(&mut transaction) {
            Err(error) => (Err(UpdateError::Aborted(error)), None),
            Ok(value) => match transaction.finish() {
                Ok(finished) => (Ok(value), finished),
                Err(Refused::TooManyRows(count)) => (Err(UpdateError::TooManyRows(count)), None),
                Err(Refused::TooManyBytes(count)) => (Err(UpdateError::TooManyBytes(count)), None),
                Err(Refused::Encoding(error)) => (Err(UpdateError::Encoding(error)), None),
            },
        };
        if finished.is_none() && newest.state.revision == self.0.durable.load().revision {
            return (result, None);
        }
        let written = finished.map(|Finished { state, set, touched }| {
            newest.state = Arc::new(state);
            Written { set, touched: Arc::new(touched), state: Arc::clone(&newest.state) }
        });
        let (done, waiting) = oneshot::channel();
        // The queue outlives the commit thread only if that panicked; then `done` is dropped and the wait ends.
        drop(queue.send(Pending { written, done }));
        (result, Some(waiting))
    }

    /// A snapshot of the last durable state.
    #[must_use]
    pub fn view(&self) -> View {
        View(self.0.durable.load_full())
    }

    /// The durable changes from now on. Subscribe first, then look at a view: nothing is missed in between.
    #[must_use]
    pub fn changes(&self) -> ChangeFeed {
        self.0.feed.subscribe()
    }

    /// Waits until the store fails; forever, if it is closed in good order. The process then has to stop.
    pub async fn failed(&self) -> Failure {
        let mut failed = self.0.failed.clone();
        match failed.wait_for(Option::is_some).await.map(|failure| failure.clone()) {
            Ok(Some(failure)) => failure,
            Ok(None) | Err(_) => std::future::pending().await,
        }
    }

    /// Takes no more updates, waits until those under way are durable and lets go of the backend. A second call finds
    /// nothing to wait for.
    ///
    /// # Errors
    /// The store had failed, or the backend could not be closed in good order.
    pub async fn close(&self) -> Result<(), Failure> {
        self.0.newest.lock().unwrap_or_else(PoisonError::into_inner).queue = None;
        let closed = self.0.closed.lock().unwrap_or_else(PoisonError::into_inner).take();
        match closed {
            Some(closed) => closed.await.unwrap_or(Ok(())),
            None => Ok(()),
        }
    }

    fn stopped<E>(&self) -> UpdateError<E> {
        match &*self.0.failed.borrow() {
            Some(failure) => UpdateError::Failed(failure.clone()),
            None => UpdateError::Closed,
        }
    }
}
