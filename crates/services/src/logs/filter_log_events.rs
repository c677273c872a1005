//! `FilterLogEvents`: the events of a group's streams that match a pattern, in the order of their times.

use berth_api::logs::{self as api, errors};
use berth_api::{Call, Refusal, Target};
use berth_model::Timestamp;
use berth_telemetry::logs::{Event, Most, Position, Range, Search, Selection};
use berth_telemetry::pattern::{Pattern, PatternError};

use super::failure::{invalid_token, no_stream};
use super::get_log_events::{MOST_BYTES, MOST_EVENTS, from};
use super::scope::Scope;
use super::{LogsService, group, token};
use crate::page::Pages;

/// Bytes of blocks that one call reads, about: a search that finds little comes in several pages, some of them empty.
const EFFORT: usize = 16 << 20;

pub(super) fn access(logs: &LogsService, call: &Call, input: &api::FilterLogEventsRequest) -> Vec<Target> {
    let Ok(scope) = Scope::of(call) else { return Target::any() };
    let name = scope.group(input.log_group_name.as_deref(), input.log_group_identifier.as_deref());
    group::target(&logs.store.view(), scope, name, "")
}

pub(super) async fn run(
    logs: &LogsService,
    call: &Call,
    input: api::FilterLogEventsRequest,
) -> Result<api::FilterLogEventsResponse, Refusal> {
    let scope = Scope::of(call)?;
    let name = scope.group(input.log_group_name.as_deref(), input.log_group_identifier.as_deref())?;
    let pages = pages(call, &name, &input);
    let after = pages.after(input.next_token.as_deref()).map_err(|_| invalid_token())?;
    let after = after.map(|after| after.parse().ok().and_then(Position::of_number).ok_or_else(invalid_token)).transpose()?;
    let pattern = pattern(input.filter_pattern.as_deref().unwrap_or_default())?;
    let streams = match (input.log_stream_names, input.log_stream_name_prefix) {
        (Some(_), Some(_)) => {
            let message = "logStreamNames and logStreamNamePrefix are mutually exclusive parameters.";
            return Err(errors::invalid_parameter_exception(message));
        }
        (Some(names), None) => Selection::Names(names),
        (None, prefix) => Selection::Prefix(prefix.unwrap_or_default()),
    };
    let (group, kept_since) = {
        let view = logs.store.view();
        let group = group::find(&view, scope, &name)?;
        (group.id, group::kept_since(group, scope.now))
    };
    let start = from(input.start_time, kept_since);
    let range = Range { from: after.map_or(start, |after| after.max(start)), to: through(input.end_time) };
    let events = input.limit.and_then(|limit| usize::try_from(limit).ok()).unwrap_or(MOST_EVENTS);
    let search = Search { group, streams, range, pattern, most: Most { events, bytes: MOST_BYTES }, effort: EFFORT };
    let found = logs.read(move |logs| logs.search(&search)).await?.ok_or_else(no_stream)?;
    Ok(api::FilterLogEventsResponse {
        events: Some(found.events.into_iter().map(describe).collect()),
        // Since 2020 it is empty.
        searched_log_streams: Some(Vec::new()),
        next_token: found.next.map(|next| pages.token(&next.number().to_string())),
    })
}

fn pages(call: &Call, group: &str, input: &api::FilterLogEventsRequest) -> Pages {
    let names = input.log_stream_names.as_ref().map(|names| names.join(":"));
    let (start, end) = (input.start_time.map(|time| time.to_string()), input.end_time.map(|time| time.to_string()));
    let filters = [
        Some(group),
        names.as_deref(),
        input.log_stream_name_prefix.as_deref(),
        start.as_deref(),
        end.as_deref(),
        input.filter_pattern.as_deref(),
    ];
    Pages::of(call, "FilterLogEvents", &filters)
}

/// A filter pattern that a call gives.
pub(super) fn pattern(text: &str) -> Result<Pattern, Refusal> {
    text.parse().map_err(|error: PatternError| {
        errors::invalid_parameter_exception(format!("Invalid filter pattern: {error}")).because(error)
    })
}

/// Where events end that are meant: those of the end time itself are.
fn through(end_time: Option<i64>) -> Position {
    end_time.map_or(Position::END, |end| Position::at(Timestamp::from_millis(end.saturating_add(1))))
}

fn describe(event: Event) -> api::FilteredLogEvent {
    api::FilteredLogEvent {
        log_stream_name: Some(event.stream.to_string()),
        timestamp: Some(event.timestamp.as_millis()),
        message: Some(event.message),
        ingestion_time: Some(event.ingested_at.as_millis()),
        event_id: Some(token::event_id(event.position)),
    }
}
