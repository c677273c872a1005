//! How revisions replace each other, as callers say it and as records keep it.

use berth_api::Refusal;
use berth_api::ecs::{self as api, errors};
use berth_model::{CircuitBreaker, DeploymentConfiguration, Scheduling};
use berth_wire::EnumShape as _;

use super::hooks;
use crate::document;

/// Alarms of one service, at most.
const MOST_ALARMS: usize = 10;
/// Minutes that both revisions may run side by side: a day.
const LONGEST_BAKE: i32 = 1_440;

/// What holds where a caller says nothing.
pub(in crate::ecs) fn default(scheduling: Scheduling) -> DeploymentConfiguration {
    let (minimum_healthy_percent, maximum_percent) = match scheduling {
        Scheduling::Replica => (100, 200),
        Scheduling::Daemon | Scheduling::Managed => (0, 100),
    };
    DeploymentConfiguration {
        minimum_healthy_percent,
        maximum_percent,
        circuit_breaker: CircuitBreaker::default(),
        alarms: None,
        strategy: None,
        bake_minutes: None,
        hooks: Vec::new(),
        drain: None,
    }
}

/// What holds once a caller said this; what it does not mention stays as it was.
pub(in crate::ecs) fn changed(
    before: DeploymentConfiguration,
    given: Option<&api::DeploymentConfiguration>,
    scheduling: Scheduling,
) -> Result<DeploymentConfiguration, Refusal> {
    let Some(given) = given else { return Ok(before) };
    refuse_what_does_not_act(given)?;
    let mut next = before;
    if let Some(percent) = given.minimum_healthy_percent {
        next.minimum_healthy_percent = u32::try_from(percent)
            .ok()
            .filter(|percent| *percent <= 100)
            .ok_or_else(|| invalid("minimumHealthyPercent must be between 0 and 100."))?;
    }
    if let Some(percent) = given.maximum_percent {
        next.maximum_percent = maximum(percent, scheduling)?;
    }
    if next.minimum_healthy_percent == 100 && next.maximum_percent == 100 {
        return Err(invalid("Both maximumPercent and minimumHealthyPercent cannot be 100 as this will block deployments."));
    }
    if let Some(breaker) = &given.deployment_circuit_breaker {
        next.circuit_breaker = CircuitBreaker { enable: breaker.enable, rollback: breaker.rollback };
    }
    if let Some(alarms) = &given.alarms {
        check_alarms(alarms)?;
        next.alarms = Some(document::write(api::DeploymentAlarms::PLACE, alarms));
    }
    if let Some(minutes) = given.bake_time_in_minutes {
        next.bake_minutes = u32::try_from(minutes)
            .ok()
            .filter(|_| minutes <= LONGEST_BAKE)
            .map(Some)
            .ok_or_else(|| invalid(format!("bakeTimeInMinutes must be between 0 and {LONGEST_BAKE}.")))?;
    }
    if let Some(given) = &given.lifecycle_hooks {
        next.hooks = hooks::checked(given)?;
    }
    Ok(next)
}

fn invalid(message: impl Into<String>) -> Refusal {
    errors::invalid_parameter_exception(message)
}

/// Strategies that shift traffic need load balancers.
fn refuse_what_does_not_act(given: &api::DeploymentConfiguration) -> Result<(), Refusal> {
    let unsupported = |what: &str| Err(errors::unsupported_feature_exception(format!("{what} is not supported yet.")));
    match &given.strategy {
        None | Some(api::DeploymentStrategy::Rolling) => {}
        Some(strategy) => return unsupported(&format!("deploymentConfiguration.strategy {}", strategy.as_str())),
    }
    if given.linear_configuration.is_some() {
        return unsupported("deploymentConfiguration.linearConfiguration");
    }
    if given.canary_configuration.is_some() {
        return unsupported("deploymentConfiguration.canaryConfiguration");
    }
    Ok(())
}

fn maximum(percent: i32, scheduling: Scheduling) -> Result<u32, Refusal> {
    let number = u32::try_from(percent).ok().filter(|percent| *percent >= 100);
    let number = number.ok_or_else(|| invalid("maximumPercent must be 100 or more."))?;
    if scheduling == Scheduling::Daemon && number != 100 {
        return Err(invalid(
            "The daemon scheduling strategy does not support a maximumPercent other than 100. Remove the value and try again",
        ));
    }
    Ok(number)
}

fn check_alarms(alarms: &api::DeploymentAlarms) -> Result<(), Refusal> {
    if alarms.enable {
        return Err(errors::unsupported_feature_exception(
            "deploymentConfiguration.alarms with enable=true is not supported until there are CloudWatch alarms: nothing would watch \
             them. Set enable to false; deploymentCircuitBreaker gives up deployments whose tasks fail.",
        ));
    }
    if alarms.alarm_names.len() > MOST_ALARMS {
        return Err(invalid(format!("alarmNames can have at most {MOST_ALARMS} items.")));
    }
    Ok(())
}

/// A record's configuration as AWS describes it.
pub(in crate::ecs) fn describe(configuration: &DeploymentConfiguration) -> Result<api::DeploymentConfiguration, Refusal> {
    let damaged = |cause| Refusal::internal(&api::SERVICE, cause);
    let number = |number: u32| Some(i32::try_from(number).unwrap_or(i32::MAX));
    let alarms = configuration.alarms.as_ref();
    let alarms = alarms.map(|text| document::read(api::DeploymentAlarms::PLACE, text)).transpose().map_err(damaged)?;
    let breaker = configuration.circuit_breaker;
    Ok(api::DeploymentConfiguration {
        deployment_circuit_breaker: Some(api::DeploymentCircuitBreaker { enable: breaker.enable, rollback: breaker.rollback }),
        maximum_percent: number(configuration.maximum_percent),
        minimum_healthy_percent: number(configuration.minimum_healthy_percent),
        alarms,
        strategy: Some(api::DeploymentStrategy::Rolling),
        bake_time_in_minutes: number(configuration.bake_minutes.unwrap_or(0)),
        lifecycle_hooks: hooks::described(&configuration.hooks),
        linear_configuration: None,
        canary_configuration: None,
    })
}

#[cfg(test)]
mod tests;
