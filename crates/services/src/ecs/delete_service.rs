//! `DeleteService`: a service keeps no tasks any more. It is DRAINING until they have ended, then INACTIVE.

use berth_api::ecs::{self as api, errors};
use berth_api::{Call, Refusal, Target};
use berth_model::{Scheduling, Service, ServiceStatus, TaskSet, Timestamp};
use berth_plan::service::delete;
use berth_store::{OfService, TaskSetKey, Transaction};

use super::scope::Scope;
use super::{EcsService, cluster, service};

pub(super) fn access(ecs: &EcsService, call: &Call, input: &api::DeleteServiceRequest) -> Vec<Target> {
    service::targets(ecs, call, input.cluster.as_deref(), &input.service)
}

pub(super) async fn run(
    ecs: &EcsService,
    call: &Call,
    input: api::DeleteServiceRequest,
) -> Result<api::DeleteServiceResponse, Refusal> {
    let scope = Scope::of(call)?;
    let cluster = scope.cluster(input.cluster.as_deref())?;
    let name = scope.service(&cluster, &input.service)?;
    let now = Timestamp::from_millis(call.received_at.0);
    let is_forced = input.force.unwrap_or(false);
    let described = ecs
        .update(|tx| {
            cluster::active(tx, scope, &cluster)?;
            let known = service::present(tx, scope, &cluster, &name)?.clone();
            if known.status == ServiceStatus::Draining {
                return service::describe::describe(scope, &known, tx, true);
            }
            if !is_forced && known.scheduling == Scheduling::Replica && known.desired_count > 0 {
                return Err(errors::invalid_parameter_exception("The service cannot be stopped while it is scaled above 0."));
            }
            delete_task_sets(tx, &known, is_forced)?;
            let in_flight = service::in_flight(tx, &known).cloned();
            let (gone, record) = delete(&known, in_flight.as_deref(), now.not_before(known.updated_at));
            record.into_iter().for_each(|record| drop(tx.put(record)));
            tx.put(gone.clone());
            service::describe::describe(scope, &gone, tx, true)
        })
        .await?;
    Ok(api::DeleteServiceResponse { service: Some(described) })
}

/// The task sets go with their service, whose tasks all stop.
fn delete_task_sets(tx: &mut Transaction, service: &Service, is_forced: bool) -> Result<(), Refusal> {
    let index = OfService::Service(service.region, service.cluster.clone(), service.name.clone());
    let sets: Vec<TaskSetKey> = tx.with::<TaskSet>(&index, ..).map(|set| TaskSetKey { region: set.region, id: set.id }).collect();
    if !is_forced && !sets.is_empty() {
        return Err(errors::invalid_parameter_exception(
            "The service cannot be deleted while it has task sets. Delete them first, or set force.",
        ));
    }
    for key in &sets {
        tx.delete::<TaskSet>(key);
    }
    Ok(())
}
