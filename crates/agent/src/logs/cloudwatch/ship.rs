//! Brings a container's output into its stream.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use berth_api::logs::{InputLogEvent, PutLogEventsRequest};
use berth_client::CallError;
use berth_runtime::{RuntimeError, SegmentReader};
use serde::{Deserialize, Serialize};
use tokio::sync::watch;

use super::CloudWatch;
use super::multiline::Begun;
use crate::logs::batch::{Batch, LONGEST};
use crate::logs::journal::Journal;
use crate::logs::place::{Line, Place, Stopped};
use crate::logs::wakes::Wakes;

/// Between two batches that are not full: doubled as long as there was something waiting. The first line after a while waits for nothing.
const SHORTEST_GAP: Duration = Duration::from_millis(50);
const LONGEST_GAP: Duration = Duration::from_millis(200);
/// Between two tries of a batch.
const SHORTEST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
/// A stream that refuses the lines of a container that is over is given up after so many tries: about an hour.
const MOST_REFUSALS: u32 = 120;

/// A container's output on its way.
#[derive(Debug)]
pub(in crate::logs) struct Ship {
    stream: Arc<CloudWatch>,
    container: PathBuf,
    progress: Progress,
    /// What of it is on disk for good. Nothing before the first look.
    noted: Option<Mark>,
}

/// A place between two lines, and the event that has begun before it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Mark {
    #[serde(flatten)]
    place: Place,
    #[serde(default, skip_serializing_if = "Begun::is_empty")]
    begun: Begun,
}

/// How far it came.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Progress {
    /// Everything before is in the stream.
    acknowledged: Mark,
    /// Everything from there to here may be: the batch is sent again as it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    in_flight: Option<Mark>,
}

