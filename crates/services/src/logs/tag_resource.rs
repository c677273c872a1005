//! `TagResource`.

use berth_api::logs::{self as api, errors};
use berth_api::{Call, Refusal, Target};

use super::scope::Scope;
use super::{LogsService, tagging};
use crate::tags::TagError;

pub(super) fn access(logs: &LogsService, call: &Call, input: &api::TagResourceRequest) -> Vec<Target> {
    let Ok(scope) = Scope::of(call) else { return Target::any() };
    tagging::target(&logs.store.view(), scope, tagging::group_of(scope, &input.resource_arn))
}

pub(super) async fn run(logs: &LogsService, call: &Call, input: api::TagResourceRequest) -> Result<api::Unit, Refusal> {
    let scope = Scope::of(call)?;
    let name = tagging::group_of(scope, &input.resource_arn)?;
    let refuse = |error: TagError| match error {
        TagError::TooMany => errors::too_many_tags_exception(error.to_string()),
        error => errors::invalid_parameter_exception(error.to_string()),
    };
    tagging::set(logs, scope, &name, &input.tags, refuse).await
}
