//! `GetLogGroupFields`: which fields the newest events of a group have, and how many of them have each.

use std::collections::HashMap;
use std::ops::ControlFlow;
use std::time::Duration;

use berth_api::logs as api;
use berth_api::{Call, Refusal, Target};
use berth_model::Timestamp;
use berth_telemetry::insights::discovered;
use berth_telemetry::logs::{Position, Range};

use super::scope::Scope;
use super::{LogsService, group};

/// Events that are looked at.
const SAMPLE: u64 = 10_000;
/// Fields that are counted, at most.
const MOST_FIELDS: usize = 1000;
/// Without a time, the last 15 minutes are looked at; with one, 8 minutes before and after it.
const LAST: Duration = Duration::from_secs(15 * 60);
const AROUND: Duration = Duration::from_secs(8 * 60);
/// What every event has.
const ALWAYS: [&str; 5] = ["@ingestionTime", "@log", "@logStream", "@message", "@timestamp"];

pub(super) fn access(logs: &LogsService, call: &Call, input: &api::GetLogGroupFieldsRequest) -> Vec<Target> {
    let Ok(scope) = Scope::of(call) else { return Target::any() };
    let name = scope.group(input.log_group_name.as_deref(), input.log_group_identifier.as_deref());
    group::target(&logs.store.view(), scope, name, "")
}

pub(super) async fn run(
    logs: &LogsService,
    call: &Call,
    input: api::GetLogGroupFieldsRequest,
) -> Result<api::GetLogGroupFieldsResponse, Refusal> {
    let scope = Scope::of(call)?;
    let name = scope.group(input.log_group_name.as_deref(), input.log_group_identifier.as_deref())?;
    let (id, kept_since) = {
        let view = logs.store.view();
        let found = group::find(&view, scope, &name)?;
        (found.id, group::kept_since(found, scope.now))
    };
    let (from, to) = match input.time {
        None => (scope.now - LAST, None),
        Some(seconds) => {
            let at = Timestamp::from_millis(seconds.saturating_mul(1000));
            (at - AROUND, Some(at + AROUND))
        }
    };
    let from = Position::at(kept_since.map_or(from, |since| since.max(from)));
    let range = Range { from, to: to.map_or(Position::END, Position::at) };
    let (events, counts) = logs
        .read(move |logs| {
            let (mut events, mut counts) = (0_u64, HashMap::<String, u64>::new());
            logs.scan(&[(id, range)], &mut |passed| {
                events += 1;
                for (field, _) in discovered(passed.message) {
                    if counts.len() < MOST_FIELDS || counts.contains_key(&field) {
                        *counts.entry(field).or_default() += 1;
                    }
                }
                if events < SAMPLE { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
            })?;
            Ok((events, counts))
        })
        .await?;
    let always = ALWAYS.iter().filter(|_| events > 0).map(|field| ((*field).to_owned(), events));
    let mut fields: Vec<(String, u64)> = always.chain(counts).collect();
    fields.sort_by(|(one, some), (other, others)| others.cmp(some).then_with(|| one.cmp(other)));
    let percent = |count: u64| i32::try_from(count * 100 / events.max(1)).ok();
    let fields = fields.into_iter().map(|(name, count)| api::LogGroupField { name: Some(name), percent: percent(count) });
    Ok(api::GetLogGroupFieldsResponse { log_group_fields: Some(fields.collect()) })
}
