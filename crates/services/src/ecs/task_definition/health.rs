//! Health checks and restarts.

use std::ops::RangeInclusive;

use berth_api::ecs::{ContainerDefinition, HealthCheck};

use super::rule::{Checked, all, name, require};

/// Seconds between checks, seconds for one, failures in a row, seconds without counting.
const INTERVAL: RangeInclusive<i32> = 5..=300;
const TIMEOUT: RangeInclusive<i32> = 2..=60;
const RETRIES: RangeInclusive<i32> = 1..=10;
const START_PERIOD: RangeInclusive<i32> = 0..=300;
/// Seconds that a container has to have run to be restarted.
const RESTART_PERIOD: RangeInclusive<i32> = 60..=1800;
/// Exit codes that are not restarted, at most.
const MOST_EXIT_CODES: usize = 50;

/// The rules about one container's health check and restarts.
pub(super) fn check(container: &ContainerDefinition) -> Checked {
    if let Some(health) = &container.health_check {
        check_health(container, health)?;
    }
    let Some(policy) = &container.restart_policy else { return Ok(()) };
    let name = name(container);
    require(policy.restart_attempt_period.is_none_or(|seconds| RESTART_PERIOD.contains(&seconds)), || {
        let (least, most) = RESTART_PERIOD.into_inner();
        format!("The 'restartAttemptPeriod' setting for container '{name}' must be between {least} and {most}.")
    })?;
    require(all(policy.ignored_exit_codes.as_ref()).len() <= MOST_EXIT_CODES, || {
        format!("The 'ignoredExitCodes' setting for container '{name}' must have at most {MOST_EXIT_CODES} exit codes.")
    })
}

fn check_health(container: &ContainerDefinition, health: &HealthCheck) -> Checked {
    let name = name(container);
    let starts = health.command.first().is_some_and(|word| matches!(word.as_str(), "CMD" | "CMD-SHELL"));
    require(starts && health.command.len() > 1, || {
        format!("Health check command must start with CMD or CMD-SHELL and name a command for container '{name}'")
    })?;
    for (field, value, range) in [
        ("interval", health.interval, INTERVAL),
        ("timeout", health.timeout, TIMEOUT),
        ("retries", health.retries, RETRIES),
        ("startPeriod", health.start_period, START_PERIOD),
    ] {
        let Some(value) = value else { continue };
        let (least, most) = range.into_inner();
        require(value <= most, || {
            format!("Health check {field} must be less than or equal to the maximum allowed value {most} for container '{name}'")
        })?;
        require(value >= least, || {
            format!(
                "Health check {field} must be greater than or equal to the minimum allowed value {least} for container '{name}'"
            )
        })?;
    }
    Ok(())
}
