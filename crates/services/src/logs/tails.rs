//! Tails: whoever watches groups is shown events as they come in, a sample of them if there are many.

use std::sync::{Arc, Mutex, PoisonError};

use berth_api::logs as api;
use berth_model::{LogGroupId, Region, Timestamp};
use berth_telemetry::logs::NewEvent;
use berth_telemetry::pattern::Pattern;

/// Events of one look, at most, as AWS has it; and bytes of their text.
const MOST_EVENTS: usize = 500;
const MOST_BYTES: usize = 4 << 20;
/// Tails of a region, at most, as AWS has it.
const MOST_OPEN: usize = 15;

/// Everybody who watches.
#[derive(Debug, Default)]
pub(super) struct Tails(Mutex<Vec<Arc<Tail>>>);

/// What one caller watches, and what came in since the last look.
#[derive(Debug)]
pub(super) struct Tail {
    pub(super) region: Region,
    /// The groups, and how their events name them.
    pub(super) groups: Vec<(LogGroupId, String)>,
    pub(super) streams: Streams,
    pub(super) pattern: Pattern,
    pub(super) gathered: Mutex<Gathered>,
}

/// Which streams are watched.
#[derive(Debug)]
pub(super) enum Streams {
    All,
    Named(Vec<String>),
    Prefixed(Vec<String>),
}

/// What came in since the last look.
#[derive(Debug, Default)]
pub(super) struct Gathered {
    pub(super) events: Vec<api::LiveTailSessionLogEvent>,
    bytes: usize,
    /// Whether there were more.
    pub(super) is_sampled: bool,
}

impl Tails {
    /// Takes up a tail; nothing, and the tail again, if there are too many.
    pub(super) fn open(&self, tail: Tail) -> Option<Arc<Tail>> {
        let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if open.iter().filter(|other| other.region == tail.region).count() >= MOST_OPEN {
            return None;
        }
        let tail = Arc::new(tail);
        open.push(Arc::clone(&tail));
        Some(tail)
    }

    pub(super) fn close(&self, tail: &Arc<Tail>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).retain(|other| !Arc::ptr_eq(other, tail));
    }

    /// Shows events that are on disk now to those who watch them.
    pub(super) fn show(&self, group: LogGroupId, stream: &str, events: &[NewEvent], at: Timestamp) {
        let watching: Vec<Arc<Tail>> = {
            let open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            open.iter().filter(|tail| tail.watches(group, stream)).cloned().collect()
        };
        for tail in watching {
            tail.gather(group, stream, events, at);
        }
    }
}

impl Tail {
    fn watches(&self, group: LogGroupId, stream: &str) -> bool {
        let is_meant = match &self.streams {
            Streams::All => true,
            Streams::Named(names) => names.iter().any(|name| name == stream),
            Streams::Prefixed(prefixes) => prefixes.iter().any(|prefix| stream.starts_with(prefix.as_str())),
        };
        is_meant && self.groups.iter().any(|(id, _)| *id == group)
    }

    fn gather(&self, group: LogGroupId, stream: &str, events: &[NewEvent], at: Timestamp) {
        let Some((_, name)) = self.groups.iter().find(|(id, _)| *id == group) else { return };
        for event in events.iter().filter(|event| self.pattern.matches(&event.message)) {
            let mut gathered = self.gathered.lock().unwrap_or_else(PoisonError::into_inner);
            if gathered.events.len() >= MOST_EVENTS || gathered.bytes + event.message.len() > MOST_BYTES {
                gathered.is_sampled = true;
                return;
            }
            gathered.bytes += event.message.len();
            gathered.events.push(api::LiveTailSessionLogEvent {
                log_stream_name: Some(stream.to_owned()),
                log_group_identifier: Some(name.clone()),
                message: Some(event.message.clone()),
                timestamp: Some(event.timestamp.as_millis()),
                ingestion_time: Some(at.as_millis()),
            });
        }
    }

    /// What came in since this was last asked.
    pub(super) fn look(&self) -> Gathered {
        std::mem::take(&mut self.gathered.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(test)]
mod tests;
