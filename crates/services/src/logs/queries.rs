//! Queries of Logs Insights: waiting, at work, and their results as long as those are kept. All of it is in memory: a server that is
//! started again knows none.

use std::collections::VecDeque;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use berth_api::Refusal;
use berth_api::logs::errors;
use berth_model::{LogGroupId, Name, Region, Timestamp};
use berth_telemetry::insights::{Outcome, Query, ResultRow, Statistics, Subject};
use berth_telemetry::logs::{LogStore, Range};
use tokio::sync::Semaphore;

/// Queries that read at the same time; others wait.
const AT_WORK: usize = 2;
/// Queries of a region that wait or are at work, as AWS has it.
const MOST_OPEN: usize = 30;
/// Queries that are known, and bytes of their results: the oldest make room.
const MOST_KNOWN: usize = 1000;
const MOST_BYTES: usize = 128 << 20;
/// Results are kept so long, as AWS has it.
const KEPT: Duration = Duration::from_secs(7 * 86_400);
/// A query ends after this time, as AWS has it.
const LONGEST: Duration = Duration::from_secs(60 * 60);
/// Between two looks at the clock, and at whether somebody has stopped the query.
const LOOK_EVENTS: u64 = 1024;

/// What was asked.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) id: String,
    pub(super) region: Region,
    pub(super) text: String,
    pub(super) groups: Vec<Searched>,
    pub(super) at: Timestamp,
    pub(super) caller: String,
}

/// A group that a query searches.
#[derive(Debug)]
pub(super) struct Searched {
    pub(super) id: LogGroupId,
    pub(super) name: Name,
    /// Its account and name, as `@log` shows them.
    pub(super) log: Arc<str>,
    pub(super) range: Range,
}

/// A query, and how far it is.
#[derive(Debug)]
pub(super) struct Known {
    pub(super) asked: Asked,
    stopped: AtomicBool,
    state: Mutex<Progress>,
}

/// How far a query is.
#[derive(Debug, Clone)]
pub(super) struct Progress {
    pub(super) phase: Phase,
    pub(super) statistics: Statistics,
    /// Empty until it is complete.
    pub(super) rows: Arc<Vec<ResultRow>>,
    pub(super) took: Duration,
    /// What its rows take in memory, about.
    bytes: usize,
}

/// Where a query stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    Scheduled,
    Running,
    Complete,
    Failed,
    Cancelled,
    Timeout,
}

/// All queries.
#[derive(Debug)]
pub(super) struct Queries {
    known: Arc<Mutex<VecDeque<Arc<Known>>>>,
    turns: Arc<Semaphore>,
}

impl Default for Queries {
    fn default() -> Self {
        Self { known: Arc::default(), turns: Arc::new(Semaphore::new(AT_WORK)) }
    }
}

impl Phase {
    pub(super) const fn is_open(self) -> bool {
        matches!(self, Self::Scheduled | Self::Running)
    }
}

impl Known {
    pub(super) fn progress(&self) -> Progress {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Ends it early; false if it is over already.
    pub(super) fn stop(&self) -> bool {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let is_open = state.phase.is_open();
        if is_open {
            state.phase = Phase::Cancelled;
            self.stopped.store(true, Ordering::Relaxed);
        }
        is_open
    }

    /// Changes how far it is, unless it was stopped.
    fn note(&self, change: impl FnOnce(&mut Progress)) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.phase.is_open() {
            change(&mut state);
        }
    }
}

impl Queries {
    /// Takes up a query, and works on it beside everything else. `most` is the number of rows that the caller wants.
    pub(super) fn start(&self, asked: Asked, query: Query, most: Option<usize>, logs: LogStore) -> Result<(), Refusal> {
        let progress = Progress {
            phase: Phase::Scheduled,
            statistics: Statistics::default(),
            rows: Arc::default(),
            took: Duration::ZERO,
            bytes: 0,
        };
        let known = Arc::new(Known { asked, stopped: AtomicBool::new(false), state: Mutex::new(progress) });
        self.keep(Arc::clone(&known))?;
        let (turns, all) = (Arc::clone(&self.turns), Arc::clone(&self.known));
        tokio::spawn(async move {
            // Nobody closes it.
            let Ok(_turn) = turns.acquire_owned().await else { return };
            let working = Arc::clone(&known);
            let work = tokio::task::spawn_blocking(move || work(&working, query, most, &logs));
            if work.await.is_err() {
                // It panicked, which the log has.
                known.note(|state| state.phase = Phase::Failed);
            }
            trim(&mut all.lock().unwrap_or_else(PoisonError::into_inner));
        });
        Ok(())
    }

