//! `GetLogEvents`: a stream's events, from either end, a page at a time.

use berth_api::logs as api;
use berth_api::{Call, Refusal, Target};
use berth_model::Timestamp;
use berth_telemetry::logs::{Event, Most, Position, Range};

use super::failure::{invalid_token, no_stream};
use super::scope::Scope;
use super::token::Turn;
use super::{LogsService, group};

/// Events of one page, at most and if nothing is said.
pub(super) const MOST_EVENTS: usize = 10_000;
/// Bytes of one page, at most.
pub(super) const MOST_BYTES: usize = 1 << 20;

pub(super) fn access(logs: &LogsService, call: &Call, input: &api::GetLogEventsRequest) -> Vec<Target> {
    let Ok(scope) = Scope::of(call) else { return Target::any() };
    let name = scope.group(input.log_group_name.as_deref(), input.log_group_identifier.as_deref());
    group::target(&logs.store.view(), scope, name, &input.log_stream_name)
}

pub(super) async fn run(
    logs: &LogsService,
    call: &Call,
    input: api::GetLogEventsRequest,
) -> Result<api::GetLogEventsResponse, Refusal> {
    let scope = Scope::of(call)?;
    let name = scope.group(input.log_group_name.as_deref(), input.log_group_identifier.as_deref())?;
    let turn = match input.next_token.as_deref() {
        Some(token) => Turn::parse(token).ok_or_else(invalid_token)?,
        None if input.start_from_head == Some(true) => Turn::Forward(Position::START),
        None => Turn::Backward(Position::END),
    };
    let (group, kept_since) = {
        let view = logs.store.view();
        let group = group::find(&view, scope, &name)?;
        (group.id, group::kept_since(group, scope.now))
    };
    let whole = Range { from: from(input.start_time, kept_since), to: before(input.end_time) };
    let (range, backward) = match turn {
        Turn::Forward(after) if after == Position::START => (whole, false),
        Turn::Forward(after) => (Range { from: whole.from.max(after.next()), ..whole }, false),
        Turn::Backward(before) => (Range { to: whole.to.min(before), ..whole }, true),
    };
    let events = input.limit.and_then(|limit| usize::try_from(limit).ok()).unwrap_or(MOST_EVENTS);
    let most = Most { events, bytes: MOST_BYTES };
    let stream = input.log_stream_name;
    let events = logs.read(move |logs| logs.read(group, &stream, range, backward, most)).await?.ok_or_else(no_stream)?;
    let (forward, backward) = turns(turn, &events, whole);
    Ok(api::GetLogEventsResponse {
        next_forward_token: Some(forward.token()),
        next_backward_token: Some(backward.token()),
        events: Some(events.into_iter().map(describe).collect()),
    })
}

/// Where events begin that a call may see.
pub(super) fn from(start_time: Option<i64>, kept_since: Option<Timestamp>) -> Position {
    let start = start_time.map_or(Timestamp::EPOCH, Timestamp::from_millis);
    Position::at(kept_since.map_or(start, |since| since.max(start)))
}

/// Where they end: events of the end time itself are not meant.
fn before(end_time: Option<i64>) -> Position {
    end_time.map_or(Position::END, |end| Position::at(Timestamp::from_millis(end)))
}

/// The turns from a page on. A page without events leaves the turn it came from as it is, and that says to the caller that
/// this way is at its end; the other turn goes back over the place.
fn turns(turn: Turn, events: &[Event], whole: Range) -> (Turn, Turn) {
    match (events, turn) {
        ([first, ..], _) => {
            let last = events.last().unwrap_or(first);
            (Turn::Forward(last.position), Turn::Backward(first.position))
        }
        ([], Turn::Forward(after)) => (turn, Turn::Backward(after.next())),
        ([], Turn::Backward(Position::END)) => (Turn::Forward(whole.from.previous()), Turn::Backward(whole.from)),
        ([], Turn::Backward(before)) => (Turn::Forward(before.previous()), turn),
    }
}

fn describe(event: Event) -> api::OutputLogEvent {
    api::OutputLogEvent {
        timestamp: Some(event.timestamp.as_millis()),
        message: Some(event.message),
        ingestion_time: Some(event.ingested_at.as_millis()),
    }
}

#[cfg(test)]
mod tests;
