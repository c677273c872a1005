//! `DeleteDaemon`: a daemon keeps no tasks any more. It is DELETE_IN_PROGRESS until they have stopped, then it is gone.

use berth_api::ecs as api;
use berth_api::{Call, Refusal, Target};
use berth_model::Timestamp;
use berth_plan::service::delete;

use super::scope::Scope;
use super::service::describe::time;
use super::{EcsService, daemon, service};

pub(super) fn access(ecs: &EcsService, call: &Call, input: &api::DeleteDaemonRequest) -> Vec<Target> {
    daemon::targets(ecs, call, &input.daemon_arn)
}

pub(super) async fn run(
    ecs: &EcsService,
    call: &Call,
    input: api::DeleteDaemonRequest,
) -> Result<api::DeleteDaemonResponse, Refusal> {
    let scope = Scope::of(call)?;
    let named = daemon::reference(scope, &input.daemon_arn)?;
    let now = Timestamp::from_millis(call.received_at.0);
    let gone = ecs
        .update(|tx| {
            let known = daemon::active(tx, scope, &named)?.clone();
            let in_flight = service::in_flight(tx, &known).cloned();
            let (gone, record) = delete(&known, in_flight.as_deref(), now.not_before(known.updated_at));
            record.into_iter().for_each(|record| drop(tx.put(record)));
            tx.put(gone.clone());
            Ok(gone)
        })
        .await?;
    Ok(api::DeleteDaemonResponse {
        daemon_arn: Some(scope.daemon_arn(&gone.cluster, &gone.name)),
        status: Some(daemon::status(&gone)),
        created_at: time(gone.created_at),
        updated_at: time(gone.updated_at),
        // Its tasks are stopped without one.
        deployment_arn: None,
    })
}
