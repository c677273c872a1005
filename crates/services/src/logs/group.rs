//! Log groups between their record and their AWS shape.

use berth_api::logs::{self as api, errors};
use berth_api::{Refusal, Target};
use berth_model::{LogGroup, LogGroupClass, LogGroupId, MetricFilter, Name, Timestamp};
use berth_store::{LogGroupKey, MetricFilterIndex, Shared, State};

use super::LogsService;
use super::failure::no_group;
use super::scope::Scope;

/// How long a day is.
const DAY: std::time::Duration = std::time::Duration::from_secs(86_400);

/// The group of a name.
pub(super) fn find<'a>(state: &'a State, scope: Scope, name: &Name) -> Result<&'a Shared<LogGroup>, Refusal> {
    state.get::<LogGroup>(&LogGroupKey { region: scope.region, name: name.clone() }).ok_or_else(no_group)
}

/// The id of a group, if it or a stream of it (`what`) may be deleted.
pub(super) fn deletable(state: &State, scope: Scope, name: &Name, what: &str) -> Result<LogGroupId, Refusal> {
    let group = find(state, scope, name)?;
    if group.deletion_protection {
        let message = format!("Cannot delete log {what} with deletion protection enabled. Disable deletion protection first.");
        return Err(errors::validation_exception(message));
    }
    Ok(group.id)
}

/// Changes the group of a name.
pub(super) async fn change(
    logs: &LogsService,
    scope: Scope,
    name: &Name,
    change: impl FnOnce(&mut LogGroup) -> Result<(), Refusal>,
) -> Result<api::Unit, Refusal> {
    logs.update(|tx| {
        let mut group = LogGroup::clone(find(tx, scope, name)?);
        change(&mut group)?;
        tx.put(group);
        Ok(api::Unit {})
    })
    .await
}

/// A class as AWS names it.
pub(super) const fn class(class: LogGroupClass) -> api::LogGroupClass {
    match class {
        LogGroupClass::Standard => api::LogGroupClass::Standard,
        LogGroupClass::InfrequentAccess => api::LogGroupClass::InfrequentAccess,
    }
}

/// A stream of a group as policies see it, or with an empty name the group.
pub(super) fn target(state: &State, scope: Scope, group: Result<Name, Refusal>, stream: &str) -> Vec<Target> {
    let Ok(group) = group else { return Target::any() };
    let tags = find(state, scope, &group).map(|found| found.tags.clone()).unwrap_or_default();
    let tags = tags.iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect();
    vec![Target { tags, ..Target::new(scope.stream_arn(&group, stream)) }]
}

/// Since when a group keeps its events: older ones have expired.
pub(super) fn kept_since(group: &LogGroup, now: Timestamp) -> Option<Timestamp> {
    group.retention_in_days.map(|days| now - DAY * days)
}

/// The group as AWS describes it.
pub(super) fn describe(state: &State, scope: Scope, group: &LogGroup, bytes: u64) -> api::LogGroup {
    let filters = state.count::<MetricFilter>(&MetricFilterIndex::Group(group.region, group.name.clone()));
    api::LogGroup {
        retention_in_days: group.retention_in_days.map(|days| i32::try_from(days).unwrap_or(i32::MAX)),
        metric_filter_count: i32::try_from(filters).ok(),
        stored_bytes: Some(i64::try_from(bytes).unwrap_or(i64::MAX)),
        log_group_class: Some(class(group.class)),
        log_group_arn: Some(scope.group_arn(&group.name)),
        deletion_protection_enabled: Some(group.deletion_protection),
        ..summary(scope, group)
    }
}

/// What a search by part of the name shows of a group.
pub(super) fn summary(scope: Scope, group: &LogGroup) -> api::LogGroup {
    api::LogGroup {
        log_group_name: Some(group.name.to_string()),
        creation_time: Some(group.created_at.as_millis()),
        arn: Some(format!("{}:*", scope.group_arn(&group.name))),
        ..api::LogGroup::default()
    }
}
