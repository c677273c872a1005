//! `StartLiveTail`: events of groups as they come in, each second, for three hours.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use berth_api::logs::{self as api, errors};
use berth_api::{Call, Event, EventSource, Events, NextEvent, Refusal, Target};
use berth_model::{AttachmentId, LogGroupClass, Name};
use berth_plan::IdSource as _;
use berth_store::State;
use tokio::time::{Instant, Interval, MissedTickBehavior};

use super::filter_log_events::pattern;
use super::scope::Scope;
use super::tails::{Streams, Tail, Tails};
use super::{LogsService, group};
use crate::ids::RandomIds;

/// Between two looks.
const PERIOD: Duration = Duration::from_secs(1);
/// A session ends after this time.
const LONGEST: Duration = Duration::from_secs(3 * 60 * 60);

/// A session: its first event, then what the tail has gathered, again and again.
struct Session {
    tails: Arc<Tails>,
    tail: Arc<Tail>,
    start: Option<api::LiveTailSessionStart>,
    looks: Interval,
    ends: Instant,
    is_over: bool,
}

pub(super) fn access(logs: &LogsService, call: &Call, input: &api::StartLiveTailRequest) -> Vec<Target> {
    let Ok(scope) = Scope::of(call) else { return Target::any() };
    let view = logs.store.view();
    let target = |identifier: &String| group::target(&view, scope, scope.identified(identifier), "");
    input.log_group_identifiers.iter().flat_map(target).collect()
}

pub(super) fn run(logs: &LogsService, call: &Call, input: api::StartLiveTailRequest) -> Result<Events, Refusal> {
    let scope = Scope::of(call)?;
    let pattern = pattern(input.log_event_filter_pattern.as_deref().unwrap_or_default())?;
    let streams = streams(&input)?;
    let groups: Result<Vec<_>, Refusal> = {
        let view = logs.store.view();
        input.log_group_identifiers.iter().map(|identifier| watched(&view, scope, identifier)).collect()
    };
    let tail = Tail { region: scope.region, groups: groups?, streams, pattern, gathered: Mutex::default() };
    let start = api::LiveTailSessionStart {
        request_id: Some(call.request_id.to_string()),
        session_id: Some(AttachmentId::from_bytes(RandomIds::new(&api::SERVICE)?.next()).to_string()),
        log_group_identifiers: Some(input.log_group_identifiers),
        log_stream_names: Some(input.log_stream_names.unwrap_or_default()),
        log_stream_name_prefixes: Some(input.log_stream_name_prefixes.unwrap_or_default()),
        log_event_filter_pattern: Some(input.log_event_filter_pattern.unwrap_or_default()),
    };
    let tails = Arc::clone(&logs.tails);
    let too_many = || errors::limit_exceeded_exception("There are too many Live Tail sessions in this region.");
    let tail = tails.open(tail).ok_or_else(too_many)?;
    let now = Instant::now();
    let mut looks = tokio::time::interval_at(now + PERIOD, PERIOD);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    Ok(Events::new(Session { tails, tail, start: Some(start), looks, ends: now + LONGEST, is_over: false }))
}

fn streams(input: &api::StartLiveTailRequest) -> Result<Streams, Refusal> {
    let given = |list: &Option<Vec<String>>| list.clone().filter(|list| !list.is_empty());
    let streams = match (given(&input.log_stream_names), given(&input.log_stream_name_prefixes)) {
        (None, None) => return Ok(Streams::All),
        (Some(names), None) => Streams::Named(names),
        (None, Some(prefixes)) => Streams::Prefixed(prefixes),
        (Some(_), Some(_)) => {
            let message = "logStreamNames and logStreamNamePrefixes are mutually exclusive parameters.";
            return Err(errors::invalid_parameter_exception(message));
        }
    };
    if input.log_group_identifiers.len() != 1 {
        let message = "Log streams can be named only if there is a single log group.";
        return Err(errors::invalid_parameter_exception(message));
    }
    Ok(streams)
}

/// A group to watch, and how its events name it.
fn watched(state: &State, scope: Scope, identifier: &str) -> Result<(berth_model::LogGroupId, String), Refusal> {
    if !identifier.starts_with("arn:") {
        let message = format!("Invalid logGroupIdentifier: {identifier} is no ARN of a log group.");
        return Err(errors::invalid_parameter_exception(message));
    }
    let name: Name = scope.identified(identifier)?;
    let found = group::find(state, scope, &name)?;
    if found.class != LogGroupClass::Standard {
        let message = format!("Log group {name} is of the class INFREQUENT_ACCESS, which has no Live Tail.");
        return Err(errors::invalid_operation_exception(message));
    }
    Ok((found.id, format!("{}:{name}", scope.account)))
}

impl Session {
    async fn event(&mut self) -> Option<Event> {
        if let Some(start) = self.start.take() {
            return Some(Event::new("sessionStart", api::LiveTailSessionStart::PLACE, start));
        }
        if self.is_over {
            return None;
        }
        self.looks.tick().await;
        if Instant::now() >= self.ends {
            self.is_over = true;
            return Some(Event::exception("SessionTimeoutException", "Session timed out."));
        }
        let seen = self.tail.look();
        let update = api::LiveTailSessionUpdate {
            session_metadata: Some(api::LiveTailSessionMetadata { sampled: Some(seen.is_sampled) }),
            session_results: Some(seen.events),
        };
        Some(Event::new("sessionUpdate", api::LiveTailSessionUpdate::PLACE, update))
    }
}

impl EventSource for Session {
    fn next(&mut self) -> NextEvent<'_> {
        Box::pin(self.event())
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.tails.close(&self.tail);
    }
}

#[cfg(test)]
mod tests;
