//! `DescribeContainerInstances`: up to 100 instances of a cluster by id or ARN.

use berth_api::ecs::{self as api, errors};
use berth_api::{Call, Refusal, Target};

use super::container_instance::{self, Include};
use super::scope::Scope;
use super::{EcsService, cluster, failure};

/// Instances of one call, at most.
const MOST: usize = 100;

pub(super) fn access(ecs: &EcsService, call: &Call, input: &api::DescribeContainerInstancesRequest) -> Vec<Target> {
    container_instance::targets(ecs, call, input.cluster.as_deref(), input.container_instances.iter().take(MOST))
}

pub(super) fn run(
    ecs: &EcsService,
    call: &Call,
    input: api::DescribeContainerInstancesRequest,
) -> Result<api::DescribeContainerInstancesResponse, Refusal> {
    let scope = Scope::of(call)?;
    let name = scope.cluster(input.cluster.as_deref())?;
    if input.container_instances.is_empty() {
        return Err(errors::invalid_parameter_exception("Container instances cannot be empty."));
    }
    if input.container_instances.len() > MOST {
        return Err(errors::invalid_parameter_exception(format!("instanceIds can have at most {MOST} items.")));
    }
    let include = input.include.unwrap_or_default();
    let include = Include {
        tags: include.contains(&api::ContainerInstanceField::Tags),
        health: include.contains(&api::ContainerInstanceField::ContainerInstanceHealth),
    };
    let view = ecs.store.view();
    cluster::active(&view, scope, &name)?;
    let (mut instances, mut failures) = (Vec::new(), Vec::new());
    for text in input.container_instances {
        let id = scope.instance(&name, &text)?;
        match container_instance::find(&view, scope, &name, id) {
            Some(instance) => instances.push(container_instance::describe(scope, instance, &view, include)),
            None => failures.push(failure::missing(scope.instance_arn(&name, id))),
        }
    }
    Ok(api::DescribeContainerInstancesResponse { container_instances: Some(instances), failures: Some(failures) })
}
