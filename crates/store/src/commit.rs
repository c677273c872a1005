//! The one ordered queue to the backend, and the thread at its end.

use std::panic::{self, AssertUnwindSafe};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use arc_swap::ArcSwap;
use tokio::sync::{oneshot, watch};

use crate::backend::{ChangeSet, Lease};
use crate::changes::Publisher;
use crate::{Backend, BackendError, Failure, State, Touched};

/// How many rows one commit takes at most. Larger groups gain nothing any more and make everybody in them wait.
const GROUP_ROWS: usize = 4_096;

/// An update that waits to be durable.
#[derive(Debug)]
pub(crate) struct Pending {
    /// What it wrote; nothing if it only waits for what it read.
    pub(crate) written: Option<Written>,
    pub(crate) done: oneshot::Sender<Result<(), Failure>>,
}

#[derive(Debug)]
pub(crate) struct Written {
    pub(crate) set: ChangeSet,
    pub(crate) touched: Arc<Touched>,
    /// The state with it.
    pub(crate) state: Arc<State>,
}

/// What the thread owns.
pub(crate) struct Committer {
    pub(crate) backend: Box<dyn Backend>,
    pub(crate) holder: Box<str>,
    pub(crate) lease: Lease,
    /// When the lease was last asked for.
    pub(crate) renewed: Instant,
    pub(crate) queue: Receiver<Pending>,
    pub(crate) durable: Arc<ArcSwap<State>>,
    pub(crate) feed: Publisher,
    pub(crate) failed: watch::Sender<Option<Failure>>,
    pub(crate) closed: oneshot::Sender<Result<(), Failure>>,
}

impl Committer {
    /// Commits until the queue has ended or the backend has failed; then answers what is left.
    pub(crate) fn run(mut self) {
        let ended = panic::catch_unwind(AssertUnwindSafe(|| self.commit_all()));
        let ended = ended.unwrap_or_else(|_| Err(Failure(Arc::new(BackendError::Panicked))));
        let Self { backend, queue, durable, feed, failed, closed, .. } = self;
        // Subscribers hear the end now, and whoever closes finds nothing held any more.
        drop((durable, feed));
        let ended = match ended {
            Ok(()) => backend.close().map_err(|error| Failure(Arc::new(error))),
            Err(failure) => {
                tracing::error!(error = %failure, "the store has stopped");
                drop(backend);
                failed.send_replace(Some(failure.clone()));
                // Whoever queued before seeing the failure still gets it as the answer. The queue ends with the store.
                for pending in queue {
                    drop(pending.done.send(Err(failure.clone())));
                }
                Err(failure)
            }
        };
        drop(closed.send(ended));
    }

    fn commit_all(&mut self) -> Result<(), Failure> {
        while let Some(first) = self.next()? {
            let mut group = vec![first];
            let mut rows = row_count(&group[0]);
            while rows < GROUP_ROWS
                && let Ok(pending) = self.queue.try_recv()
            {
                rows += row_count(&pending);
                group.push(pending);
            }
            self.commit(group)?;
        }
        Ok(())
    }

    /// The next update. The lease is renewed before it whenever that is due, however busy or idle the queue is.
    fn next(&mut self) -> Result<Option<Pending>, Failure> {
        loop {
            let Some(due) = self.renewal_due() else { return Ok(self.queue.recv().ok()) };
            match self.queue.recv_timeout(due) {
                Ok(pending) if due.is_zero() => {
                    self.renew()?;
                    return Ok(Some(pending));
                }
                Ok(pending) => return Ok(Some(pending)),
                Err(RecvTimeoutError::Disconnected) => return Ok(None),
                Err(RecvTimeoutError::Timeout) => self.renew()?,
            }
        }
    }

    /// In how long the lease should be renewed: twice more often than it must.
    fn renewal_due(&self) -> Option<Duration> {
        self.lease.renew_within.map(|within| (within / 3).saturating_sub(self.renewed.elapsed()))
    }

    fn renew(&mut self) -> Result<(), Failure> {
        // The lease counts from when it was asked for, not from when the answer came.
        self.renewed = Instant::now();
        self.lease = self.backend.lease(&self.holder).map_err(|error| Failure(Arc::new(error)))?;
        Ok(())
    }

    fn commit(&mut self, group: Vec<Pending>) -> Result<(), Failure> {
        let (mut sets, mut published, mut waiting) = (Vec::new(), Vec::new(), Vec::with_capacity(group.len()));
        let mut newest = None;
        for Pending { written, done } in group {
            if let Some(Written { set, touched, state }) = written {
                published.push((set.revision, touched));
                sets.push(set);
                newest = Some(state);
            }
            waiting.push(done);
        }
        let outcome = match newest {
            None => Ok(()),
            Some(state) => match self.backend.commit(&sets, self.lease.token) {
                Err(error) => Err(Failure(Arc::new(error))),
                Ok(()) => {
                    // First the state, then the news of it: who hears of a change finds it.
                    self.durable.store(state);
                    for (revision, touched) in published {
                        self.feed.publish(revision, touched);
                    }
                    Ok(())
                }
            },
        };
        for done in waiting {
            // Whoever stopped waiting has no use for the answer.
            drop(done.send(outcome.clone()));
        }
        outcome
    }
}

fn row_count(pending: &Pending) -> usize {
    pending.written.as_ref().map_or(0, |written| written.set.rows.len())
}
