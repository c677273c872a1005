//! `PutLogEvents`: a batch of events, in the order of their times; answered when they are on disk.

use std::time::Duration;

use berth_api::logs::{self as api, errors};
use berth_api::{Call, Refusal, Target};
use berth_model::{Name, Timestamp};
use berth_telemetry::logs::NewEvent;
use sha2::{Digest as _, Sha256};

use super::failure::{no_stream, not_written};
use super::scope::Scope;
use super::{LogsService, group, token};

/// Bytes of a batch, and of an event: text and overhead.
const MOST_BYTES: usize = 1_048_576;
/// What an event counts for besides its text.
const OVERHEAD: usize = 26;
/// Events of a batch are no further apart.
const LONGEST_SPAN: Duration = Duration::from_hours(24);
/// Older events are not taken.
const OLDEST: Duration = Duration::from_hours(14 * 24);
/// Events from further in the future are not taken.
const NEWEST: Duration = Duration::from_hours(2);

pub(super) fn access(logs: &LogsService, call: &Call, input: &api::PutLogEventsRequest) -> Vec<Target> {
    let Ok(scope) = Scope::of(call) else { return Target::any() };
    group::target(&logs.store.view(), scope, Ok(Name::new(&input.log_group_name)), &input.log_stream_name)
}

pub(super) async fn run(
    logs: &LogsService,
    call: &Call,
    input: api::PutLogEventsRequest,
) -> Result<api::PutLogEventsResponse, Refusal> {
    let scope = Scope::of(call)?;
    check(&input.log_events)?;
    let (group, kept_since) = {
        let view = logs.store.view();
        let group = group::find(&view, scope, &Name::new(&input.log_group_name))?;
        (group.id, group::kept_since(group, scope.now))
    };
    let taken = Taken::of(&input.log_events, scope.now, kept_since);
    let ticket = input.sequence_token.as_deref().map(|token| ticket(token, &input.log_events));
    let events: Vec<NewEvent> = taken.select(input.log_events).map(new_event).collect();
    if let ([first, ..], [.., last]) = (events.as_slice(), events.as_slice())
        && last.timestamp.since(first.timestamp) > LONGEST_SPAN
    {
        let message = "The batch of log events in a single PutLogEvents request cannot span more than 24 hours.";
        return Err(errors::invalid_parameter_exception(message));
    }
    if events.is_empty() {
        let name = input.log_stream_name;
        logs.read(move |logs| logs.stream(group, &name)).await?.ok_or_else(no_stream)?;
    } else {
        logs.logs.append(group, &input.log_stream_name, scope.now, &events, ticket).await.map_err(not_written)?;
        logs.tails.show(group, &input.log_stream_name, &events, scope.now);
    }
    Ok(api::PutLogEventsResponse {
        next_sequence_token: Some(token::sequence(scope.now)),
        rejected_log_events_info: taken.rejected(),
        // Nothing is done with entities, and this says so.
        rejected_entity_info: input
            .entity
            .map(|_| api::RejectedEntityInfo { error_type: api::EntityRejectionErrorType::UnsupportedLogGroupType }),
    })
}

/// What tells a batch that came with a sequence token from all others. AWS, as long as it looked at the tokens, refused a batch that it had
/// (`DataAlreadyAcceptedException`); here it is taken again, and is there once. A sender that names each batch by a token of
/// its own can so repeat one whose answer was lost.
fn ticket(token: &str, events: &[api::InputLogEvent]) -> u64 {
    let mut hash = Sha256::new();
    let mut add = |bytes: &[u8]| {
        hash.update((bytes.len() as u64).to_le_bytes());
        hash.update(bytes);
    };
    add(token.as_bytes());
    for event in events {
        add(&event.timestamp.to_le_bytes());
        add(event.message.as_bytes());
    }
    hash.finalize().first_chunk().map_or(0, |bytes| u64::from_le_bytes(*bytes))
}

fn new_event(event: api::InputLogEvent) -> NewEvent {
    NewEvent { timestamp: Timestamp::from_millis(event.timestamp), message: event.message }
}

/// What is wrong with a batch whatever the time is. That it has 1 to 10,000 events stands in the model.
fn check(events: &[api::InputLogEvent]) -> Result<(), Refusal> {
    let too_large = |what: &str, bytes: usize| {
        errors::invalid_parameter_exception(format!("{what} too large: {bytes} bytes exceeds limit of {MOST_BYTES}"))
    };
    let size = |event: &api::InputLogEvent| event.message.len() + OVERHEAD;
    if let Some(bytes) = events.iter().map(size).find(|bytes| *bytes > MOST_BYTES) {
        return Err(too_large("Log event", bytes));
    }
    let bytes = events.iter().map(size).sum();
    if bytes > MOST_BYTES {
        return Err(too_large("Upload", bytes));
    }
    if !events.is_sorted_by_key(|event| event.timestamp) {
        let message = "Log events in a single PutLogEvents request must be in chronological order.";
        return Err(errors::invalid_parameter_exception(message));
    }
    Ok(())
}

/// Which events of a batch are taken: those from `start` to before `end`.
#[derive(Debug, PartialEq, Eq)]
struct Taken {
    /// So many are too old.
    too_old: usize,
    /// So many are too old or would have expired.
    start: usize,
    end: usize,
    count: usize,
}

impl Taken {
    fn of(events: &[api::InputLogEvent], now: Timestamp, kept_since: Option<Timestamp>) -> Self {
        let before = |limit: Timestamp| events.partition_point(|event| Timestamp::from_millis(event.timestamp) < limit);
        let too_old = before(now - OLDEST);
        let start = kept_since.map_or(too_old, |since| before(since).max(too_old));
        let end = events.partition_point(|event| Timestamp::from_millis(event.timestamp) <= now + NEWEST);
        Self { too_old, start, end: end.max(start), count: events.len() }
    }

    fn select(&self, events: Vec<api::InputLogEvent>) -> impl Iterator<Item = api::InputLogEvent> {
        events.into_iter().take(self.end).skip(self.start)
    }

    fn rejected(&self) -> Option<api::RejectedLogEventsInfo> {
        let index = |place: usize, wanted: bool| i32::try_from(place).ok().filter(|_| wanted);
        let info = api::RejectedLogEventsInfo {
            too_new_log_event_start_index: index(self.end, self.end < self.count),
            too_old_log_event_end_index: index(self.too_old, self.too_old > 0),
            expired_log_event_end_index: index(self.start, self.start > self.too_old),
        };
        (info != api::RejectedLogEventsInfo::default()).then_some(info)
    }
}

#[cfg(test)]
mod tests;
