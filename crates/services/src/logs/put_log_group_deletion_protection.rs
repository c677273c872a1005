//! `PutLogGroupDeletionProtection`.

use berth_api::logs as api;
use berth_api::{Call, Refusal, Target};

use super::scope::Scope;
use super::{LogsService, group};

pub(super) fn access(logs: &LogsService, call: &Call, input: &api::PutLogGroupDeletionProtectionRequest) -> Vec<Target> {
    let Ok(scope) = Scope::of(call) else { return Target::any() };
    group::target(&logs.store.view(), scope, scope.identified(&input.log_group_identifier), "")
}

pub(super) async fn run(
    logs: &LogsService,
    call: &Call,
    input: api::PutLogGroupDeletionProtectionRequest,
) -> Result<api::Unit, Refusal> {
    let scope = Scope::of(call)?;
    let name = scope.identified(&input.log_group_identifier)?;
    group::change(logs, scope, &name, |group| {
        group.deletion_protection = input.deletion_protection_enabled;
        Ok(())
    })
    .await
}
