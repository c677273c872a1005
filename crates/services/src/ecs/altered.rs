//! Task definitions with something else in them than what was registered, as Berth's additions to AWS's API ask for it: a container that a
//! task's overrides change beyond what AWS lets them, other images for a service.

use std::collections::BTreeMap;
use std::sync::Arc;

use berth_api::ecs::{self as api, ContainerOverride, RegisterTaskDefinitionRequest, errors};
use berth_api::{Call, Refusal, Target};
use berth_model::{RevisionStatus, TaskDefinition, Timestamp};
use berth_store::{Shared, TaskDefinitionKey, Transaction};

use super::scope::{Scope, shortened};
use super::{EcsService, register_task_definition, task_definition};

/// Images by the names of their containers.
pub(super) type Images = BTreeMap<String, String>;

/// The overrides that say more than AWS's can; none as a rule.
pub(super) fn beyond(given: Option<&api::TaskOverride>) -> Option<&api::TaskOverride> {
    given.filter(|given| given.container_overrides.iter().flatten().any(ContainerOverride::has_additions))
}

/// What registers a definition with what overrides say beyond AWS's.
pub(super) fn by_overrides(mut registered: api::TaskDefinition, given: &api::TaskOverride) -> RegisterTaskDefinitionRequest {
    registered.execution_role_arn = given.execution_role_arn.clone().or(registered.execution_role_arn);
    for given in given.container_overrides.iter().flatten() {
        // A container that there is not is refused with whatever else is overridden of it.
        let mut containers = registered.container_definitions.iter_mut().flatten();
        if let Some(container) = containers.find(|container| container.name == given.name) {
            given.add_to(container);
        }
    }
    task_definition::request(registered)
}

/// What registers a definition with other images; none if it has them already.
pub(super) fn by_images(
    registered: &api::TaskDefinition,
    images: &Images,
) -> Result<Option<RegisterTaskDefinitionRequest>, Refusal> {
    let mut altered = registered.clone();
    for (name, image) in images {
        let mut containers = altered.container_definitions.iter_mut().flatten();
        let Some(container) = containers.find(|container| container.name.as_ref() == Some(name)) else {
            return Err(errors::invalid_parameter_exception(format!(
                "Image for container named {} is not a container in the TaskDefinition.",
                shortened(name)
            )));
        };
        container.image = Some(image.clone());
    }
    Ok((altered != *registered).then(|| task_definition::request(altered)))
}

/// The definition with other images: the next revision of its family, registered by that caller, or itself where it has them already.
pub(super) fn with_images(
    tx: &mut Transaction,
    scope: Scope,
    definition: Shared<TaskDefinition>,
    images: &Images,
    (caller, now): (&str, Timestamp),
) -> Result<Shared<TaskDefinition>, Refusal> {
    let registered = task_definition::parse(&definition.document)?;
    let Some(request) = by_images(&registered, images)? else { return Ok(definition) };
    let task_definition::Definition { facts, document } = task_definition::define(request, scope.account)?;
    let record = TaskDefinition {
        status: RevisionStatus::Active,
        facts: Arc::new(facts),
        document,
        registered_at: now,
        registered_by: caller.into(),
        ..TaskDefinition::clone(&definition)
    };
    let made = register_task_definition::next_revision(tx, record)?;
    let key = TaskDefinitionKey { region: made.region, family: made.family, revision: made.revision };
    tx.get::<TaskDefinition>(&key).cloned().ok_or_else(|| Refusal::internal(&api::SERVICE, "a revision is gone as it is made"))
}

/// What a caller has to be allowed besides, who alters a definition: to register that, and to pass its roles.
pub(super) fn targets(ecs: &EcsService, call: &Call, request: &RegisterTaskDefinitionRequest) -> impl Iterator<Item = Target> {
    let targets = register_task_definition::access(ecs, call, request).into_iter();
    targets.map(|target| if target.action.is_none() { target.by("ecs:RegisterTaskDefinition") } else { target })
}

#[cfg(test)]
mod tests;
