//! `DescribeSubscriptionFilters`: there are none, as there is nothing yet that they could send events to.

use berth_api::logs as api;
use berth_api::{Call, Refusal, Target};
use berth_model::Name;

use super::failure::invalid_token;
use super::scope::Scope;
use super::{LogsService, group};

pub(super) fn access(logs: &LogsService, call: &Call, input: &api::DescribeSubscriptionFiltersRequest) -> Vec<Target> {
    let Ok(scope) = Scope::of(call) else { return Target::any() };
    group::target(&logs.store.view(), scope, Ok(Name::new(&input.log_group_name)), "")
}

pub(super) fn run(
    logs: &LogsService,
    call: &Call,
    input: &api::DescribeSubscriptionFiltersRequest,
) -> Result<api::DescribeSubscriptionFiltersResponse, Refusal> {
    let scope = Scope::of(call)?;
    group::find(&logs.store.view(), scope, &Name::new(&input.log_group_name))?;
    if input.next_token.is_some() {
        return Err(invalid_token());
    }
    Ok(api::DescribeSubscriptionFiltersResponse { subscription_filters: Some(Vec::new()), next_token: None })
}
