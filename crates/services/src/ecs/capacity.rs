//! Capacity providers and strategies over them, as clusters and calls name them.

use berth_api::ecs::{CapacityProviderStrategyItem, errors};
use berth_api::{Call, Refusal, Target};
use berth_model::{CapacityProvider, Cluster, LaunchType, Name, ResourceArn, StrategyItem};
use berth_store::{CapacityProviderKey, Shared, State};

use super::scope::{Scope, is_short_name, shortened};
use super::{EcsService, tags};

/// The capacity providers that every account has.
pub(super) const BUILT_IN: [&str; 2] = ["FARGATE", "FARGATE_SPOT"];
/// Items of a strategy, at most.
const MOST_ITEMS: usize = 20;
const MOST_WEIGHT: i32 = 1_000;
const MOST_BASE: i32 = 100_000;

/// The providers that a cluster may use, by name or ARN; each must exist.
pub(super) fn providers(state: &State, scope: Scope, given: &[String]) -> Result<Vec<Name>, Refusal> {
    let mut names = Vec::with_capacity(given.len());
    for text in given {
        let name = provider(state, scope, text)?;
        if !names.contains(&name) {
            names.push(name);
        }
    }
    Ok(names)
}

/// A target with the providers that a request names, as policies see them.
pub(super) fn with_providers(target: Target, scope: Scope, given: &[String]) -> Target {
    let arn = |text: &String| if is_short_name(text) { scope.provider_arn(&Name::new(text)) } else { text.clone() };
    given.iter().fold(target, |target, text| target.with("ecs:capacity-provider", arn(text)))
}

/// Who provides the machines by a strategy, and the strategy, checked.
pub(super) fn launched_by(
    state: &State,
    scope: Scope,
    cluster: &Cluster,
    given: &[CapacityProviderStrategyItem],
) -> Result<(LaunchType, Vec<StrategyItem>), Refusal> {
    strategy(state, scope, given, &cluster.capacity_providers).map(|strategy| (kind(&strategy), strategy))
}

/// Who provides the machines by a strategy: all built-in providers are Fargate's, all others are groups of instances.
pub(super) fn kind(strategy: &[StrategyItem]) -> LaunchType {
    if strategy.iter().any(|item| is_built_in(&item.provider)) { LaunchType::Fargate } else { LaunchType::Ec2 }
}

/// Whether every account has the provider.
pub(super) fn is_built_in(name: &str) -> bool {
    BUILT_IN.contains(&name)
}

/// A strategy over the providers of a cluster, checked.
pub(super) fn strategy(
    state: &State,
    scope: Scope,
    given: &[CapacityProviderStrategyItem],
    of_cluster: &[Name],
) -> Result<Vec<StrategyItem>, Refusal> {
    let refuse = |message: &str| Err(errors::invalid_parameter_exception(message));
    if given.len() > MOST_ITEMS {
        return refuse("The capacity provider strategy has too many items: at most 20 are allowed.");
    }
    let mut items: Vec<StrategyItem> = Vec::with_capacity(given.len());
    for item in given {
        let provider = provider(state, scope, &item.capacity_provider)?;
        if !of_cluster.contains(&provider) {
            return refuse(
                "The specified capacity provider strategy cannot contain a capacity provider that is not associated with the cluster. Associate the capacity provider with the cluster and try again.",
            );
        }
        if items.iter().any(|known| known.provider == provider) {
            return refuse("The specified capacity provider strategy cannot contain duplicate capacity providers.");
        }
        let weight = within(item.weight, MOST_WEIGHT, "weight")?;
        let base = within(item.base, MOST_BASE, "base")?;
        if base > 0 && items.iter().any(|known| known.base > 0) {
            return refuse("The specified capacity provider strategy cannot have more than one capacity provider with a base.");
        }
        items.push(StrategyItem { provider, weight, base });
    }
    let built_in = items.iter().filter(|item| is_built_in(&item.provider)).count();
    if built_in != 0 && built_in != items.len() {
        return refuse(
            "A capacity provider strategy cannot contain a mix of capacity providers using Auto Scaling groups and Fargate providers. Specify one or the other and try again.",
        );
    }
    if !items.is_empty() && items.iter().all(|item| item.weight == 0) {
        return refuse(
            "The specified capacity provider strategy must contain at least one capacity provider with a weight greater than zero.",
        );
    }
    Ok(items)
}

/// The provider that a parameter names, by name or ARN, whether there is one or not.
pub(super) fn named(scope: Scope, text: &str) -> Result<String, Refusal> {
    if !text.starts_with("arn:") {
        return Ok(text.to_owned());
    }
    Ok(match scope.resource(text)? {
        ResourceArn::CapacityProvider { name } => name.to_string(),
        _ => text.to_owned(),
    })
}

/// The record of a provider that somebody made.
pub(super) fn find<'a>(state: &'a State, scope: Scope, name: &str) -> Option<&'a Shared<CapacityProvider>> {
    state.get(&CapacityProviderKey { region: scope.region, name: Name::new(name) })
}

/// A provider as policies see it.
pub(super) fn target(state: &State, scope: Scope, name: &Name) -> Target {
    let tags = find(state, scope, name).map(|found| tags::for_policies(&found.tags)).unwrap_or_default();
    Target { tags, ..Target::new(scope.provider_arn(name)) }
}

/// What a call touches that names a provider.
pub(super) fn targets(ecs: &EcsService, call: &Call, text: &str) -> Vec<Target> {
    let Ok(scope) = Scope::of(call) else { return Target::any() };
    match named(scope, text).ok().filter(|name| is_short_name(name)) {
        Some(name) => vec![target(&ecs.store.view(), scope, &Name::new(&name))],
        None => Target::any(),
    }
}

fn provider(state: &State, scope: Scope, text: &str) -> Result<Name, Refusal> {
    let name = named(scope, text)?;
    // Only what can be a name becomes one: names take a place for good.
    if is_built_in(&name) || (is_short_name(&name) && find(state, scope, &name).is_some()) {
        return Ok(Name::new(&name));
    }
    Err(not_found(&name))
}

/// There is no such provider.
pub(super) fn not_found(name: &str) -> Refusal {
    let name = shortened(name);
    errors::invalid_parameter_exception(format!(
        "The specified capacity provider '{name}' was not found. Specify a valid name or ARN and try again."
    ))
}

fn within(given: Option<i32>, most: i32, what: &str) -> Result<u32, Refusal> {
    let value = given.unwrap_or(0);
    match u32::try_from(value) {
        Ok(number) if value <= most => Ok(number),
        _ => Err(errors::invalid_parameter_exception(format!(
            "The {what} of a capacity provider strategy item must be between 0 and {most}."
        ))),
    }
}
