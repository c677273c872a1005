//! `RegisterDaemonTaskDefinition`: the next revision of a family of daemon task definitions, or the first.

use std::sync::Arc;

use berth_api::ecs as api;
use berth_api::{Call, Refusal, Target};
use berth_model::{RevisionStatus, TaskDefinition, Timestamp};

use super::daemon::definition;
use super::scope::{Scope, is_short_name};
use super::{EcsService, register_task_definition, tags, task_definition};

pub(super) fn access(_: &EcsService, call: &Call, input: &api::RegisterDaemonTaskDefinitionRequest) -> Vec<Target> {
    let Ok(scope) = Scope::of(call) else { return Target::any() };
    if !is_short_name(&input.family) {
        return Target::any();
    }
    // The revision is not known yet: all of the family.
    let arn = format!("arn:aws:ecs:{}:{}:daemon-task-definition/{}:*", scope.region, scope.account, input.family);
    let privileged = input.container_definitions.iter().any(|container| container.privileged == Some(true));
    let target = Target::new(arn).with("ecs:privileged", privileged.to_string());
    vec![target.with_request_tags(tags::pairs(input.tags.as_deref()))]
}

pub(super) async fn run(
    ecs: &EcsService,
    call: &Call,
    mut input: api::RegisterDaemonTaskDefinitionRequest,
) -> Result<api::RegisterDaemonTaskDefinitionResponse, Refusal> {
    let scope = Scope::of(call)?;
    let own_tags = tags::checked(input.tags.take().as_deref())?;
    let task_definition::Definition { facts, document } = definition::define(&input, scope.account)?;
    let record = TaskDefinition {
        region: scope.region,
        family: berth_model::daemon::kept(&input.family),
        revision: 0,
        status: RevisionStatus::Active,
        facts: Arc::new(facts),
        document,
        registered_at: Timestamp::from_millis(call.received_at.0),
        registered_by: call.caller.arn.as_str().into(),
        tags: own_tags,
    };
    let record = ecs.update(|tx| register_task_definition::next_revision(tx, record)).await?;
    let arn = scope.task_definition_arn(&record.family, record.revision);
    Ok(api::RegisterDaemonTaskDefinitionResponse { daemon_task_definition_arn: Some(arn) })
}
