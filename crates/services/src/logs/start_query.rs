//! `StartQuery`: a query of Logs Insights, worked on beside everything else.

use berth_api::logs::{self as api, errors};
use berth_api::{Call, Refusal, Target};
use berth_model::{AttachmentId, Name, Timestamp};
use berth_plan::IdSource as _;
use berth_store::State;
use berth_telemetry::insights::{Malformed, Query};
use berth_telemetry::logs::{Position, Range};

use super::queries::{Asked, Searched};
use super::scope::Scope;
use super::{LogsService, group};
use crate::ids::RandomIds;

/// Groups of a query, at most.
const MOST_GROUPS: usize = 50;
/// Smaller numbers are seconds, larger ones milliseconds: as seconds, this is the year 5138.
const FIRST_MILLIS: i64 = 100_000_000_000;

pub(super) fn access(logs: &LogsService, call: &Call, input: &api::StartQueryRequest) -> Vec<Target> {
    let Ok(scope) = Scope::of(call) else { return Target::any() };
    let Ok(names) = names(scope, input) else { return Target::any() };
    let view = logs.store.view();
    names.into_iter().flat_map(|name| group::target(&view, scope, Ok(name), "")).collect()
}

pub(super) fn run(logs: &LogsService, call: &Call, input: api::StartQueryRequest) -> Result<api::StartQueryResponse, Refusal> {
    let scope = Scope::of(call)?;
    if input.query_language.as_ref().is_some_and(|language| *language != api::QueryLanguage::Cwli) {
        return Err(errors::invalid_parameter_exception("The query language is not supported here: use CWLI."));
    }
    let names = names(scope, &input)?;
    let (from, to) = times(input.start_time, input.end_time)?;
    let query: Query = input.query_string.parse().map_err(malformed)?;
    let searched: Result<Vec<Searched>, Refusal> = {
        let view = logs.store.view();
        names.into_iter().map(|name| searched(&view, scope, name, from, to)).collect()
    };
    let id = AttachmentId::from_bytes(RandomIds::new(&api::SERVICE)?.next()).to_string();
    let asked = Asked {
        id: id.clone(),
        region: scope.region,
        text: input.query_string,
        groups: searched?,
        at: scope.now,
        caller: call.caller.arn.clone(),
    };
    let most = input.limit.and_then(|limit| usize::try_from(limit).ok());
    logs.queries.start(asked, query, most, logs.logs.clone())?;
    Ok(api::StartQueryResponse { query_id: Some(id) })
}

/// The groups that are searched, each once.
fn names(scope: Scope, input: &api::StartQueryRequest) -> Result<Vec<Name>, Refusal> {
    let given = (&input.log_group_name, &input.log_group_names, &input.log_group_identifiers);
    let mut names: Vec<Name> = match given {
        (Some(name), None, None) => vec![Name::new(name)],
        (None, Some(names), None) => names.iter().map(|name| Name::new(name)).collect(),
        (None, None, Some(identifiers)) => {
            identifiers.iter().map(|identifier| scope.identified(identifier)).collect::<Result<_, _>>()?
        }
        _ => {
            let message = "Exactly one of logGroupName, logGroupNames or logGroupIdentifiers must be specified.";
            return Err(errors::invalid_parameter_exception(message));
        }
    };
    names.sort();
    names.dedup();
    if names.is_empty() || names.len() > MOST_GROUPS {
        let message = format!("A query searches between 1 and {MOST_GROUPS} log groups, not {}.", names.len());
        return Err(errors::invalid_parameter_exception(message));
    }
    Ok(names)
}

/// The first moment that is searched, and the first that is not any more: the end time is part of it, as a second if it is in seconds.
fn times(start: i64, end: i64) -> Result<(Timestamp, Timestamp), Refusal> {
    if start > end {
        return Err(errors::invalid_parameter_exception("Query start time must not be after its end time."));
    }
    let millis = |time: i64| if time < FIRST_MILLIS { (time.saturating_mul(1000), 1000) } else { (time, 1) };
    let ((from, _), (to, unit)) = (millis(start), millis(end));
    Ok((Timestamp::from_millis(from), Timestamp::from_millis(to.saturating_add(unit))))
}

fn searched(state: &State, scope: Scope, name: Name, from: Timestamp, to: Timestamp) -> Result<Searched, Refusal> {
    let found = group::find(state, scope, &name)?;
    let kept = group::kept_since(found, scope.now).unwrap_or(Timestamp::EPOCH);
    if to <= found.created_at.max(kept) {
        let message = "Query's end date and time is either before the log groups creation time or exceeds the log groups log \
                       retention settings";
        return Err(errors::malformed_query_exception(message));
    }
    let range = Range { from: Position::at(from.max(kept)), to: Position::at(to) };
    Ok(Searched { id: found.id, log: format!("{}:{name}", scope.account).into(), name, range })
}

/// The error that says where a text is no query.
fn malformed(error: Malformed) -> Refusal {
    let offset = |characters: usize| i32::try_from(characters).ok();
    let location = api::QueryCompileErrorLocation { start_char_offset: offset(error.start), end_char_offset: offset(error.end) };
    let detail = api::QueryCompileError { location: Some(location), message: Some(error.message.clone()) };
    errors::malformed_query_exception_with(error.message, api::MalformedQueryException { query_compile_error: Some(detail) })
}
