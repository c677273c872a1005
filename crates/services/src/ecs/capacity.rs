//! Capacity providers and strategies over them, as clusters and calls name them.

use berth_api::ecs::{CapacityProviderStrategyItem, errors};
use berth_api::{Refusal, Target};
use berth_model::{Cluster, LaunchType, Name, ResourceArn, StrategyItem};

use super::scope::{Scope, shortened};

/// The capacity providers that every account has.
pub(super) const BUILT_IN: [&str; 2] = ["FARGATE", "FARGATE_SPOT"];
/// Items of a strategy, at most.
const MOST_ITEMS: usize = 20;
const MOST_WEIGHT: i32 = 1_000;
const MOST_BASE: i32 = 100_000;

/// The providers that a cluster may use, by name or ARN; each must exist.
pub(super) fn providers(scope: Scope, given: &[String]) -> Result<Vec<Name>, Refusal> {
    let mut names = Vec::with_capacity(given.len());
    for text in given {
        let name = provider(scope, text)?;
        if !names.contains(&name) {
            names.push(name);
        }
    }
    Ok(names)
}

/// A target with the providers that a request names, as policies see them.
pub(super) fn with_providers(target: Target, scope: Scope, given: &[String]) -> Target {
    let arn = |text: &String| match provider(scope, text) {
        Ok(name) => scope.arn(ResourceArn::CapacityProvider { name }).to_string(),
        Err(_) => text.clone(),
    };
    given.iter().fold(target, |target, text| target.with("ecs:capacity-provider", arn(text)))
}

/// Who provides the machines by a strategy, and the strategy, checked.
pub(super) fn launched_by(
    scope: Scope,
    cluster: &Cluster,
    given: &[CapacityProviderStrategyItem],
) -> Result<(LaunchType, Vec<StrategyItem>), Refusal> {
    // All built-in providers are Fargate's.
    strategy(scope, given, &cluster.capacity_providers).map(|strategy| (LaunchType::Fargate, strategy))
}

/// A strategy over the providers of a cluster, checked.
pub(super) fn strategy(
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
        let provider = provider(scope, &item.capacity_provider)?;
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
    if !items.is_empty() && items.iter().all(|item| item.weight == 0) {
        return refuse(
            "The specified capacity provider strategy must contain at least one capacity provider with a weight greater than zero.",
        );
    }
    Ok(items)
}

fn provider(scope: Scope, text: &str) -> Result<Name, Refusal> {
    let name = if text.starts_with("arn:") {
        match scope.resource(text)? {
            ResourceArn::CapacityProvider { name } => name.to_string(),
            _ => text.to_owned(),
        }
    } else {
        text.to_owned()
    };
    if BUILT_IN.contains(&name.as_str()) {
        return Ok(Name::new(&name));
    }
    let name = shortened(&name);
    Err(errors::invalid_parameter_exception(format!(
        "The specified capacity provider '{name}' was not found. Specify a valid name or ARN and try again."
    )))
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
