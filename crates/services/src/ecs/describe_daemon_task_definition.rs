//! `DescribeDaemonTaskDefinition`: a revision whatever its status, or the newest ACTIVE one of a family.

use berth_api::ecs as api;
use berth_api::{Call, Refusal, Target};

use super::EcsService;
use super::daemon::definition;
use super::scope::Scope;

pub(super) fn access(ecs: &EcsService, call: &Call, input: &api::DescribeDaemonTaskDefinitionRequest) -> Vec<Target> {
    definition::targets(ecs, call, &input.daemon_task_definition)
}

pub(super) fn run(
    ecs: &EcsService,
    call: &Call,
    input: api::DescribeDaemonTaskDefinitionRequest,
) -> Result<api::DescribeDaemonTaskDefinitionResponse, Refusal> {
    let scope = Scope::of(call)?;
    let reference = definition::reference(scope, &input.daemon_task_definition)?;
    let view = ecs.store.view();
    let found = reference.find(&view, scope).ok_or_else(definition::not_found)?;
    Ok(api::DescribeDaemonTaskDefinitionResponse { daemon_task_definition: Some(definition::described(scope, found)?) })
}
