//! `ListDaemonTaskDefinitions`: the revisions of a region's daemon task definitions, by family and number, a page at a time.

use std::ops::Bound;

use berth_api::ecs::{self as api, errors};
use berth_api::{Call, Refusal};
use berth_model::{Family, Region, TaskDefinition, daemon};
use berth_store::{FamilyKey, RevisionState, Shared, State, TaskDefinitionIndex, TaskDefinitionKey};
use berth_wire::EnumShape as _;

use super::EcsService;
use super::daemon::definition;
use super::scope::{Scope, is_short_name};
use crate::page::{self, Pages};

/// Greater than every character of a family's name.
const AFTER_ALL: char = '~';

pub(super) fn run(
    ecs: &EcsService,
    call: &Call,
    input: api::ListDaemonTaskDefinitionsRequest,
) -> Result<api::ListDaemonTaskDefinitionsResponse, Refusal> {
    let scope = Scope::of(call)?;
    let status = input.status.unwrap_or(api::DaemonTaskDefinitionStatusFilter::Active);
    let sort = input.sort.unwrap_or(api::SortOrder::Asc);
    let given = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
    let (family, prefix) = (given(&input.family), given(&input.family_prefix));
    let last_alone = input.revision.is_some();
    let filters =
        [family.as_deref(), prefix.as_deref(), last_alone.then_some("last"), Some(status.as_str()), Some(sort.as_str())];
    let pages = Pages::of(call, "ListDaemonTaskDefinitions", &filters);
    let after = pages.after(input.next_token.as_deref())?.map(|key| parse(scope.region, &key)).transpose()?;
    let size = page::size(input.max_results, 100)?;
    let (first, end) = range(scope.region, family.as_deref(), prefix.as_deref())?;
    let index = TaskDefinitionIndex::Daemons(scope.region, state(&status)?);
    let view = ecs.store.view();
    let key = |last: &&Shared<TaskDefinition>| format!("{}:{}", last.family, last.revision);
    let is_listed = |found: &&Shared<TaskDefinition>| !last_alone || is_last(&view, found);
    let (revisions, next_token) = match sort {
        api::SortOrder::Asc => {
            let from = after.map_or(Bound::Included(first), Bound::Excluded);
            pages.cut(view.with::<TaskDefinition>(&index, (from, Bound::Excluded(end))).filter(is_listed), size, key)
        }
        api::SortOrder::Desc => {
            let to = Bound::Excluded(after.unwrap_or(end));
            pages.cut(view.with::<TaskDefinition>(&index, (Bound::Included(first), to)).rev().filter(is_listed), size, key)
        }
        api::SortOrder::Unlisted(text) => {
            return Err(errors::invalid_parameter_exception(format!("Invalid sort order '{text}'.")));
        }
    };
    let summaries = revisions.into_iter().map(|found| definition::summary(scope, found)).collect();
    Ok(api::ListDaemonTaskDefinitionsResponse { daemon_task_definitions: Some(summaries), next_token })
}

/// The first key that may be listed, and the one after the last.
fn range(region: Region, family: Option<&str>, prefix: Option<&str>) -> Result<(TaskDefinitionKey, TaskDefinitionKey), Refusal> {
    let key = |family: &str, revision| TaskDefinitionKey { region, family: daemon::kept(family), revision };
    let begin = match (family, prefix) {
        (Some(_), Some(_)) => {
            return Err(errors::invalid_parameter_exception("Specify either family or familyPrefix, not both."));
        }
        (Some(text), None) | (None, Some(text)) => text,
        (None, None) => return Ok((key("", 0), key(&AFTER_ALL.to_string(), 0))),
    };
    if !is_short_name(begin) {
        return Err(errors::client_exception("Family contains invalid characters."));
    }
    match family {
        Some(family) => Ok((key(family, 0), key(family, u32::MAX))),
        None => Ok((key(begin, 0), key(&format!("{begin}{AFTER_ALL}"), 0))),
    }
}

/// Whether nothing was registered in its family after it.
fn is_last(state: &State, found: &TaskDefinition) -> bool {
    let key = FamilyKey { region: found.region, name: found.family.clone() };
    state.get::<Family>(&key).is_some_and(|family| family.last_revision == found.revision)
}

fn state(status: &api::DaemonTaskDefinitionStatusFilter) -> Result<Option<RevisionState>, Refusal> {
    match status {
        api::DaemonTaskDefinitionStatusFilter::Active => Ok(Some(RevisionState::Active)),
        api::DaemonTaskDefinitionStatusFilter::DeleteInProgress => Ok(Some(RevisionState::DeleteInProgress)),
        api::DaemonTaskDefinitionStatusFilter::All => Ok(None),
        api::DaemonTaskDefinitionStatusFilter::Unlisted(text) => {
            Err(errors::invalid_parameter_exception(format!("Invalid daemon task definition status '{text}'.")))
        }
    }
}

/// The key in a token.
fn parse(region: Region, key: &str) -> Result<TaskDefinitionKey, Refusal> {
    let (family, revision) = key.rsplit_once(':').ok_or_else(page::invalid_token)?;
    let revision = revision.parse().map_err(|_| page::invalid_token())?;
    Ok(TaskDefinitionKey { region, family: family.into(), revision })
}
