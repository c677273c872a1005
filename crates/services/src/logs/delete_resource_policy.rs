//! `DeleteResourcePolicy`.

use berth_api::logs::{self as api, errors};
use berth_api::{Call, Refusal, Target};
use berth_model::LogResourcePolicy;

use super::LogsService;
use super::put_resource_policy::{check_revision, key};
use super::scope::Scope;

pub(super) fn access(_: &api::DeleteResourcePolicyRequest) -> Vec<Target> {
    Target::any()
}

pub(super) async fn run(logs: &LogsService, call: &Call, input: api::DeleteResourcePolicyRequest) -> Result<api::Unit, Refusal> {
    let scope = Scope::of(call)?;
    let key = key(scope, input.policy_name.as_deref(), input.resource_arn.as_deref())?;
    logs.update(|tx| {
        check_revision(tx.get::<LogResourcePolicy>(&key), input.expected_revision_id.as_deref())?;
        let named = if key.name.is_empty() { &key.resource } else { &key.name };
        let missing = || errors::resource_not_found_exception(format!("Policy with name [{named}] does not exist."));
        tx.delete::<LogResourcePolicy>(&key).map(|_| api::Unit {}).ok_or_else(missing)
    })
    .await
}
