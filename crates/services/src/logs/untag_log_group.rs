//! `UntagLogGroup`, of the first generation.

use berth_api::logs as api;
use berth_api::{Call, Refusal, Target};
use berth_model::Name;

use super::scope::Scope;
use super::{LogsService, tagging};

pub(super) fn access(logs: &LogsService, call: &Call, input: &api::UntagLogGroupRequest) -> Vec<Target> {
    let Ok(scope) = Scope::of(call) else { return Target::any() };
    tagging::target(&logs.store.view(), scope, Ok(Name::new(&input.log_group_name)))
}

pub(super) async fn run(logs: &LogsService, call: &Call, input: api::UntagLogGroupRequest) -> Result<api::Unit, Refusal> {
    let scope = Scope::of(call)?;
    let name = Name::new(&input.log_group_name);
    tagging::unset(logs, scope, &name, &input.tags).await
}
