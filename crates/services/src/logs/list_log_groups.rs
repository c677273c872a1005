//! `ListLogGroups`: by name, a page at a time; those whose names fit a pattern, of a class, with tags.

use berth_api::logs as api;
use berth_api::{Call, Refusal, Target};
use berth_model::{LogGroup, Name, Tags};
use berth_store::{LogGroupIndex, LogGroupKey};
use std::ops::Bound;

use super::failure::invalid_token;
use super::scope::Scope;
use super::{LogsService, group};
use crate::page::Pages;

/// Groups of one page, if nothing is said.
const USUAL: usize = 50;

pub(super) fn access(call: &Call, _: &api::ListLogGroupsRequest) -> Vec<Target> {
    Scope::of(call).map_or_else(|_| Target::any(), |scope| vec![Target::new(scope.stream_arn("", ""))])
}

pub(super) fn run(
    logs: &LogsService,
    call: &Call,
    input: &api::ListLogGroupsRequest,
) -> Result<api::ListLogGroupsResponse, Refusal> {
    let scope = Scope::of(call)?;
    let filters = format!("{:?}", api::ListLogGroupsRequest { next_token: None, limit: None, ..input.clone() });
    let pages = Pages::of(call, "ListLogGroups", &[Some(&filters)]);
    let after = pages.after(input.next_token.as_deref()).map_err(|_| invalid_token())?;
    let size = input.limit.and_then(|limit| usize::try_from(limit).ok()).unwrap_or(USUAL);
    let view = logs.store.view();
    let key = |name: &str| LogGroupKey { region: scope.region, name: Name::new(name) };
    let from = after.map_or(Bound::Unbounded, |after| Bound::Excluded(key(&after)));
    let listed = view.with::<LogGroup>(&LogGroupIndex::Region(scope.region), (from, Bound::Unbounded));
    let listed = listed.map(|group| &**group).filter(|group| is_wanted(call, input, group));
    let (groups, next_token) = pages.cut(listed, size, |last| last.name.to_string());
    let summary = |group: &LogGroup| api::LogGroupSummary {
        log_group_name: Some(group.name.to_string()),
        log_group_arn: Some(scope.group_arn(&group.name)),
        log_group_class: Some(group::class(group.class)),
    };
    Ok(api::ListLogGroupsResponse { log_groups: Some(groups.into_iter().map(summary).collect()), next_token })
}

fn is_wanted(call: &Call, input: &api::ListLogGroupsRequest, group: &LogGroup) -> bool {
    let accounts = input.account_identifiers.as_deref().filter(|_| input.include_linked_accounts == Some(true));
    // No group has data sources or field indexes.
    input.data_sources.is_none()
        && input.field_index_names.is_none()
        && accounts.is_none_or(|accounts| accounts.is_empty() || accounts.iter().any(|account| **account == *call.account))
        && input.log_group_class.as_ref().is_none_or(|class| *class == group::class(group.class))
        && input.log_group_name_pattern.as_deref().is_none_or(|pattern| fits(pattern, &group.name))
        && input.log_group_tags.iter().flatten().all(|filter| has_tag(filter, &group.tags))
}

/// A pattern is up to five parts of names; one after `^` is the beginning of a name.
fn fits(pattern: &str, name: &str) -> bool {
    pattern.split('|').any(|part| match part.strip_prefix('^') {
        Some(start) => name.starts_with(start),
        None => name.contains(part),
    })
}

/// Without values, any will do; `!` before one excludes it, and asterisks at its ends stand for anything.
fn has_tag(filter: &api::TagFilter, tags: &Tags) -> bool {
    let Some(value) = tags.get(&filter.key) else { return false };
    let (excluded, wanted): (Vec<&str>, Vec<&str>) =
        filter.values.iter().flatten().map(String::as_str).partition(|wanted| wanted.starts_with('!'));
    let is = |wanted: &&str| {
        let wanted = wanted.strip_prefix('!').unwrap_or(wanted);
        match (wanted.strip_prefix('*'), wanted.strip_suffix('*')) {
            (Some(end), None) => value.ends_with(end),
            (None, Some(start)) => value.starts_with(start),
            (Some(_), Some(_)) => value.contains(wanted.trim_matches('*')),
            (None, None) => value == wanted,
        }
    };
    !excluded.iter().any(is) && (wanted.is_empty() || wanted.iter().any(is))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_fit_by_part_or_beginning() {
        for (pattern, name, expected) in
            [("web", "/ecs/web", true), ("^web", "/ecs/web", false), ("^/ecs|db", "/ecs/web", true), ("^/ecs|db", "a/db", true)]
        {
            assert_eq!(fits(pattern, name), expected, "{pattern} {name}");
        }
    }

    #[test]
    fn tags_are_wanted_by_value() {
        let tags: Tags = [("team", "blue-1")].into_iter().collect();
        let has = |values: &[&str]| {
            let values = Some(values.iter().map(|value| (*value).to_owned()).collect());
            has_tag(&api::TagFilter { key: "team".into(), values }, &tags)
        };
        assert!(has(&[]) && has(&["blue-1"]) && has(&["blue*"]) && has(&["*1"]) && has(&["*e-*"]) && has(&["!red"]));
        assert!(!has(&["blue"]) && !has(&["!blue*"]) && !has(&["red", "green"]));
        assert!(!has_tag(&api::TagFilter { key: "stage".into(), values: None }, &tags));
    }
}