#[derive(Debug, thiserror::Error)]
enum ShipError {
    #[error("reading the container's output: {0}")]
    Read(#[from] RuntimeError),
    #[error("noting how far it is: {0}")]
    Journal(#[source] io::Error),
}

/// What became of a batch.
enum Sent {
    Taken,
    /// The answer says no, or never came.
    Refused(CallError),
}

impl Ship {
    pub(in crate::logs) fn new(stream: Arc<CloudWatch>, container: PathBuf) -> Self {
        Self { stream, container, progress: Progress::default(), noted: None }
    }

    /// Ships until the output is over and all of it is in the stream.
    pub(in crate::logs) async fn follow(mut self, wakes: Arc<Wakes>, mut ended: watch::Receiver<bool>) {
        let mut wake = wakes.watch(&self.container);
        let (mut gap, mut pause, mut refusals) = (SHORTEST_GAP, SHORTEST_PAUSE, 0);
        // Whether a gap has just passed, and nothing was looked for since.
        let mut after_gap = false;
        loop {
            let over = *ended.borrow_and_update();
            let Some((next, batch)) = self.next(over).await else { return };
            self = next;
            let batch = match batch {
                Ok(Some(batch)) => batch,
                Ok(None) if over => return,
                Ok(None) => {
                    (gap, after_gap) = (SHORTEST_GAP, false);
                    let rest = self.rest_of_patience();
                    tokio::select! {
                        () = wake.wait() => {}
                        () = tokio::time::sleep(rest.unwrap_or_default()), if rest.is_some() => {}
                        changed = ended.changed() => if changed.is_err() { return },
                    }
                    continue;
                }
                Err(_) if !self.container.exists() => return,
                Err(error) => {
                    tracing::error!(container = %self.container.display(), %error, "shipping a log; tried again soon");
                    tokio::time::sleep(pause).await;
                    pause = (pause * 2).min(LONGEST_PAUSE);
                    continue;
                }
            };
            let is_full = batch.is_full;
            match self.send(batch).await {
                Sent::Taken => {
                    (pause, refusals) = (SHORTEST_PAUSE, 0);
                    self.progress.acknowledged = self.progress.in_flight.take().unwrap_or_default();
                }
                Sent::Refused(error) => {
                    if !self.container.exists() {
                        return;
                    }
                    refusals += u32::from(over && !error.is_retryable());
                    if refusals > MOST_REFUSALS {
                        let (group, stream) = (&self.stream.group, &self.stream.stream);
                        tracing::error!(group, stream, %error, "the last lines of a log are lost: its stream does not take them");
                        return;
                    }
                    self.complain(&error, pause);
                    if error.code() == Some("ResourceNotFoundException") {
                        // Somebody has deleted it. What comes of this shows in the next try.
                        let _ = self.stream.make_stream().await;
                    }
                    tokio::select! {
                        () = tokio::time::sleep(pause) => {}
                        changed = ended.changed(), if !over => if changed.is_err() { return },
                    }
                    pause = (pause * 2).min(LONGEST_PAUSE);
                    continue;
                }
            }
            if !is_full && !over {
                gap = if after_gap { (gap * 2).min(LONGEST_GAP) } else { gap };
                after_gap = true;
                tokio::select! {
                    () = tokio::time::sleep(gap) => {}
                    changed = ended.changed() => if changed.is_err() { return },
                }
            }
        }
    }

    /// The next batch, noted as being in flight; nothing if there is nothing to send. Nothing at all if the runtime is ending.
    async fn next(mut self, over: bool) -> Option<(Self, Result<Option<Batch>, ShipError>)> {
        let step = move || {
            let batch = self.cut(over);
            (self, batch)
        };
        tokio::task::spawn_blocking(step).await.ok()
    }

    fn cut(&mut self, over: bool) -> Result<Option<Batch>, ShipError> {
        let journal = Journal::of(&self.container);
        let _alone = journal.lock().map_err(ShipError::Journal)?;
        let noted = match self.noted.take() {
            Some(noted) => noted,
            None => {
                self.progress = journal.read().map_err(ShipError::Journal)?;
                self.progress.acknowledged.clone()
            }
        };
        let mut reader = SegmentReader::open(&self.container, self.progress.acknowledged.place.position);
        let Mark { mut place, mut begun } = self.progress.acknowledged.clone();
        let mut batch = Batch::default();
        let until = self.progress.in_flight.as_ref();
        let multiline = self.stream.multiline.as_ref();
        let take = &mut |line: Line<'_>| match multiline {
            Some(multiline) => multiline.take(&mut begun, &mut batch, line),
            None => batch.take(line),
        };
        let stopped = place.read(&mut reader, LONGEST, until.map(|until| &until.place), take)?;
        let finishes = until.map_or(over, |until| until.place.is_final);
        if finishes && stopped == Stopped::Dry {
            place.finish(take);
        }
        let is_whole = match until {
            Some(until) => until.begun.is_empty(),
            // The last event, or one whose rest was waited for in vain.
            None => place.is_final || (stopped == Stopped::Dry && self.is_overdue(&begun)),
        };
        if is_whole {
            begun.end(&mut batch);
        }
        let end = Mark { place, begun };
        if batch.events.is_empty() {
            self.progress = Progress { acknowledged: end, in_flight: None };
        } else {
            self.progress.in_flight = Some(end);
        }
        let is_new = noted != self.progress.acknowledged;
        if is_new || self.progress.in_flight.is_some() {
            journal.write(&self.progress, is_new).map_err(ShipError::Journal)?;
        }
        if is_new {
            reader.discard_before(self.progress.acknowledged.place.position)?;
        }
        self.noted = Some(self.progress.acknowledged.clone());
        Ok(Some(batch).filter(|batch| !batch.events.is_empty()))
    }

    /// Whether an event that has begun was waited for long enough.
    fn is_overdue(&self, begun: &Begun) -> bool {
        let patience = self.stream.multiline.as_ref().map(|multiline| multiline.patience);
        begun.age(now_nanos()).zip(patience).is_none_or(|(age, patience)| age >= patience)
    }

    /// How long the rest of an event that has begun is still waited for; nothing if there is none.
    fn rest_of_patience(&self) -> Option<Duration> {
        let age = self.progress.acknowledged.begun.age(now_nanos())?;
        Some(self.stream.multiline.as_ref()?.patience.saturating_sub(age))
    }

    async fn send(&self, batch: Batch) -> Sent {
        let events = batch.events;
        let request = self.request(events);
        let answer = match self.stream.client.call(&request).await {
            Ok(answer) => answer,
            Err(error) if error.code() == Some("DataAlreadyAcceptedException") => return Sent::Taken,
            Err(error) if error.code() == Some("InvalidParameterException") => {
                // It would be refused for ever, and hold up all that follows.
                let (group, stream, lines) = (&self.stream.group, &self.stream.stream, request.log_events.len());
                tracing::error!(group, stream, lines, %error, "lines of a log are lost: their stream does not take them");
                return Sent::Taken;
            }
            Err(error) => return Sent::Refused(error),
        };
        if let Some(rejected) = answer.rejected_log_events_info {
            let (group, stream) = (&self.stream.group, &self.stream.stream);
            tracing::warn!(group, stream, ?rejected, "lines of a log are lost: they are too old, or from the future");
        }
        Sent::Taken
    }

    /// A batch goes by the place where it begins, and whether an event has begun there: a name that no other batch of the stream has.
    fn request(&self, events: Vec<InputLogEvent>) -> PutLogEventsRequest {
        let Mark { place: Place { position, skip, .. }, begun } = &self.progress.acknowledged;
        let within = if begun.is_empty() { "" } else { "-within" };
        PutLogEventsRequest {
            log_group_name: self.stream.group.clone(),
            log_stream_name: self.stream.stream.clone(),
            log_events: events,
            sequence_token: Some(format!("{}-{}-{skip}{within}", position.segment, position.offset)),
            ..PutLogEventsRequest::default()
        }
    }

    fn complain(&self, error: &CallError, pause: Duration) {
        let (group, stream) = (&self.stream.group, &self.stream.stream);
        // A control plane that is started again is nothing to speak of.
        if pause > SHORTEST_PAUSE * 8 {
            tracing::warn!(group, stream, %error, "a log's stream takes nothing; tried again");
        } else {
            tracing::debug!(group, stream, %error, "a log's stream takes nothing; tried again");
        }
    }
}

fn now_nanos() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
}
