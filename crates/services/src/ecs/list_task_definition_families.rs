//! `ListTaskDefinitionFamilies`: the names of families that have revisions, by name, a page at a time.

use std::ops::Bound;

use berth_api::ecs::{self as api, errors};
use berth_api::{Call, Refusal};
use berth_model::{Family, Name, TaskDefinition, daemon};
use berth_store::{FamilyKey, RevisionState, State, TaskDefinitionIndex};
use berth_wire::EnumShape;

use super::EcsService;
use super::scope::Scope;
use crate::page::{self, Pages};

pub(super) fn run(
    ecs: &EcsService,
    call: &Call,
    input: api::ListTaskDefinitionFamiliesRequest,
) -> Result<api::ListTaskDefinitionFamiliesResponse, Refusal> {
    let scope = Scope::of(call)?;
    let status = input.status.unwrap_or(api::TaskDefinitionFamilyStatus::All);
    if let api::TaskDefinitionFamilyStatus::Unlisted(text) = &status {
        return Err(errors::invalid_parameter_exception(format!("Invalid task definition family status '{text}'.")));
    }
    let prefix = input.family_prefix.as_deref().unwrap_or_default();
    let pages = Pages::of(call, "ListTaskDefinitionFamilies", &[Some(prefix), Some(status.as_str())]);
    let after = pages.after(input.next_token.as_deref())?;
    let size = page::size(input.max_results, 100)?;
    let key = |name: &str| FamilyKey { region: scope.region, name: Name::new(name) };
    let from = after.as_deref().map_or_else(|| Bound::Included(key(prefix)), |last| Bound::Excluded(key(last)));
    let view = ecs.store.view();
    let families = view
        .range::<Family>((from, Bound::Unbounded))
        .take_while(|family| family.region == scope.region && family.name.starts_with(prefix))
        .filter(|family| daemon::known_as(&family.name).is_none() && is_listed(&view, family, &status));
    let (families, next_token) = pages.cut(families, size, |last| last.name.to_string());
    let names = families.into_iter().map(|family| family.name.to_string()).collect();
    Ok(api::ListTaskDefinitionFamiliesResponse { families: Some(names), next_token })
}

/// Whether a family has revisions of the kind. A family outlives its revisions: one without any is not shown.
fn is_listed(state: &State, family: &Family, status: &api::TaskDefinitionFamilyStatus) -> bool {
    let has = |revisions: RevisionState| {
        state.count::<TaskDefinition>(&TaskDefinitionIndex::Family(family.region, family.name.clone(), revisions)) > 0
    };
    let is_active = has(RevisionState::Active);
    let has_others = || has(RevisionState::Inactive) || has(RevisionState::DeleteInProgress);
    match status {
        api::TaskDefinitionFamilyStatus::Active => is_active,
        api::TaskDefinitionFamilyStatus::Inactive => !is_active && has_others(),
        _ => is_active || has_others(),
    }
}
