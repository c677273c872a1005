//! `TagLogGroup`, of the first generation.

use berth_api::logs::{self as api, errors};
use berth_api::{Call, Refusal, Target};
use berth_model::Name;

use super::scope::Scope;
use super::{LogsService, tagging};
use crate::tags::TagError;

pub(super) fn access(logs: &LogsService, call: &Call, input: &api::TagLogGroupRequest) -> Vec<Target> {
    let Ok(scope) = Scope::of(call) else { return Target::any() };
    tagging::target(&logs.store.view(), scope, Ok(Name::new(&input.log_group_name)))
}

pub(super) async fn run(logs: &LogsService, call: &Call, input: api::TagLogGroupRequest) -> Result<api::Unit, Refusal> {
    let scope = Scope::of(call)?;
    let name = Name::new(&input.log_group_name);
    let refuse = |error: TagError| errors::invalid_parameter_exception(error.to_string());
    tagging::set(logs, scope, &name, &input.tags, refuse).await
}
