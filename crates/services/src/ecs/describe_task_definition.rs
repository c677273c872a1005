//! `DescribeTaskDefinition`: a revision whatever its status, or the newest ACTIVE one of a family.

use berth_api::ecs::{self as api, errors};
use berth_api::{Call, Refusal};

use super::scope::Scope;
use super::task_definition::{Reference, described};
use super::{EcsService, tags};

pub(super) fn run(
    ecs: &EcsService,
    call: &Call,
    input: api::DescribeTaskDefinitionRequest,
) -> Result<api::DescribeTaskDefinitionResponse, Refusal> {
    let scope = Scope::of(call)?;
    let reference = Reference::parse(scope, &input.task_definition)?;
    let view = ecs.store.view();
    let found = reference.find(&view, scope).ok_or_else(|| errors::client_exception("Unable to describe task definition."))?;
    let with_tags = input.include.unwrap_or_default().contains(&api::TaskDefinitionField::Tags);
    Ok(api::DescribeTaskDefinitionResponse {
        task_definition: Some(described(found, scope.task_definition_arn(&found.family, found.revision))?),
        tags: Some(if with_tags { tags::described(&found.tags) } else { Vec::new() }),
    })
}
