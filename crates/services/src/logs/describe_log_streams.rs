//! `DescribeLogStreams`: by name or by last event, a page at a time.

use berth_api::logs::{self as api, errors};
use berth_api::{Call, Refusal, Target};
use berth_model::Timestamp;
use berth_telemetry::logs::{Listing, Order, Place, Stream};

use super::failure::invalid_token;
use super::scope::Scope;
use super::{LogsService, group, token};
use crate::page::Pages;

/// Streams of one page, at most and if nothing is said.
const MOST: usize = 50;

pub(super) fn access(logs: &LogsService, call: &Call, input: &api::DescribeLogStreamsRequest) -> Vec<Target> {
    let Ok(scope) = Scope::of(call) else { return Target::any() };
    let name = scope.group(input.log_group_name.as_deref(), input.log_group_identifier.as_deref());
    group::target(&logs.store.view(), scope, name, "")
}

pub(super) async fn run(
    logs: &LogsService,
    call: &Call,
    input: api::DescribeLogStreamsRequest,
) -> Result<api::DescribeLogStreamsResponse, Refusal> {
    let scope = Scope::of(call)?;
    let name = scope.group(input.log_group_name.as_deref(), input.log_group_identifier.as_deref())?;
    let order = match input.order_by {
        Some(api::OrderBy::LastEventTime) => Order::LastEvent,
        // Validation has refused texts that the model does not list.
        Some(api::OrderBy::LogStreamName | api::OrderBy::Unlisted(_)) | None => Order::Name,
    };
    if order == Order::LastEvent && input.log_stream_name_prefix.is_some() {
        return Err(errors::invalid_parameter_exception("Cannot order by LastEventTime with a logStreamNamePrefix."));
    }
    let group = group::find(&logs.store.view(), scope, &name)?.id;
    let descending = input.descending.unwrap_or(false);
    let ordered = format!("{order:?} {descending}");
    let filters = [Some(&*name), input.log_stream_name_prefix.as_deref(), Some(&ordered)];
    let pages = Pages::of(call, "DescribeLogStreams", &filters);
    let after = pages.after(input.next_token.as_deref()).map_err(|_| invalid_token())?;
    let after = after.map(|after| place(&after).ok_or_else(invalid_token)).transpose()?;
    let size = input.limit.and_then(|limit| usize::try_from(limit).ok()).unwrap_or(MOST);
    let prefix = input.log_stream_name_prefix.unwrap_or_default();
    let listing = Listing { group, prefix, order, descending, after, most: size + 1 };
    let streams = logs.read(move |logs| logs.list(&listing)).await?;
    let (streams, next_token) = pages.cut(streams.into_iter(), size, key);
    let streams = streams.iter().map(|stream| describe(scope, &name, stream)).collect();
    Ok(api::DescribeLogStreamsResponse { log_streams: Some(streams), next_token })
}

/// A stream's place in either order, for a token.
fn key(stream: &Stream) -> String {
    let last = stream.span.map(|span| span.last.as_millis().to_string());
    format!("{}:{}", last.unwrap_or_default(), stream.name)
}

fn place(key: &str) -> Option<Place> {
    let (last, name) = key.split_once(':')?;
    let last_event = match last {
        "" => None,
        last => Some(Timestamp::from_millis(last.parse().ok()?)),
    };
    Some(Place { last_event, name: name.to_owned() })
}

fn describe(scope: Scope, group: &str, stream: &Stream) -> api::LogStream {
    let span = stream.span;
    api::LogStream {
        log_stream_name: Some(stream.name.to_string()),
        creation_time: Some(stream.created_at.as_millis()),
        first_event_timestamp: span.map(|span| span.first.as_millis()),
        last_event_timestamp: span.map(|span| span.last.as_millis()),
        last_ingestion_time: span.map(|span| span.ingested_at.as_millis()),
        upload_sequence_token: span.map(|span| token::sequence(span.ingested_at)),
        arn: Some(scope.stream_arn(group, &stream.name)),
        // Since 2019, streams do not say.
        stored_bytes: Some(0),
    }
}
