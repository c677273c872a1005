//! `ListLogGroupsForQuery`: the groups that a query searches.

use berth_api::logs as api;
use berth_api::{Call, Refusal};

use super::LogsService;
use super::failure::invalid_token;
use super::scope::Scope;
use crate::page::Pages;

/// Groups of one page, at most and if nothing is said.
const MOST: usize = 500;

pub(super) fn run(
    logs: &LogsService,
    call: &Call,
    input: &api::ListLogGroupsForQueryRequest,
) -> Result<api::ListLogGroupsForQueryResponse, Refusal> {
    let scope = Scope::of(call)?;
    let known = logs.queries.find(scope.region, &input.query_id)?;
    let pages = Pages::of(call, "ListLogGroupsForQuery", &[Some(&input.query_id)]);
    let after = pages.after(input.next_token.as_deref()).map_err(|_| invalid_token())?;
    let size = input.max_results.and_then(|size| usize::try_from(size).ok()).unwrap_or(MOST);
    let names = known.asked.groups.iter().map(|group| group.name.to_string());
    let names = names.filter(|name| after.as_ref().is_none_or(|after| name > after));
    let (names, next_token) = pages.cut(names, size, String::clone);
    let identifiers = names.iter().map(|name| scope.group_arn(name)).collect();
    Ok(api::ListLogGroupsForQueryResponse { log_group_identifiers: Some(identifiers), next_token })
}
