//! Daemon task definitions: a form of task definitions with fewer members, under families of their own.
//!
//! They are checked and kept as task definitions. All members have the same names and shapes there, so that the documents of one can be
//! read as the other.

use berth_api::ecs::{self as api, errors};
use berth_api::{Call, Refusal, Target};
use berth_model::{AccountId, ResourceArn, RevisionStatus, TaskDefinition, daemon};

use crate::document;
use crate::ecs::scope::{Scope, shortened};
use crate::ecs::service::describe::time;
use crate::ecs::task_definition::{self, Definition, Reference};
use crate::ecs::{EcsService, tags};

/// Checks a request and brings it into its normal form.
pub(in crate::ecs) fn define(
    request: &api::RegisterDaemonTaskDefinitionRequest,
    account: AccountId,
) -> Result<Definition, Refusal> {
    let damaged = |cause| Refusal::internal(&api::SERVICE, cause);
    let same = document::write(api::RegisterDaemonTaskDefinitionRequest::PLACE, request);
    let whole = document::read(api::RegisterTaskDefinitionRequest::PLACE, &same).map_err(damaged)?;
    task_definition::define(whole, account)
}

/// The revision that a parameter names: `FAMILY`, `FAMILY:REVISION` or an ARN.
pub(in crate::ecs) fn reference(scope: Scope, text: &str) -> Result<Reference, Refusal> {
    let named = if text.starts_with("arn:") {
        match scope.resource(text)? {
            ResourceArn::DaemonTaskDefinition { family, revision } => Reference { family, revision: Some(revision) },
            _ => {
                let message = format!("Invalid identifier: {} is not a daemon task definition", shortened(text));
                return Err(errors::invalid_parameter_exception(message));
            }
        }
    } else {
        Reference::parse(scope, text)?
    };
    Ok(Reference { family: daemon::kept(&named.family), ..named })
}

/// What a call touches that names a revision.
pub(in crate::ecs) fn targets(ecs: &EcsService, call: &Call, text: &str) -> Vec<Target> {
    let Ok(scope) = Scope::of(call) else { return Target::any() };
    let view = ecs.store.view();
    match reference(scope, text).ok().and_then(|reference| reference.find(&view, scope).cloned()) {
        Some(found) => {
            let arn = scope.task_definition_arn(&found.family, found.revision);
            vec![Target { tags: tags::for_policies(&found.tags), ..Target::new(arn) }]
        }
        None => vec![Target::new(if text.starts_with("arn:") { text } else { "*" })],
    }
}

/// There is no such revision.
pub(in crate::ecs) fn not_found() -> Refusal {
    errors::client_exception(
        "The specified daemon task definition was not found. Specify a valid account, family, revision and try again.",
    )
}

/// A revision as AWS describes it.
pub(in crate::ecs) fn described(scope: Scope, record: &TaskDefinition) -> Result<api::DaemonTaskDefinition, Refusal> {
    let own = document::read(api::DaemonTaskDefinition::PLACE, &record.document);
    let api::DaemonTaskDefinitionSummary { arn, registered_at, registered_by, delete_requested_at, status } =
        summary(scope, record);
    Ok(api::DaemonTaskDefinition {
        daemon_task_definition_arn: arn,
        revision: i32::try_from(record.revision).ok(),
        status,
        registered_at,
        registered_by,
        delete_requested_at,
        ..own.map_err(|cause| Refusal::internal(&api::SERVICE, cause))?
    })
}

/// A revision as lists show it.
pub(in crate::ecs) fn summary(scope: Scope, record: &TaskDefinition) -> api::DaemonTaskDefinitionSummary {
    let (status, delete_requested_at) = match record.status {
        RevisionStatus::Active => (api::DaemonTaskDefinitionStatus::Active, None),
        // They are deleted at once: none is ever deregistered.
        RevisionStatus::Inactive { deregistered_at: at } | RevisionStatus::DeleteInProgress { requested_at: at, .. } => {
            (api::DaemonTaskDefinitionStatus::DeleteInProgress, time(at))
        }
    };
    api::DaemonTaskDefinitionSummary {
        arn: Some(scope.task_definition_arn(&record.family, record.revision)),
        registered_at: time(record.registered_at),
        registered_by: Some(record.registered_by.to_string()),
        delete_requested_at,
        status: Some(status),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account() -> AccountId {
        "000000000000".parse().unwrap()
    }

    fn request(container: api::DaemonContainerDefinition) -> api::RegisterDaemonTaskDefinitionRequest {
        let container_definitions = vec![container];
        api::RegisterDaemonTaskDefinitionRequest { family: "watch".to_owned(), container_definitions, ..Default::default() }
    }

    #[test]
    fn every_member_of_a_container_is_one_of_a_task_definition() {
        let of = |schema: &berth_wire::Schema| -> Vec<&str> { schema.members().iter().map(|member| member.name).collect() };
        let whole = of(api::ContainerDefinition::PLACE.schema);
        for member in of(api::DaemonContainerDefinition::PLACE.schema) {
            assert!(whole.contains(&member), "{member}");
        }
    }

    #[test]
    fn what_is_registered_is_described_with_what_was_filled_in() {
        let container = api::DaemonContainerDefinition {
            name: Some("main".to_owned()),
            image: "agent:1".to_owned(),
            memory: Some(64),
            ..Default::default()
        };
        let Definition { facts, document } = define(&request(container), account()).unwrap();
        assert_eq!((facts.containers[0].memory, facts.containers[0].essential), (Some(64), true));
        let read: api::DaemonTaskDefinition = document::read(api::DaemonTaskDefinition::PLACE, &document).unwrap();
        let containers = read.container_definitions.unwrap();
        assert_eq!((read.family.as_deref(), containers[0].essential, containers[0].cpu), (Some("watch"), Some(true), Some(0)));
    }

    #[test]
    fn the_rules_of_task_definitions_hold() {
        let refused = define(&request(api::DaemonContainerDefinition::default()), account()).unwrap_err();
        assert_eq!(refused.message(), "Container.name should not be null or empty.");
    }
}
