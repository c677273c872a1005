//! `ListTagsForResource`.

use berth_api::logs as api;
use berth_api::{Call, Refusal, Target};

use super::scope::Scope;
use super::{LogsService, group, tagging};

pub(super) fn access(logs: &LogsService, call: &Call, input: &api::ListTagsForResourceRequest) -> Vec<Target> {
    let Ok(scope) = Scope::of(call) else { return Target::any() };
    tagging::target(&logs.store.view(), scope, tagging::group_of(scope, &input.resource_arn))
}

pub(super) fn run(
    logs: &LogsService,
    call: &Call,
    input: &api::ListTagsForResourceRequest,
) -> Result<api::ListTagsForResourceResponse, Refusal> {
    let scope = Scope::of(call)?;
    let name = tagging::group_of(scope, &input.resource_arn)?;
    let view = logs.store.view();
    let tags = tagging::shown(&group::find(&view, scope, &name)?.tags);
    Ok(api::ListTagsForResourceResponse { tags: Some(tags) })
}
