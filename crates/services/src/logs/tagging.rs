//! Tags of log groups, for the operations of both generations.

use std::collections::BTreeMap;

use berth_api::logs::{self as api, errors};
use berth_api::{Refusal, Target};
use berth_model::{Name, Tags};
use berth_store::State;

use super::scope::Scope;
use super::{LogsService, group};
use crate::tags::{TagError, checked};

/// The log group that an ARN names.
pub(super) fn group_of(scope: Scope, arn: &str) -> Result<Name, Refusal> {
    if !arn.starts_with("arn:") {
        return Err(errors::invalid_parameter_exception(format!("Invalid resource ARN: {arn}")));
    }
    scope.identified(arn)
}

/// What policies see of a call that sets tags on a group.
pub(super) fn target(state: &State, scope: Scope, name: Result<Name, Refusal>) -> Vec<Target> {
    group::target(state, scope, name, "")
}

/// Sets tags. `refuse` says that they are not good.
pub(super) async fn set(
    logs: &LogsService,
    scope: Scope,
    name: &Name,
    tags: &BTreeMap<String, String>,
    refuse: impl Fn(TagError) -> Refusal,
) -> Result<api::Unit, Refusal> {
    let given = || tags.iter().map(|(key, value)| (key.as_str(), value.as_str()));
    checked(given()).map_err(&refuse)?;
    group::change(logs, scope, name, |group| {
        let all = group.tags.with(given());
        if all.len() > crate::tags::MOST {
            return Err(refuse(TagError::TooMany));
        }
        group.tags = all;
        Ok(())
    })
    .await
}

/// Takes tags away; those that are not there are no matter.
pub(super) async fn unset(logs: &LogsService, scope: Scope, name: &Name, keys: &[String]) -> Result<api::Unit, Refusal> {
    let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
    group::change(logs, scope, name, |group| {
        group.tags = group.tags.without(&keys);
        Ok(())
    })
    .await
}

/// Tags as AWS shows them.
pub(super) fn shown(tags: &Tags) -> BTreeMap<String, String> {
    tags.iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect()
}
