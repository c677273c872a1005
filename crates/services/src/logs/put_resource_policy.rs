//! `PutResourcePolicy`: kept. No other service writes logs here yet, so no policy lets anybody do more.

use berth_api::logs::{self as api, errors};
use berth_api::{Call, Refusal, Target};
use berth_model::{LogResourcePolicy, Name, Region};
use berth_plan::IdSource as _;
use berth_store::{LogResourcePolicyKey, Shared, State};

use super::failure::damaged;
use super::scope::Scope;
use super::{LogsService, group};
use crate::document;
use crate::ids::RandomIds;

/// Policies of an account in a region, at most.
const MOST: usize = 10;
/// Bytes of an account's policy, at most.
const MOST_BYTES: usize = 5120;

pub(super) fn access(_: &api::PutResourcePolicyRequest) -> Vec<Target> {
    Target::any()
}

pub(super) async fn run(
    logs: &LogsService,
    call: &Call,
    input: api::PutResourcePolicyRequest,
) -> Result<api::PutResourcePolicyResponse, Refusal> {
    let scope = Scope::of(call)?;
    let key = key(scope, input.policy_name.as_deref(), input.resource_arn.as_deref())?;
    let text = input.policy_document.unwrap_or_default();
    check(&text, input.resource_arn.is_some())?;
    let revision = berth_model::AttachmentId::from_bytes(RandomIds::new(&api::SERVICE)?.next()).to_string();
    let is_account = input.resource_arn.is_none();
    let group = input.resource_arn.as_deref().map(|arn| super::tagging::group_of(scope, arn)).transpose()?;
    let policy = api::ResourcePolicy {
        policy_name: input.policy_name,
        policy_document: Some(text),
        last_updated_time: Some(scope.now.as_millis()),
        policy_scope: Some(if is_account { api::PolicyScope::Account } else { api::PolicyScope::Resource }),
        resource_arn: input.resource_arn,
        revision_id: (!is_account).then(|| revision.clone()),
    };
    logs.update(|tx| {
        if let Some(group) = &group {
            group::find(tx, scope, group)?;
        }
        let old = tx.get::<LogResourcePolicy>(&key).cloned();
        check_revision(old.as_ref(), input.expected_revision_id.as_deref())?;
        if old.is_none() && is_account && of_account(tx, scope.region).count() >= MOST {
            return Err(errors::limit_exceeded_exception("Resource limit exceeded."));
        }
        let LogResourcePolicyKey { region, resource, name } = key;
        let document = document::write(api::ResourcePolicy::PLACE, &policy);
        tx.put(LogResourcePolicy { region, resource, name, document });
        Ok(api::PutResourcePolicyResponse { revision_id: policy.revision_id.clone(), resource_policy: Some(policy) })
    })
    .await
}

/// What a policy is kept under: its name, or the group that it is for.
pub(super) fn key(scope: Scope, name: Option<&str>, resource: Option<&str>) -> Result<LogResourcePolicyKey, Refusal> {
    let region = scope.region;
    match (name, resource) {
        (Some(name), None) if !name.is_empty() => {
            Ok(LogResourcePolicyKey { region, resource: Name::new(""), name: Name::new(name) })
        }
        (None, Some(resource)) => {
            let group = super::tagging::group_of(scope, resource)?;
            Ok(of_group(scope, &group))
        }
        _ => Err(errors::invalid_parameter_exception("Either policyName or resourceArn must be specified.")),
    }
}

/// What the policy of a group is kept under.
pub(super) fn of_group(scope: Scope, group: &Name) -> LogResourcePolicyKey {
    LogResourcePolicyKey { region: scope.region, resource: Name::new(&scope.group_arn(group)), name: Name::new("") }
}

/// The policies of the account.
pub(super) fn of_account(state: &State, region: Region) -> impl Iterator<Item = &Shared<LogResourcePolicy>> {
    let first = LogResourcePolicyKey { region, resource: Name::new(""), name: Name::new("") };
    state.range::<LogResourcePolicy>(first..).take_while(move |policy| policy.region == region && policy.resource.is_empty())
}

/// Whoever names a revision wants to change that one and no later one.
pub(super) fn check_revision(old: Option<&Shared<LogResourcePolicy>>, expected: Option<&str>) -> Result<(), Refusal> {
    let (Some(old), Some(expected)) = (old, expected) else { return Ok(()) };
    let policy: api::ResourcePolicy = document::read(api::ResourcePolicy::PLACE, &old.document).map_err(damaged)?;
    if policy.revision_id.as_deref() == Some(expected) {
        return Ok(());
    }
    Err(errors::operation_aborted_exception("The policy has been changed since: the expected revision is not the current one."))
}

fn check(text: &str, is_resource: bool) -> Result<(), Refusal> {
    let parsed: Option<serde_json::Value> = serde_json::from_str(text).ok();
    if parsed.is_none_or(|policy| policy.get("Statement").is_none()) {
        return Err(errors::invalid_parameter_exception("The policy document is not a valid JSON policy."));
    }
    if !is_resource && text.len() > MOST_BYTES {
        return Err(errors::invalid_parameter_exception(format!("A policy document has at most {MOST_BYTES} bytes.")));
    }
    Ok(())
}
