//! `ListTaskDefinitions`: the ARNs of revisions with a status, of one family or all, by family and number, a page at a time.

use std::ops::Bound;

use berth_api::ecs::{self as api, errors};
use berth_api::{Call, Refusal};
use berth_model::{Name, Region, TaskDefinition};
use berth_store::{RevisionState, Shared, TaskDefinitionIndex, TaskDefinitionKey};
use berth_wire::EnumShape;

use super::EcsService;
use super::scope::Scope;
use crate::page::{self, Pages};

pub(super) fn run(
    ecs: &EcsService,
    call: &Call,
    input: api::ListTaskDefinitionsRequest,
) -> Result<api::ListTaskDefinitionsResponse, Refusal> {
    let scope = Scope::of(call)?;
    let status = input.status.unwrap_or(api::TaskDefinitionStatus::Active);
    let sort = input.sort.unwrap_or(api::SortOrder::Asc);
    // The parameter is called a prefix, but the whole name is meant.
    let family = input.family_prefix.as_deref().filter(|family| !family.is_empty());
    let pages = Pages::of(call, "ListTaskDefinitions", &[family, Some(status.as_str()), Some(sort.as_str())]);
    let after = pages.after(input.next_token.as_deref())?.map(|key| parse(scope.region, &key)).transpose()?;
    let size = page::size(input.max_results, 100)?;
    let state = state(&status)?;
    let index = match family {
        Some(family) => TaskDefinitionIndex::Family(scope.region, Name::new(family), state),
        None => TaskDefinitionIndex::Status(scope.region, state),
    };
    let view = ecs.store.view();
    let after = after.map_or(Bound::Unbounded, Bound::Excluded);
    let key = |last: &&Shared<TaskDefinition>| format!("{}:{}", last.family, last.revision);
    let (revisions, next_token) = match sort {
        api::SortOrder::Asc => pages.cut(view.with::<TaskDefinition>(&index, (after, Bound::Unbounded)), size, key),
        api::SortOrder::Desc => pages.cut(view.with::<TaskDefinition>(&index, (Bound::Unbounded, after)).rev(), size, key),
        api::SortOrder::Unlisted(text) => {
            return Err(errors::invalid_parameter_exception(format!("Invalid sort order '{text}'.")));
        }
    };
    let arns = revisions.into_iter().map(|found| scope.task_definition_arn(&found.family, found.revision)).collect();
    Ok(api::ListTaskDefinitionsResponse { task_definition_arns: Some(arns), next_token })
}

fn state(status: &api::TaskDefinitionStatus) -> Result<RevisionState, Refusal> {
    match status {
        api::TaskDefinitionStatus::Active => Ok(RevisionState::Active),
        api::TaskDefinitionStatus::Inactive => Ok(RevisionState::Inactive),
        api::TaskDefinitionStatus::DeleteInProgress => Ok(RevisionState::DeleteInProgress),
        api::TaskDefinitionStatus::Unlisted(text) => {
            Err(errors::invalid_parameter_exception(format!("Invalid task definition status '{text}'.")))
        }
    }
}

/// The key in a token.
fn parse(region: Region, key: &str) -> Result<TaskDefinitionKey, Refusal> {
    let (family, revision) = key.rsplit_once(':').ok_or_else(page::invalid_token)?;
    let revision = revision.parse().map_err(|_| page::invalid_token())?;
    Ok(TaskDefinitionKey { region, family: Name::new(family), revision })
}
