//! `UpdateContainerInstancesState`: instances drain, or take tasks again. What runs on a draining instance stays: only services
//! move their tasks away.

use berth_api::ecs::{self as api, errors};
use berth_api::{Call, Refusal, Target};
use berth_model::{ContainerInstance, InstanceId, InstanceStatus, Name};
use berth_store::Transaction;

use super::container_instance::{self, Include};
use super::scope::Scope;
use super::{EcsService, cluster, failure};

/// Instances of one call, at most.
const MOST: usize = 10;

pub(super) fn access(ecs: &EcsService, call: &Call, input: &api::UpdateContainerInstancesStateRequest) -> Vec<Target> {
    container_instance::targets(ecs, call, input.cluster.as_deref(), input.container_instances.iter().take(MOST))
}

pub(super) async fn run(
    ecs: &EcsService,
    call: &Call,
    input: api::UpdateContainerInstancesStateRequest,
) -> Result<api::UpdateContainerInstancesStateResponse, Refusal> {
    let scope = Scope::of(call)?;
    let name = scope.cluster(input.cluster.as_deref())?;
    let status = status(&input.status)?;
    if input.container_instances.is_empty() {
        return Err(errors::invalid_parameter_exception("Container instances cannot be empty."));
    }
    if input.container_instances.len() > MOST {
        return Err(errors::invalid_parameter_exception(format!("instanceIds can have at most {MOST} items.")));
    }
    let ids = input.container_instances.iter().map(|text| scope.instance(&name, text)).collect::<Result<Vec<_>, _>>()?;
    ecs.update(|tx| {
        cluster::active(tx, scope, &name)?;
        let (mut instances, mut failures) = (Vec::new(), Vec::new());
        for id in ids {
            match set(tx, scope, &name, id, &status) {
                Ok(changed) => instances.push(container_instance::describe(scope, &changed, tx, Include::default())),
                Err(failure) => failures.push(failure),
            }
        }
        Ok(api::UpdateContainerInstancesStateResponse { container_instances: Some(instances), failures: Some(failures) })
    })
    .await
}

fn status(wanted: &api::ContainerInstanceStatus) -> Result<InstanceStatus, Refusal> {
    use api::ContainerInstanceStatus as Status;
    match wanted {
        Status::Active => Ok(InstanceStatus::Active),
        Status::Draining => Ok(InstanceStatus::Draining),
        Status::Registering | Status::Deregistering | Status::RegistrationFailed | Status::Unlisted(_) => {
            Err(errors::invalid_parameter_exception("Container instance status should be one of [ACTIVE,DRAINING]"))
        }
    }
}

/// Sets the status of one instance; setting it to what it is changes nothing.
fn set(
    tx: &mut Transaction,
    scope: Scope,
    cluster: &Name,
    id: InstanceId,
    status: &InstanceStatus,
) -> Result<ContainerInstance, api::Failure> {
    let Some(known) = container_instance::find(tx, scope, cluster, id).cloned() else {
        return Err(failure::missing(scope.instance_arn(cluster, id)));
    };
    match known.status {
        InstanceStatus::Active | InstanceStatus::Draining if known.status == *status => Ok(ContainerInstance::clone(&known)),
        InstanceStatus::Active | InstanceStatus::Draining => {
            let version = known.version + 1;
            let changed = ContainerInstance { status: *status, version, ..ContainerInstance::clone(&known) };
            tx.put(changed.clone());
            Ok(changed)
        }
        InstanceStatus::Registering
        | InstanceStatus::Deregistering
        | InstanceStatus::RegistrationFailed
        | InstanceStatus::Inactive { .. } => Err(api::Failure {
            arn: Some(scope.instance_arn(cluster, id)),
            reason: Some(known.status.as_str().to_owned()),
            detail: Some("Only an ACTIVE or DRAINING container instance changes its state.".to_owned()),
        }),
    }
}
