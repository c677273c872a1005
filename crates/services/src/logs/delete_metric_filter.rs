//! `DeleteMetricFilter`.

use berth_api::logs::{self as api, errors};
use berth_api::{Call, Refusal, Target};
use berth_model::{MetricFilter, Name};
use berth_store::MetricFilterKey;

use super::scope::Scope;
use super::{LogsService, group};

pub(super) fn access(logs: &LogsService, call: &Call, input: &api::DeleteMetricFilterRequest) -> Vec<Target> {
    let Ok(scope) = Scope::of(call) else { return Target::any() };
    group::target(&logs.store.view(), scope, Ok(Name::new(&input.log_group_name)), "")
}

pub(super) async fn run(logs: &LogsService, call: &Call, input: api::DeleteMetricFilterRequest) -> Result<api::Unit, Refusal> {
    let scope = Scope::of(call)?;
    let (group, name) = (Name::new(&input.log_group_name), Name::new(&input.filter_name));
    let key = MetricFilterKey { region: scope.region, group, name };
    logs.update(|tx| {
        group::find(tx, scope, &key.group)?;
        let deleted = tx.delete::<MetricFilter>(&key);
        let missing = || errors::resource_not_found_exception("The specified metric filter does not exist.");
        deleted.map(|_| api::Unit {}).ok_or_else(missing)
    })
    .await
}
