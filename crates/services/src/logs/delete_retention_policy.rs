//! `DeleteRetentionPolicy`: events that are still there are kept for ever.

use berth_api::logs as api;
use berth_api::{Call, Refusal, Target};
use berth_model::Name;

use super::scope::Scope;
use super::{LogsService, group};

pub(super) fn access(logs: &LogsService, call: &Call, input: &api::DeleteRetentionPolicyRequest) -> Vec<Target> {
    let Ok(scope) = Scope::of(call) else { return Target::any() };
    group::target(&logs.store.view(), scope, Ok(Name::new(&input.log_group_name)), "")
}

pub(super) async fn run(logs: &LogsService, call: &Call, input: api::DeleteRetentionPolicyRequest) -> Result<api::Unit, Refusal> {
    let scope = Scope::of(call)?;
    group::change(logs, scope, &Name::new(&input.log_group_name), |group| {
        group.retention_in_days = None;
        Ok(())
    })
    .await
}
