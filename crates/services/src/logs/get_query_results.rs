//! `GetQueryResults`: how far a query is, and its rows once it is complete.

use berth_api::logs as api;
use berth_api::{Call, Refusal};
use berth_telemetry::insights::ResultRow;

use super::LogsService;
use super::failure::invalid_token;
use super::queries::{Known, Phase, Progress};
use super::scope::Scope;
use super::token::Pointer;
use crate::page::Pages;

/// Rows of one answer, at most and if nothing is said.
const MOST_ROWS: usize = 10_000;
/// Bytes of one answer, about.
const MOST_BYTES: usize = 32 << 20;

pub(super) fn run(
    logs: &LogsService,
    call: &Call,
    input: &api::GetQueryResultsRequest,
) -> Result<api::GetQueryResultsResponse, Refusal> {
    let scope = Scope::of(call)?;
    let known = logs.queries.find(scope.region, &input.query_id)?;
    let progress = known.progress();
    let pages = Pages::of(call, "GetQueryResults", &[Some(&input.query_id)]);
    let from = match pages.after(input.next_token.as_deref()).map_err(|_| invalid_token())? {
        Some(from) => from.parse().map_err(|_| invalid_token())?,
        None => 0,
    };
    let size = input.max_items.and_then(|size| usize::try_from(size).ok()).filter(|size| *size > 0).unwrap_or(MOST_ROWS);
    let mut bytes = 0;
    let rows = progress.rows.iter().skip(from).take(size).take_while(|row| {
        let before = bytes;
        bytes += row.values.iter().map(|(name, value)| name.len() + value.len()).sum::<usize>();
        before == 0 || bytes <= MOST_BYTES
    });
    let results: Vec<Vec<api::ResultField>> = rows.map(|row| describe(&known, row)).collect();
    let next = from + results.len();
    Ok(api::GetQueryResultsResponse {
        query_language: Some(api::QueryLanguage::Cwli),
        next_token: (next < progress.rows.len()).then(|| pages.token(&next.to_string())),
        results: Some(results),
        statistics: Some(statistics(&known, &progress)),
        status: Some(status(progress.phase)),
        encryption_key: None,
    })
}

fn describe(known: &Known, row: &ResultRow) -> Vec<api::ResultField> {
    let field = |name: &str, value: String| api::ResultField { field: Some(name.to_owned()), value: Some(value) };
    let pointer = row.event.and_then(|(group, position)| {
        let group = known.asked.groups.get(group)?.id;
        Some(field("@ptr", Pointer { group, position }.token()))
    });
    row.values.iter().map(|(name, value)| field(name, value.clone())).chain(pointer).collect()
}

#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
fn statistics(known: &Known, progress: &Progress) -> api::QueryStatistics {
    let seen = progress.statistics;
    api::QueryStatistics {
        records_matched: Some(seen.matched as f64),
        records_scanned: Some(seen.scanned as f64),
        bytes_scanned: Some(seen.bytes as f64),
        estimated_records_skipped: Some(0.0),
        estimated_bytes_skipped: Some(0.0),
        log_groups_scanned: Some(known.asked.groups.len() as f64),
    }
}

/// A phase as AWS names it.
pub(super) const fn status(phase: Phase) -> api::QueryStatus {
    match phase {
        Phase::Scheduled => api::QueryStatus::Scheduled,
        Phase::Running => api::QueryStatus::Running,
        Phase::Complete => api::QueryStatus::Complete,
        Phase::Failed => api::QueryStatus::Failed,
        Phase::Cancelled => api::QueryStatus::Cancelled,
        Phase::Timeout => api::QueryStatus::Timeout,
    }
}
