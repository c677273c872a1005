//! `UntagResource`.

use berth_api::logs as api;
use berth_api::{Call, Refusal, Target};

use super::scope::Scope;
use super::{LogsService, tagging};

pub(super) fn access(logs: &LogsService, call: &Call, input: &api::UntagResourceRequest) -> Vec<Target> {
    let Ok(scope) = Scope::of(call) else { return Target::any() };
    tagging::target(&logs.store.view(), scope, tagging::group_of(scope, &input.resource_arn))
}

pub(super) async fn run(logs: &LogsService, call: &Call, input: api::UntagResourceRequest) -> Result<api::Unit, Refusal> {
    let scope = Scope::of(call)?;
    let name = tagging::group_of(scope, &input.resource_arn)?;
    tagging::unset(logs, scope, &name, &input.tag_keys).await
}
