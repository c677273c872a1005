//! A definition's document: the normal form as AWS JSON, without what its record knows anyway.

use berth_api::Refusal;
use berth_api::ecs::{self as api, RegisterTaskDefinitionRequest, TaskDefinitionStatus};
use berth_model::{Document, RevisionStatus, TaskDefinition};
use berth_wire::Timestamp;

use super::compatibility;
use crate::document;

/// The document of a request in its normal form.
pub(super) fn of(request: RegisterTaskDefinitionRequest) -> Document {
    let shape = api::TaskDefinition {
        container_definitions: Some(request.container_definitions),
        family: Some(request.family),
        task_role_arn: request.task_role_arn,
        execution_role_arn: request.execution_role_arn,
        network_mode: request.network_mode,
        volumes: request.volumes,
        placement_constraints: request.placement_constraints,
        runtime_platform: request.runtime_platform,
        requires_compatibilities: request.requires_compatibilities,
        cpu: request.cpu,
        memory: request.memory,
        pid_mode: request.pid_mode,
        ipc_mode: request.ipc_mode,
        proxy_configuration: request.proxy_configuration,
        ephemeral_storage: request.ephemeral_storage,
        enable_fault_injection: request.enable_fault_injection,
        ..api::TaskDefinition::default()
    };
    document::write(api::TaskDefinition::PLACE, &shape)
}

/// What registers a definition again.
pub(in crate::ecs) fn request(shape: api::TaskDefinition) -> RegisterTaskDefinitionRequest {
    RegisterTaskDefinitionRequest {
        container_definitions: shape.container_definitions.unwrap_or_default(),
        family: shape.family.unwrap_or_default(),
        task_role_arn: shape.task_role_arn,
        execution_role_arn: shape.execution_role_arn,
        network_mode: shape.network_mode,
        volumes: shape.volumes,
        placement_constraints: shape.placement_constraints,
        runtime_platform: shape.runtime_platform,
        requires_compatibilities: shape.requires_compatibilities,
        cpu: shape.cpu,
        memory: shape.memory,
        pid_mode: shape.pid_mode,
        ipc_mode: shape.ipc_mode,
        proxy_configuration: shape.proxy_configuration,
        inference_accelerators: shape.inference_accelerators,
        ephemeral_storage: shape.ephemeral_storage,
        enable_fault_injection: shape.enable_fault_injection,
        tags: None,
    }
}

/// The definition that a document holds, without what its record adds.
///
/// # Errors
/// The document is broken: an internal failure.
pub(in crate::ecs) fn parse(document: &Document) -> Result<api::TaskDefinition, Refusal> {
    document::read(api::TaskDefinition::PLACE, document).map_err(|cause| Refusal::internal(&api::SERVICE, cause))
}

/// A revision as AWS describes it.
///
/// # Errors
/// Its document is broken: an internal failure.
pub(in crate::ecs) fn described(record: &TaskDefinition, arn: String) -> Result<api::TaskDefinition, Refusal> {
    let required = record.facts.requires_attributes.iter().map(|attribute| api::Attribute {
        name: attribute.name.to_string(),
        value: attribute.value.as_ref().map(ToString::to_string),
        ..api::Attribute::default()
    });
    let (status, deregistered_at, delete_requested_at) = match record.status {
        RevisionStatus::Active => (TaskDefinitionStatus::Active, None, None),
        RevisionStatus::Inactive { deregistered_at } => (TaskDefinitionStatus::Inactive, Some(deregistered_at), None),
        RevisionStatus::DeleteInProgress { deregistered_at, requested_at } => {
            (TaskDefinitionStatus::DeleteInProgress, Some(deregistered_at), Some(requested_at))
        }
    };
    Ok(api::TaskDefinition {
        task_definition_arn: Some(arn),
        revision: i32::try_from(record.revision).ok(),
        status: Some(status),
        requires_attributes: Some(required.collect()),
        compatibilities: Some(compatibility::shown(record.facts.compatibilities)),
        registered_at: Some(shown(record.registered_at)),
        deregistered_at: deregistered_at.map(shown),
        delete_requested_at: delete_requested_at.map(shown),
        registered_by: Some(record.registered_by.to_string()),
        ..parse(&record.document)?
    })
}

const fn shown(moment: berth_model::Timestamp) -> Timestamp {
    Timestamp(moment.as_millis())
}
