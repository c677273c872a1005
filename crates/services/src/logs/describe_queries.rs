//! `DescribeQueries`: the queries that are known, the newest first.

use berth_api::logs as api;
use berth_api::{Call, Refusal};
use berth_model::Name;
use berth_wire::EnumShape as _;

use super::failure::invalid_token;
use super::get_query_results::status;
use super::queries::Known;
use super::scope::Scope;
use super::{LogsService, group};
use crate::page::Pages;

/// Queries of one page, at most and if nothing is said.
const MOST: usize = 1000;

pub(super) fn run(
    logs: &LogsService,
    call: &Call,
    input: &api::DescribeQueriesRequest,
) -> Result<api::DescribeQueriesResponse, Refusal> {
    let scope = Scope::of(call)?;
    let group = input.log_group_name.as_deref();
    let (wanted, language) = (input.status.as_ref(), input.query_language.as_ref());
    let filters = [group, wanted.map(|wanted| wanted.as_str()), language.map(|language| language.as_str())];
    if let Some(name) = group {
        group::find(&logs.store.view(), scope, &Name::new(name))?;
    }
    let pages = Pages::of(call, "DescribeQueries", &filters);
    let after = pages.after(input.next_token.as_deref()).map_err(|_| invalid_token())?;
    let known = logs.queries.of(scope.region);
    let start = match &after {
        // Where the page before ended may have been forgotten since, and everything older with it.
        Some(after) => known.iter().position(|one| one.asked.id == *after).map_or(known.len(), |place| place + 1),
        None => 0,
    };
    let listed = known.into_iter().skip(start).filter(|one| {
        let has_group = group.is_none_or(|group| one.asked.groups.iter().any(|searched| *searched.name == *group));
        let has_status = wanted.is_none_or(|wanted| status(one.progress().phase) == *wanted);
        has_group && has_status && language.is_none_or(|language| *language == api::QueryLanguage::Cwli)
    });
    let size = input.max_results.and_then(|size| usize::try_from(size).ok()).unwrap_or(MOST);
    let (listed, next_token) = pages.cut(listed, size, |last| last.asked.id.clone());
    Ok(api::DescribeQueriesResponse { queries: Some(listed.iter().map(|one| describe(one)).collect()), next_token })
}

#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
fn describe(known: &Known) -> api::QueryInfo {
    let progress = known.progress();
    api::QueryInfo {
        query_language: Some(api::QueryLanguage::Cwli),
        query_id: Some(known.asked.id.clone()),
        query_string: Some(known.asked.text.clone()),
        status: Some(status(progress.phase)),
        create_time: Some(known.asked.at.as_millis()),
        log_group_name: known.asked.groups.first().map(|group| group.name.to_string()),
        query_duration: i64::try_from(progress.took.as_millis()).ok(),
        bytes_scanned: Some(progress.statistics.bytes as f64),
        user_identity: Some(known.asked.caller.clone()),
    }
}
