//! `StopQuery`: ends a query early. What it has found so far is not kept.

use berth_api::logs::{self as api, errors};
use berth_api::{Call, Refusal};

use super::LogsService;
use super::scope::Scope;

pub(super) fn run(logs: &LogsService, call: &Call, input: &api::StopQueryRequest) -> Result<api::StopQueryResponse, Refusal> {
    let scope = Scope::of(call)?;
    if logs.queries.find(scope.region, &input.query_id)?.stop() {
        Ok(api::StopQueryResponse { success: Some(true) })
    } else {
        Err(errors::invalid_parameter_exception("The specified query is not running."))
    }
}
