//! `ListTagsLogGroup`, of the first generation.

use berth_api::logs as api;
use berth_api::{Call, Refusal, Target};
use berth_model::Name;

use super::scope::Scope;
use super::{LogsService, group, tagging};

pub(super) fn access(logs: &LogsService, call: &Call, input: &api::ListTagsLogGroupRequest) -> Vec<Target> {
    let Ok(scope) = Scope::of(call) else { return Target::any() };
    tagging::target(&logs.store.view(), scope, Ok(Name::new(&input.log_group_name)))
}

pub(super) fn run(
    logs: &LogsService,
    call: &Call,
    input: &api::ListTagsLogGroupRequest,
) -> Result<api::ListTagsLogGroupResponse, Refusal> {
    let scope = Scope::of(call)?;
    let name = Name::new(&input.log_group_name);
    let view = logs.store.view();
    let tags = tagging::shown(&group::find(&view, scope, &name)?.tags);
    Ok(api::ListTagsLogGroupResponse { tags: Some(tags) })
}
