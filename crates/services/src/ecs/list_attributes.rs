//! `ListAttributes`: the attributes of a cluster's instances, by name and value, a page at a time.

use std::ops::Bound;

use berth_api::ecs::{self as api, errors};
use berth_api::{Call, Refusal, Target};
use berth_model::{Attribute, ContainerInstance};

use super::container_instance::{LISTED, Place, listed};
use super::scope::Scope;
use super::{EcsService, attribute, cluster};
use crate::page::{self, Pages};

/// Attributes of one page, at most.
const MOST: usize = 100;

pub(super) fn access(ecs: &EcsService, call: &Call, input: &api::ListAttributesRequest) -> Vec<Target> {
    cluster::targets(ecs, call, input.cluster.as_deref())
}

pub(super) fn run(
    ecs: &EcsService,
    call: &Call,
    input: api::ListAttributesRequest,
) -> Result<api::ListAttributesResponse, Refusal> {
    let scope = Scope::of(call)?;
    let name = scope.cluster(input.cluster.as_deref())?;
    let filter = Filter { name: input.attribute_name.as_deref(), value: input.attribute_value.as_deref() };
    if filter.value.is_some() && filter.name.is_none() {
        return Err(errors::invalid_parameter_exception("An attributeName must be specified with an attributeValue."));
    }
    let pages = Pages::of(call, "ListAttributes", &[Some(&name), filter.name, filter.value]);
    let after = pages.after(input.next_token.as_deref())?.map(|last| last_of_page(&last)).transpose()?;
    let size = page::size(input.max_results, MOST)?;
    let view = ecs.store.view();
    cluster::active(&view, scope, &name)?;
    let from = after.as_ref().map_or(Bound::Unbounded, |(place, _)| Bound::Included(*place));
    let after =
        |instance: &ContainerInstance| after.as_ref().filter(|(place, _)| place.id == instance.id).map(|(_, name)| &**name);
    let all = listed(&view, scope, &name, &LISTED, from)
        .flat_map(|instance| filter.of(&instance.attributes, after(instance)).into_iter().map(move |found| (instance, found)));
    let (found, next_token) = pages.cut(all, size, |(instance, last)| format!("{}:{}", Place::of(instance), last.name));
    let described = |(instance, found): &(&ContainerInstance, &Attribute)| attribute::described(scope, &name, instance.id, found);
    Ok(api::ListAttributesResponse { attributes: Some(found.iter().map(described).collect()), next_token })
}

/// Which attributes a caller wants listed.
#[derive(Debug, Clone, Copy)]
struct Filter<'a> {
    name: Option<&'a str>,
    value: Option<&'a str>,
}

impl Filter<'_> {
    /// The attributes that are wanted of an instance's, by name, after the one that the last page ended with.
    fn of<'i>(&self, attributes: &'i [Attribute], after: Option<&str>) -> Vec<&'i Attribute> {
        let is_wanted = |found: &&Attribute| {
            self.name.is_none_or(|name| found.name == *name)
                && self.value.is_none_or(|value| found.value.as_deref() == Some(value))
                && after.is_none_or(|after| *found.name > *after)
        };
        let mut selected: Vec<_> = attributes.iter().filter(is_wanted).collect();
        selected.sort_unstable_by(|one, other| one.name.cmp(&other.name));
        selected
    }
}

/// The instance and the attribute that a page ended with.
fn last_of_page(last: &str) -> Result<(Place, String), Refusal> {
    let parse = || {
        let (at, _) = last.match_indices(':').nth(1)?;
        let (place, name) = last.split_at_checked(at)?;
        Some((place.parse().ok()?, name.get(1..)?.to_owned()))
    };
    parse().ok_or_else(page::invalid_token)
}

#[cfg(test)]
mod tests;
