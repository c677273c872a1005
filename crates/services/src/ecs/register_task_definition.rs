//! `RegisterTaskDefinition`: the next revision of a family, or the first.

use std::sync::Arc;

use berth_api::ecs::{self as api, errors};
use berth_api::{Call, Refusal, Target};
use berth_model::{Family, RevisionStatus, TaskDefinition, Timestamp};
use berth_store::{FamilyKey, Transaction};

use super::scope::{Scope, is_short_name};
use super::{EcsService, tags, task_definition};

/// Whom the roles of a task are passed to, as policies know it.
const TASKS: &str = "ecs-tasks.amazonaws.com";
/// Revisions of a family, at most; deleted ones count.
const MOST_REVISIONS: u32 = 1_000_000;

pub(super) fn access(_: &EcsService, call: &Call, input: &api::RegisterTaskDefinitionRequest) -> Vec<Target> {
    let Ok(scope) = Scope::of(call) else { return Target::any() };
    if !is_short_name(&input.family) {
        return Target::any();
    }
    // The revision is not known yet: as in AWS, all of the family.
    let arn = format!("arn:aws:ecs:{}:{}:task-definition/{}:*", scope.region, scope.account, input.family);
    let privileged = input.container_definitions.iter().any(|container| container.privileged == Some(true));
    let mut target = Target::new(arn).with("ecs:privileged", privileged.to_string());
    for compatibility in input.requires_compatibilities.iter().flatten() {
        target = target.with("ecs:compute-compatibility", berth_wire::EnumShape::as_str(compatibility));
    }
    for (key, size) in [("ecs:task-cpu", &input.cpu), ("ecs:task-memory", &input.memory)] {
        if let Some(size) = size {
            target = target.with(key, size);
        }
    }
    let passed = [&input.task_role_arn, &input.execution_role_arn].into_iter().flatten();
    let passed = passed.filter_map(|role| task_definition::full_role(role, scope.account).ok());
    let passed = passed.map(|role| Target::new(role).with("iam:PassedToService", TASKS).by("iam:PassRole"));
    std::iter::once(target.with_request_tags(tags::pairs(input.tags.as_deref()))).chain(passed).collect()
}

pub(super) async fn run(
    ecs: &EcsService,
    call: &Call,
    mut input: api::RegisterTaskDefinitionRequest,
) -> Result<api::RegisterTaskDefinitionResponse, Refusal> {
    let scope = Scope::of(call)?;
    let given = input.tags.take();
    let own_tags = tags::checked(given.as_deref())?;
    let family = input.family.clone();
    let task_definition::Definition { facts, document } = task_definition::define(input, scope.account)?;
    let record = TaskDefinition {
        region: scope.region,
        family: family.into(),
        revision: 0,
        status: RevisionStatus::Active,
        facts: Arc::new(facts),
        document,
        registered_at: Timestamp::from_millis(call.received_at.0),
        registered_by: call.caller.arn.as_str().into(),
        tags: own_tags,
    };
    let record = ecs.update(|tx| next_revision(tx, record)).await?;
    let described = task_definition::described(&record, scope.task_definition_arn(&record.family, record.revision))?;
    Ok(api::RegisterTaskDefinitionResponse {
        task_definition: Some(described),
        tags: given.map(|_| tags::described(&record.tags)),
    })
}

/// Writes a definition as the next revision of its family, whatever its own number is.
pub(super) fn next_revision(tx: &mut Transaction, record: TaskDefinition) -> Result<TaskDefinition, Refusal> {
    let key = FamilyKey { region: record.region, name: record.family.clone() };
    let last = tx.get::<Family>(&key).map_or(0, |family| family.last_revision);
    if last >= MOST_REVISIONS {
        let message = format!("The family has had {MOST_REVISIONS} revisions, which is the most it can have.");
        return Err(errors::client_exception(message));
    }
    let record = TaskDefinition { revision: last + 1, ..record };
    tx.put(Family { region: record.region, name: record.family.clone(), last_revision: record.revision });
    tx.put(record.clone());
    Ok(record)
}
