//! `DescribeResourcePolicies`: the account's by name, or a log group's.

use std::ops::Bound;

use berth_api::logs as api;
use berth_api::{Call, Refusal, Target};
use berth_model::{LogResourcePolicy, Name};
use berth_store::{LogResourcePolicyKey, Shared};

use super::LogsService;
use super::failure::{damaged, invalid_token};
use super::put_resource_policy::key;
use super::scope::Scope;
use crate::document;
use crate::page::Pages;

/// Policies of one page, at most and if nothing is said.
const MOST: usize = 50;

pub(super) fn access(_: &api::DescribeResourcePoliciesRequest) -> Vec<Target> {
    Target::any()
}

pub(super) fn run(
    logs: &LogsService,
    call: &Call,
    input: &api::DescribeResourcePoliciesRequest,
) -> Result<api::DescribeResourcePoliciesResponse, Refusal> {
    let scope = Scope::of(call)?;
    let by_resource = matches!(input.policy_scope, Some(api::PolicyScope::Resource)) || input.resource_arn.is_some();
    let wanted = match &input.resource_arn {
        Some(arn) => Some(key(scope, None, Some(arn))?.resource),
        None => None,
    };
    let filter = format!("{by_resource} {wanted:?}");
    let pages = Pages::of(call, "DescribeResourcePolicies", &[Some(&filter)]);
    let after = pages.after(input.next_token.as_deref()).map_err(|_| invalid_token())?;
    let after = after.map(|after| place(scope, &after).ok_or_else(invalid_token)).transpose()?;
    let size = input.limit.and_then(|limit| usize::try_from(limit).ok()).unwrap_or(MOST);
    let view = logs.store.view();
    let first = LogResourcePolicyKey { region: scope.region, resource: Name::new(""), name: Name::new("") };
    let from = after.map_or(Bound::Included(first), Bound::Excluded);
    let listed = view
        .range::<LogResourcePolicy>((from, Bound::Unbounded))
        .take_while(|policy| policy.region == scope.region)
        .filter(|policy| policy.resource.is_empty() != by_resource)
        .filter(|policy| wanted.as_ref().is_none_or(|wanted| policy.resource == *wanted));
    let (policies, next_token) = pages.cut(listed, size, |last| format!("{} {}", last.resource, last.name));
    let read = |policy: &Shared<LogResourcePolicy>| document::read(api::ResourcePolicy::PLACE, &policy.document).map_err(damaged);
    let policies: Result<Vec<api::ResourcePolicy>, Refusal> = policies.into_iter().map(read).collect();
    Ok(api::DescribeResourcePoliciesResponse { resource_policies: Some(policies?), next_token })
}

fn place(scope: Scope, text: &str) -> Option<LogResourcePolicyKey> {
    let (resource, name) = text.split_once(' ')?;
    Some(LogResourcePolicyKey { region: scope.region, resource: Name::new(resource), name: Name::new(name) })
}
