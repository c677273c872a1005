//! `DescribeCapacityProviders`: FARGATE, FARGATE_SPOT and named groups of nodes: all, a cluster's, or those that are named.

use berth_api::ecs::{self as api, errors};
use berth_api::{Call, Refusal, Target};
use berth_model::{CapacityProvider, Name};
use berth_store::{CapacityProviderKey, State};

use super::scope::{Scope, is_short_name};
use super::{EcsService, capacity, capacity_provider, cluster, failure};
use crate::page::{self, Pages};

/// Providers of one page, where a caller does not say and at most; and named in one call.
const MOST: usize = 10;
const MOST_NAMED: usize = 100;

pub(super) fn access(ecs: &EcsService, call: &Call, input: &api::DescribeCapacityProvidersRequest) -> Vec<Target> {
    match input.capacity_providers.as_deref().filter(|named| !named.is_empty()) {
        Some(named) => named.iter().take(MOST_NAMED).flat_map(|text| capacity::targets(ecs, call, text)).collect(),
        None => Target::any(),
    }
}

pub(super) fn run(
    ecs: &EcsService,
    call: &Call,
    input: api::DescribeCapacityProvidersRequest,
) -> Result<api::DescribeCapacityProvidersResponse, Refusal> {
    let scope = Scope::of(call)?;
    let named = input.capacity_providers.unwrap_or_default();
    if named.len() > MOST_NAMED {
        return Err(errors::invalid_parameter_exception(format!(
            "capacityProviders cannot have more than {MOST_NAMED} entries."
        )));
    }
    let with_tags = input.include.unwrap_or_default().contains(&api::CapacityProviderField::Tags);
    let of_cluster = input.cluster.as_deref().filter(|text| !text.is_empty());
    let of_cluster = of_cluster.map(|text| scope.cluster(Some(text))).transpose()?;
    let view = ecs.store.view();
    let allowed = of_cluster.as_ref().map(|name| cluster::active(&view, scope, name)).transpose()?;
    let allowed = allowed.map(|cluster| cluster.capacity_providers.as_slice());
    let look = Look { state: &view, scope, allowed, with_tags };
    let (mut providers, mut failures) = (Vec::new(), Vec::new());
    for text in &named {
        match look.described(&capacity::named(scope, text)?) {
            Some(found) => providers.push(found?),
            None => failures.push(failure::missing(text)),
        }
    }
    let mut next_token = None;
    if named.is_empty() {
        let pages = Pages::of(call, "DescribeCapacityProviders", &[of_cluster.as_ref().map(Name::as_str)]);
        let after = pages.after(input.next_token.as_deref())?;
        let size = page::size(input.max_results, MOST)?;
        let listed = look.names().into_iter().filter(|name| after.as_deref().is_none_or(|after| name.as_str() > after));
        let (page, token) = pages.cut(listed, size, ToString::to_string);
        providers = page.iter().filter_map(|name| look.described(name)).collect::<Result<_, _>>()?;
        next_token = token;
    }
    Ok(api::DescribeCapacityProvidersResponse { capacity_providers: Some(providers), failures: Some(failures), next_token })
}

/// What a caller may see.
struct Look<'a> {
    state: &'a State,
    scope: Scope,
    /// The providers of the cluster that is asked about.
    allowed: Option<&'a [Name]>,
    with_tags: bool,
}

impl Look<'_> {
    fn is_allowed(&self, name: &str) -> bool {
        self.allowed.is_none_or(|allowed| allowed.iter().any(|known| *known == *name))
    }

    /// The provider of that name, if there is one to see.
    fn described(&self, name: &str) -> Option<Result<api::CapacityProvider, Refusal>> {
        if !is_short_name(name) || !self.is_allowed(name) {
            return None;
        }
        if capacity::is_built_in(name) {
            return Some(Ok(capacity_provider::built_in(self.scope, name)));
        }
        let found = capacity::find(self.state, self.scope, name)?;
        Some(capacity_provider::describe(self.scope, found, self.with_tags))
    }

    /// All that there are to see, in order.
    fn names(&self) -> Vec<Name> {
        let first = CapacityProviderKey { region: self.scope.region, name: Name::new("") };
        let own = self.state.range::<CapacityProvider>(first..).take_while(|provider| provider.region == self.scope.region);
        let mut names: Vec<Name> = capacity::BUILT_IN.iter().map(|name| Name::new(name)).collect();
        names.extend(own.map(|provider| provider.name.clone()));
        names.retain(|name| self.is_allowed(name));
        names.sort();
        names
    }
}
