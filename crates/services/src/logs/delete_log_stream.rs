//! `DeleteLogStream`.

use berth_api::logs as api;
use berth_api::{Call, Refusal, Target};
use berth_model::Name;

use super::failure::not_written;
use super::scope::Scope;
use super::{LogsService, group};

pub(super) fn access(logs: &LogsService, call: &Call, input: &api::DeleteLogStreamRequest) -> Vec<Target> {
    let Ok(scope) = Scope::of(call) else { return Target::any() };
    group::target(&logs.store.view(), scope, Ok(Name::new(&input.log_group_name)), &input.log_stream_name)
}

pub(super) async fn run(logs: &LogsService, call: &Call, input: api::DeleteLogStreamRequest) -> Result<api::Unit, Refusal> {
    let scope = Scope::of(call)?;
    let group = group::deletable(&logs.store.view(), scope, &Name::new(&input.log_group_name), "stream")?;
    logs.logs.delete_stream(group, &input.log_stream_name).await.map_err(not_written)?;
    Ok(api::Unit {})
}
