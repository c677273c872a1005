//! The table of all loops, and what runs them.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use berth_model::Timestamp;
use berth_store::{Event, Store, Touched, UpdateError};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval};
use tracing::{debug, warn};

use crate::service_loop::PlacementsOf;

/// All loops of the control plane.
pub static LOOPS: [Loop; 3] = [crate::sweep_loop::ENTRY, crate::attachment_loop::ENTRY, crate::service_loop::ENTRY];

/// A loop: when it runs, and what it does.
#[derive(Clone, Copy)]
pub struct Loop {
    /// Its name in the log.
    pub name: &'static str,
    /// What it does.
    pub work: Work,
}

/// What a loop does.
#[derive(Clone, Copy)]
pub enum Work {
    /// The same for all that is stored.
    Passes(Passes),
    /// Passes for one thing at a time, each with its own time: it finds out itself what is due, until it is told to end.
    Turns(fn(Store, PlacementsOf, watch::Receiver<bool>) -> Turning),
}

/// When a loop does the same for all that is stored, and what.
#[derive(Clone, Copy)]
pub struct Passes {
    /// Whether a change is its affair.
    pub topics: fn(&Touched) -> bool,
    /// It runs at least this often.
    pub period: Duration,
    /// One pass: from stored state to its changes, idempotent, without retries.
    pub run: fn(Store, Timestamp) -> Running,
}

/// A loop that finds out itself what is due.
pub type Turning = Pin<Box<dyn Future<Output = ()> + Send>>;

/// A pass that is under way.
pub type Running = Pin<Box<dyn Future<Output = Result<Pass, PassError>> + Send>>;

/// What a pass did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Pass {
    /// Rows it changed.
    pub changed: usize,
}

/// Why a pass did not end: the next one does its work.
#[derive(Debug)]
pub struct PassError(pub(crate) String);

impl fmt::Display for PassError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for PassError {}

impl PassError {
    pub(crate) fn of<E: fmt::Display>(error: UpdateError<E>) -> Self {
        match error {
            UpdateError::Failed(failure) => Self(failure.to_string()),
            UpdateError::Closed => Self("the store is closed".to_owned()),
            UpdateError::Aborted(error) => Self(error.to_string()),
            UpdateError::TooManyRows(rows) => Self(format!("one update would write {rows} rows")),
            UpdateError::TooManyBytes(bytes) => Self(format!("one update would write {bytes} bytes")),
            UpdateError::Encoding(error) => Self(error.to_string()),
        }
    }
}

impl fmt::Debug for Loop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Loop").field("name", &self.name).finish_non_exhaustive()
    }
}

impl fmt::Debug for Work {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Passes(passes) => passes.fmt(f),
            Self::Turns(_) => f.write_str("Turns"),
        }
    }
}

impl fmt::Debug for Passes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Passes").field("period", &self.period).finish_non_exhaustive()
    }
}

/// Runs all loops until `closing` turns true. A pass under way is finished.
pub async fn run(store: Store, placements: PlacementsOf, closing: watch::Receiver<bool>) {
    let mut running = JoinSet::new();
    for Loop { name, work } in LOOPS {
        let (store, closing) = (store.clone(), closing.clone());
        match work {
            Work::Passes(entry) => running.spawn(passes(name, entry, store, closing)),
            Work::Turns(turns) => running.spawn(turns(store, placements, closing)),
        };
    }
    while running.join_next().await.is_some() {}
}

async fn passes(name: &str, entry: Passes, store: Store, mut closing: watch::Receiver<bool>) {
    let mut changes = store.changes();
    let mut ticks = interval(entry.period);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = async { drop(closing.wait_for(|closing| *closing).await) } => return,
            _ = ticks.tick() => {}
            event = changes.next() => match event {
                Some(Event::Changed { touched, .. }) if !(entry.topics)(&touched) => continue,
                Some(Event::Changed { .. } | Event::Lagged) => {}
                None => return,
            },
        }
        match (entry.run)(store.clone(), now()).await {
            Ok(pass) => debug!(name, changed = pass.changed, "a pass ended"),
            Err(error) => warn!(name, %error, "a pass failed"),
        }
    }
}

/// Wall time, for what is stored.
pub(crate) fn now() -> Timestamp {
    Timestamp::EPOCH + SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}
