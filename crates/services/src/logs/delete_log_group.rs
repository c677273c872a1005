//! `DeleteLogGroup`: the record goes first, and with it everybody's way to the events; then the events.

use berth_api::logs::{self as api, errors};
use berth_api::{Call, Refusal, Target};
use berth_model::{LogGroup, Name};
use berth_store::LogGroupKey;

use super::scope::Scope;
use super::{LogsService, group};

pub(super) fn access(logs: &LogsService, call: &Call, input: &api::DeleteLogGroupRequest) -> Vec<Target> {
    let Ok(scope) = Scope::of(call) else { return Target::any() };
    group::target(&logs.store.view(), scope, Ok(Name::new(&input.log_group_name)), "")
}

pub(super) async fn run(logs: &LogsService, call: &Call, input: api::DeleteLogGroupRequest) -> Result<api::Unit, Refusal> {
    let scope = Scope::of(call)?;
    let name = Name::new(&input.log_group_name);
    let id = logs
        .update(|tx| {
            let (id, protected) = group::find(tx, scope, &name).map(|group| (group.id, group.deletion_protection))?;
            if protected {
                let message = format!("Log group {name} cannot be deleted: deletion protection is enabled.");
                return Err(errors::validation_exception(message));
            }
            tx.delete::<LogGroup>(&LogGroupKey { region: scope.region, name: name.clone() });
            Ok(id)
        })
        .await?;
    if let Err(error) = logs.logs.delete_group(id).await {
        // The group is gone for everybody; the next start finds what it left.
        tracing::warn!(%error, group = %name, "the events of a deleted log group stay until the next start");
    }
    Ok(api::Unit {})
}
