//! `DeleteSubscriptionFilter`: there are none.

use berth_api::logs::{self as api, errors};
use berth_api::{Call, Refusal, Target};
use berth_model::Name;

use super::scope::Scope;
use super::{LogsService, group};

pub(super) fn access(logs: &LogsService, call: &Call, input: &api::DeleteSubscriptionFilterRequest) -> Vec<Target> {
    let Ok(scope) = Scope::of(call) else { return Target::any() };
    group::target(&logs.store.view(), scope, Ok(Name::new(&input.log_group_name)), "")
}

pub(super) fn run(logs: &LogsService, call: &Call, input: &api::DeleteSubscriptionFilterRequest) -> Result<api::Unit, Refusal> {
    let scope = Scope::of(call)?;
    group::find(&logs.store.view(), scope, &Name::new(&input.log_group_name))?;
    Err(errors::resource_not_found_exception("The specified subscription filter does not exist."))
}
