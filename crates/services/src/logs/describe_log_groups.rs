//! `DescribeLogGroups`: by name, a page at a time; all, those of a prefix, of a part of the name, of a class, or named ones.

use std::collections::BTreeSet;
use std::ops::Bound;

use berth_api::logs::{self as api, errors};
use berth_api::{Call, Refusal, Target};
use berth_model::{LogGroup, LogGroupClass, Name};
use berth_store::{LogGroupIndex, LogGroupKey, State};

use super::failure::invalid_token;
use super::scope::Scope;
use super::{LogsService, group};
use crate::page::Pages;

/// Groups of one page, at most and if nothing is said.
const MOST: usize = 50;

pub(super) fn access(call: &Call, _: &api::DescribeLogGroupsRequest) -> Vec<Target> {
    // What AWS checks for a call that may be about any group.
    Scope::of(call).map_or_else(|_| Target::any(), |scope| vec![Target::new(scope.stream_arn("", ""))])
}

pub(super) fn run(
    logs: &LogsService,
    call: &Call,
    input: &api::DescribeLogGroupsRequest,
) -> Result<api::DescribeLogGroupsResponse, Refusal> {
    let scope = Scope::of(call)?;
    check(input)?;
    let (prefix, pattern) = (input.log_group_name_prefix.as_deref(), input.log_group_name_pattern.as_deref());
    let class = input.log_group_class.as_ref();
    let named = input.log_group_identifiers.as_ref().map(|identifiers| identifiers.join(","));
    let filters = [prefix, pattern, class.map(berth_wire::EnumShape::as_str), named.as_deref()];
    let pages = Pages::of(call, "DescribeLogGroups", &filters);
    let after = pages.after(input.next_token.as_deref()).map_err(|_| invalid_token())?;
    let size = input.limit.and_then(|limit| usize::try_from(limit).ok()).unwrap_or(MOST);
    let view = logs.store.view();
    if !is_own(call, input) {
        return Ok(api::DescribeLogGroupsResponse { log_groups: Some(Vec::new()), next_token: None });
    }
    let identified = identified(scope, input)?;
    let listed: Box<dyn Iterator<Item = &LogGroup>> = match &identified {
        Some(names) => Box::new(named_groups(&view, scope, names, after)),
        None => Box::new(all_groups(&view, scope, class, prefix.unwrap_or_default(), after)),
    };
    let listed = listed.filter(|group| pattern.is_none_or(|pattern| group.name.contains(pattern)));
    let (groups, next_token) = pages.cut(listed, size, |last| last.name.to_string());
    let describe = |group: &LogGroup| match pattern {
        Some(_) => group::summary(scope, group),
        None => group::describe(&view, scope, group, logs.logs.bytes_of_group(group.id)),
    };
    Ok(api::DescribeLogGroupsResponse { log_groups: Some(groups.into_iter().map(describe).collect()), next_token })
}

fn check(input: &api::DescribeLogGroupsRequest) -> Result<(), Refusal> {
    if input.log_group_name_prefix.is_some() && input.log_group_name_pattern.is_some() {
        let message = "LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters.";
        return Err(errors::invalid_parameter_exception(message));
    }
    let others =
        input.log_group_name_prefix.is_some() || input.log_group_name_pattern.is_some() || input.log_group_class.is_some();
    if input.log_group_identifiers.is_some() && others {
        let message = "LogGroup identifiers and other filters are mutually exclusive parameters.";
        return Err(errors::invalid_parameter_exception(message));
    }
    Ok(())
}

/// Whether this account is among those asked for: it is linked to no other.
fn is_own(call: &Call, input: &api::DescribeLogGroupsRequest) -> bool {
    let accounts = input.account_identifiers.as_deref().filter(|_| input.include_linked_accounts == Some(true));
    accounts.is_none_or(|accounts| accounts.is_empty() || accounts.iter().any(|account| **account == *call.account))
}

fn identified(scope: Scope, input: &api::DescribeLogGroupsRequest) -> Result<Option<BTreeSet<Name>>, Refusal> {
    let identifiers = input.log_group_identifiers.as_ref();
    identifiers.map(|identifiers| identifiers.iter().map(|identifier| scope.identified(identifier)).collect()).transpose()
}

fn named_groups<'a>(
    state: &'a State,
    scope: Scope,
    names: &'a BTreeSet<Name>,
    after: Option<String>,
) -> impl Iterator<Item = &'a LogGroup> {
    let names = names.iter().filter(move |name| after.as_deref().is_none_or(|after| name.as_str() > after));
    names.filter_map(move |name| group::find(state, scope, name).ok()).map(|group| &**group)
}

fn all_groups<'a>(
    state: &'a State,
    scope: Scope,
    class: Option<&api::LogGroupClass>,
    prefix: &'a str,
    after: Option<String>,
) -> impl Iterator<Item = &'a LogGroup> {
    let key = |name: &str| LogGroupKey { region: scope.region, name: Name::new(name) };
    let from = after.map_or_else(|| Bound::Included(key(prefix)), |after| Bound::Excluded(key(&after)));
    let index = match class {
        Some(api::LogGroupClass::InfrequentAccess) => Some(LogGroupIndex::Class(scope.region, LogGroupClass::InfrequentAccess)),
        Some(api::LogGroupClass::Standard) => Some(LogGroupIndex::Class(scope.region, LogGroupClass::Standard)),
        // There are none of this class.
        Some(api::LogGroupClass::Delivery | api::LogGroupClass::Unlisted(_)) => None,
        None => Some(LogGroupIndex::Region(scope.region)),
    };
    let listed = index.into_iter().flat_map(move |index| state.with::<LogGroup>(&index, (from.clone(), Bound::Unbounded)));
    listed.map(|group| &**group).take_while(move |group| group.name.starts_with(prefix))
}
