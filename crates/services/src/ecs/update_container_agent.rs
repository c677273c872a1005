//! `UpdateContainerAgent`: no agent is ever out of date here, for the control plane has none to give. It answers as AWS does for an
//! agent that is current.

use berth_api::ecs::{self as api, errors};
use berth_api::{Call, Refusal, Target};

use super::scope::Scope;
use super::{EcsService, cluster, container_instance};

pub(super) fn access(ecs: &EcsService, call: &Call, input: &api::UpdateContainerAgentRequest) -> Vec<Target> {
    container_instance::targets(ecs, call, input.cluster.as_deref(), std::iter::once(&input.container_instance))
}

pub(super) fn run(
    ecs: &EcsService,
    call: &Call,
    input: api::UpdateContainerAgentRequest,
) -> Result<api::UpdateContainerAgentResponse, Refusal> {
    let scope = Scope::of(call)?;
    let name = scope.cluster(input.cluster.as_deref())?;
    let id = scope.instance(&name, &input.container_instance)?;
    let view = ecs.store.view();
    cluster::active(&view, scope, &name)?;
    let instance = container_instance::find(&view, scope, &name, id)
        .filter(|instance| !container_instance::is_inactive(instance))
        .ok_or_else(container_instance::not_found)?;
    Err(match instance.agent_version {
        Some(_) => errors::no_update_available_exception("There is no update available for your container agent."),
        None => errors::missing_version_exception(
            "Amazon ECS is unable to determine the current version of the Amazon ECS container agent on your container instance and does not have enough information to proceed with an update.",
        ),
    })
}
