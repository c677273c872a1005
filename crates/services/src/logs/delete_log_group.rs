//! `DeleteLogGroup`: the record goes first, and with it everybody's way to the events; then the events.

use berth_api::logs as api;
use berth_api::{Call, Refusal, Target};
use berth_model::{LogGroup, LogResourcePolicy, MetricFilter, Name};
use berth_store::{LogGroupKey, MOST_ROWS, MetricFilterIndex, Record as _, Transaction};

use super::scope::Scope;
use super::{LogsService, group};

pub(super) fn access(logs: &LogsService, call: &Call, input: &api::DeleteLogGroupRequest) -> Vec<Target> {
    let Ok(scope) = Scope::of(call) else { return Target::any() };
    group::target(&logs.store.view(), scope, Ok(Name::new(&input.log_group_name)), "")
}

pub(super) async fn run(logs: &LogsService, call: &Call, input: api::DeleteLogGroupRequest) -> Result<api::Unit, Refusal> {
    let scope = Scope::of(call)?;
    let name = Name::new(&input.log_group_name);
    while delete_filters(logs, scope, &name).await? {}
    let id = logs
        .update(|tx| {
            let id = group::deletable(tx, scope, &name, "group")?;
            // Few are left, of calls in between.
            take_filters(tx, scope, &name);
            tx.delete::<LogResourcePolicy>(&super::put_resource_policy::of_group(scope, &name));
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

/// Deletes metric filters of a group, as many as one update may; answers whether there were any.
async fn delete_filters(logs: &LogsService, scope: Scope, name: &Name) -> Result<bool, Refusal> {
    logs.update(|tx| {
        group::deletable(tx, scope, name, "group")?;
        Ok(take_filters(tx, scope, name) > 0)
    })
    .await
}

fn take_filters(tx: &mut Transaction, scope: Scope, name: &Name) -> usize {
    let index = MetricFilterIndex::Group(scope.region, name.clone());
    let keys: Vec<_> = tx.with::<MetricFilter>(&index, ..).take(MOST_ROWS - 1).map(|filter| filter.key()).collect();
    for key in &keys {
        tx.delete::<MetricFilter>(key);
    }
    keys.len()
}
