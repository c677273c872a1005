//! What one `PutLogEvents` takes.

use berth_api::logs::InputLogEvent;

use super::place::Line;

/// Events of a batch.
const MOST_EVENTS: usize = 10_000;
/// Bytes of a batch, with what each event counts for besides its text.
const MOST_BYTES: usize = 1_048_576;
const OVERHEAD: usize = 26;
/// Bytes of an event's text: 256 KiB with the overhead. Longer lines become several events.
pub(super) const LONGEST: usize = 262_144 - OVERHEAD;
/// A batch spans a day at most.
const LONGEST_SPAN: i64 = 24 * 60 * 60 * 1000 - 1;
const NANOS_PER_MILLI: u64 = 1_000_000;

/// Events in the order of their times.
#[derive(Debug, Default)]
pub(super) struct Batch {
    pub(super) events: Vec<InputLogEvent>,
    bytes: usize,
    pub(super) is_full: bool,
}

impl Batch {
    /// Adds a line; false if it belongs into another batch. Empty lines are left out: no event is empty.
    pub(super) fn take(&mut self, line: Line<'_>) -> bool {
        if line.text.is_empty() {
            return true;
        }
        let timestamp = i64::try_from(line.nanos / NANOS_PER_MILLI).unwrap_or(i64::MAX);
        let text = String::from_utf8_lossy(line.text);
        // What is no UTF-8 takes more room as text.
        let pieces = text.len().div_ceil(LONGEST - 3);
        let bytes = text.len() + pieces * OVERHEAD;
        let fits = self.events.len() + pieces <= MOST_EVENTS && self.bytes + bytes <= MOST_BYTES && self.follows(timestamp);
        if !fits && !self.events.is_empty() {
            self.is_full = true;
            return false;
        }
        self.bytes += bytes;
        if text.len() <= LONGEST {
            self.events.push(InputLogEvent { timestamp, message: text.into_owned() });
            return true;
        }
        let mut rest = &*text;
        while !rest.is_empty() {
            let (message, behind) = rest.split_at(rest.floor_char_boundary(LONGEST.min(rest.len())));
            self.events.push(InputLogEvent { timestamp, message: message.to_owned() });
            rest = behind;
        }
        true
    }

    /// Whether an event of that time can come next: clocks are set back now and then.
    fn follows(&self, timestamp: i64) -> bool {
        match (self.events.first(), self.events.last()) {
            (Some(first), Some(last)) => timestamp >= last.timestamp && timestamp - first.timestamp <= LONGEST_SPAN,
            _ => true,
        }
    }
}
