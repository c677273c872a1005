//! Lines that belong together become one event: it begins with a line that a pattern matches, and lasts up to the next.

use std::time::Duration;

use regex::bytes::{Regex, RegexBuilder};
use serde::{Deserialize, Serialize};

use super::datetime;
use crate::logs::batch::{Batch, LONGEST};
use crate::logs::error::DriverError;
use crate::logs::options::Options;
use crate::logs::place::{Line, text};

/// The options that ask for it.
const FORMAT: &str = "awslogs-datetime-format";
const PATTERN: &str = "awslogs-multiline-pattern";
/// What a compiled pattern may take.
const MOST_BYTES: usize = 1 << 20;
/// An event is over after this time, whether or not another begins: what Docker's driver waits where nothing is said.
const PATIENCE: Duration = Duration::from_secs(5);

/// How an event begins, and for how long the rest of it is waited for.
#[derive(Debug)]
pub(super) struct Multiline {
    begins: Regex,
    pub(super) patience: Duration,
}

/// An event that may not be over.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Begun {
    #[serde(with = "text", default)]
    bytes: Vec<u8>,
    /// When its first line was written.
    nanos: u64,
}

impl Multiline {
    /// What the options say; nothing if each line is an event. `patience` is the time between two batches, where one is given.
    pub(super) fn of(options: &mut Options, patience: Option<u32>) -> Result<Option<Self>, DriverError> {
        let (name, pattern) = match (options.take(FORMAT), options.take(PATTERN)) {
            (None, None) => return Ok(None),
            (Some(_), Some(_)) => {
                let problem = format!("you cannot configure log opt '{FORMAT}' and '{PATTERN}' at the same time");
                return Err(options.wrong(problem));
            }
            (Some(format), None) => {
                let unknown = |sign| options.wrong(format!("{FORMAT} has an unknown conversion '%{sign}': {format}"));
                (FORMAT, datetime::pattern(&format).map_err(unknown)?)
            }
            (None, Some(pattern)) => (PATTERN, pattern),
        };
        let built = RegexBuilder::new(&pattern).size_limit(MOST_BYTES).dfa_size_limit(MOST_BYTES).build();
        let begins = built.map_err(|error| {
            let reason = error.to_string();
            let reason = reason.lines().last().unwrap_or_default().trim();
            options.wrong(format!("awslogs could not parse {name} \"{pattern}\": {reason}"))
        })?;
        let patience = patience.map_or(PATIENCE, |seconds| Duration::from_secs(seconds.into()));
        Ok(Some(Self { begins, patience }))
    }

    /// Adds a line to the event that has begun, which goes into the batch first if the line begins another one. False if it does not fit
    /// there: then the line was not taken.
    pub(super) fn take(&self, begun: &mut Begun, batch: &mut Batch, line: Line<'_>) -> bool {
        let is_long = begun.bytes.len() + line.text.len() >= LONGEST;
        if (is_long || self.begins.is_match(line.text)) && !begun.finish(batch, line) {
            return false;
        }
        if begun.bytes.is_empty() {
            begun.nanos = line.nanos;
        }
        begun.bytes.extend_from_slice(line.text);
        // As Docker's driver does, also after the last line.
        if line.is_over && line.text.len() < LONGEST {
            begun.bytes.push(b'\n');
        }
        true
    }
}

impl Begun {
    pub(super) const fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// How old it is; nothing if there is none.
    pub(super) fn age(&self, now_nanos: u64) -> Option<Duration> {
        (!self.is_empty()).then(|| Duration::from_nanos(now_nanos.saturating_sub(self.nanos)))
    }

    /// Puts it into a batch, on behalf of a line; false if it does not fit there.
    fn finish(&mut self, batch: &mut Batch, line: Line<'_>) -> bool {
        let taken = batch.take(Line { nanos: self.nanos, text: &self.bytes, ..line });
        if taken {
            self.bytes = Vec::new();
        }
        taken
    }

    /// Puts it into a batch as it is; what does not fit there stays.
    pub(super) fn end(&mut self, batch: &mut Batch) {
        let line = Line { nanos: self.nanos, stream: berth_runtime::Stream::Stdout, text: &[], is_over: true };
        self.finish(batch, line);
    }
}