    fn keep(&self, fresh: Arc<Known>) -> Result<(), Refusal> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let open = |one: &&Arc<Known>| one.asked.region == fresh.asked.region && one.progress().phase.is_open();
        if known.iter().filter(open).count() >= MOST_OPEN {
            let message = format!("Account maximum query concurrency limit of [{MOST_OPEN}] reached.");
            return Err(errors::limit_exceeded_exception(message));
        }
        known.push_back(fresh);
        trim(&mut known);
        Ok(())
    }

    /// The query of an id.
    pub(super) fn find(&self, region: Region, id: &str) -> Result<Arc<Known>, Refusal> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let found = known.iter().find(|one| one.asked.region == region && one.asked.id == id);
        found.cloned().ok_or_else(|| errors::resource_not_found_exception(format!("Query {id} does not exist.")))
    }

    /// The queries of a region, the newest first.
    pub(super) fn of(&self, region: Region) -> Vec<Arc<Known>> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.iter().rev().filter(|one| one.asked.region == region).cloned().collect()
    }
}

/// Forgets the oldest queries, as far as there are too many.
fn trim(known: &mut VecDeque<Arc<Known>>) {
    let Some(newest) = known.back().map(|newest| newest.asked.at) else { return };
    let mut bytes = 0;
    let keeps = known.iter().rev().take_while(|one| {
        bytes += one.progress().bytes;
        bytes <= MOST_BYTES && newest.since(one.asked.at) <= KEPT
    });
    let keep = keeps.count().clamp(1, MOST_KNOWN);
    let goes = known.len().saturating_sub(keep);
    for gone in known.drain(..goes) {
        gone.stop();
    }
}

fn weight(row: &ResultRow) -> usize {
    size_of::<ResultRow>() + row.values.iter().map(|(_, value)| value.len() + size_of::<(Arc<str>, String)>()).sum::<usize>()
}

/// Reads, and notes what came of it.
fn work(known: &Known, query: Query, most: Option<usize>, logs: &LogStore) {
    let began = Instant::now();
    known.note(|state| state.phase = Phase::Running);
    let (phase, outcome) = read(known, query, most, logs, began);
    known.note(|state| {
        state.phase = phase;
        state.took = began.elapsed();
        if let Some(Outcome { rows, statistics }) = outcome {
            state.bytes = rows.iter().map(weight).sum();
            (state.rows, state.statistics) = (Arc::new(rows), statistics);
        }
    });
}

fn read(known: &Known, query: Query, most: Option<usize>, logs: &LogStore, began: Instant) -> (Phase, Option<Outcome>) {
    let mut run = query.start(known.asked.at.as_millis(), most);
    let groups: Vec<(LogGroupId, Range)> = known.asked.groups.iter().map(|group| (group.id, group.range)).collect();
    let mut ended = Phase::Complete;
    let read = logs.scan(&groups, &mut |passed| {
        if run.statistics().scanned.is_multiple_of(LOOK_EVENTS) {
            known.note(|state| (state.statistics, state.took) = (run.statistics(), began.elapsed()));
            if known.stopped.load(Ordering::Relaxed) {
                ended = Phase::Cancelled;
            } else if began.elapsed() > LONGEST {
                ended = Phase::Timeout;
            }
            if ended != Phase::Complete {
                return ControlFlow::Break(());
            }
        }
        let Some(group) = known.asked.groups.get(passed.group) else { return ControlFlow::Break(()) };
        let subject = Subject {
            message: passed.message,
            timestamp: passed.timestamp.as_millis(),
            ingested_at: passed.ingested_at.as_millis(),
            stream: passed.stream,
            log: &group.log,
            group: passed.group,
            position: passed.position,
        };
        match run.push(subject) {
            Ok(true) => ControlFlow::Continue(()),
            Ok(false) => ControlFlow::Break(()),
            Err(error) => {
                tracing::warn!(query = known.asked.id, %error, "a query of logs failed");
                ended = Phase::Failed;
                ControlFlow::Break(())
            }
        }
    });
    if let Err(error) = read {
        tracing::error!(query = known.asked.id, %error, "a query of logs failed");
        return (Phase::Failed, None);
    }
    if ended != Phase::Complete {
        return (ended, None);
    }
    match run.finish() {
        Ok(outcome) => (Phase::Complete, Some(outcome)),
        Err(error) => {
            tracing::warn!(query = known.asked.id, %error, "a query of logs failed");
            (Phase::Failed, None)
        }
    }
}

#[cfg(test)]
mod tests;
