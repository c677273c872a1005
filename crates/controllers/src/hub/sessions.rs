//! Which streams are open, and how they are woken.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use berth_store::InstanceKey;
use tokio::sync::{Notify, watch};

/// The two streams of an agent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StreamKind {
    /// What to run and what to stop (ACS).
    Control,
    /// How tasks are (TCS).
    Telemetry,
}

impl StreamKind {
    /// Its name in log and metrics.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Control => "control",
            Self::Telemetry => "telemetry",
        }
    }
}

/// What a stream is told. It carries no data: the state is read again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Call {
    looks: u64,
    /// Another stream of the same kind and instance was opened: this one is over.
    pub(super) replaced: bool,
}

/// The open streams, one of each kind an instance.
#[derive(Debug, Default)]
pub(super) struct Sessions {
    book: Mutex<Book>,
    departed: Notify,
    /// Seats taken, those of replaced streams included.
    taken: watch::Sender<usize>,
}

#[derive(Debug, Default)]
struct Book {
    numbers: u64,
    open: BTreeMap<(InstanceKey, StreamKind), Open>,
    /// Instances whose control stream has ended since somebody asked.
    departed: BTreeSet<InstanceKey>,
}

#[derive(Debug)]
struct Open {
    number: u64,
    call: watch::Sender<Call>,
}

/// A stream's place among the open ones, given up when it is dropped.
#[derive(Debug)]
pub(super) struct Seat {
    sessions: Arc<Sessions>,
    key: (InstanceKey, StreamKind),
    number: u64,
    /// Calls for this stream.
    pub(super) calls: watch::Receiver<Call>,
}

impl Sessions {
    fn book(&self) -> MutexGuard<'_, Book> {
        // Every change of the book is whole before anything can panic.
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a seat; the stream that had it is told.
    pub(super) fn open(self: &Arc<Self>, instance: InstanceKey, stream: StreamKind) -> Seat {
        let (call, calls) = watch::channel(Call::default());
        let key = (instance, stream);
        let mut book = self.book();
        book.numbers += 1;
        let number = book.numbers;
        if let Some(former) = book.open.insert(key, Open { number, call }) {
            former.call.send_modify(|call| call.replaced = true);
        }
        self.taken.send_modify(|taken| *taken += 1);
        Seat { sessions: Arc::clone(self), key, number, calls }
    }

    /// Whether an instance has a control stream.
    pub(super) fn is_connected(&self, instance: InstanceKey) -> bool {
        self.book().open.contains_key(&(instance, StreamKind::Control))
    }

    /// Makes the streams of an instance look at the state.
    pub(super) fn wake(&self, instance: InstanceKey) {
        let book = self.book();
        for stream in [StreamKind::Control, StreamKind::Telemetry] {
            if let Some(open) = book.open.get(&(instance, stream)) {
                open.call.send_modify(|call| call.looks += 1);
            }
        }
    }

    /// Makes all streams look at the state.
    pub(super) fn wake_all(&self) {
        for open in self.book().open.values() {
            open.call.send_modify(|call| call.looks += 1);
        }
    }

    /// The instances whose control stream has ended since the last call; waits for one. Loses none if it is cancelled.
    pub(super) async fn departures(&self) -> BTreeSet<InstanceKey> {
        loop {
            let departed = std::mem::take(&mut self.book().departed);
            if !departed.is_empty() {
                return departed;
            }
            self.departed.notified().await;
        }
    }

    /// Waits until no stream is open.
    pub(super) async fn all_closed(&self) {
        drop(self.taken.subscribe().wait_for(|taken| *taken == 0).await);
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut book = self.sessions.book();
        if book.open.get(&self.key).is_some_and(|open| open.number == self.number) {
            book.open.remove(&self.key);
            if self.key.1 == StreamKind::Control {
                book.departed.insert(self.key.0);
                self.sessions.departed.notify_one();
            }
        }
        self.sessions.taken.send_modify(|taken| *taken -= 1);
    }
}
