//! What containers wait for, and how long.

use berth_api::ecs::{ContainerCondition, ContainerDefinition, RegisterTaskDefinitionRequest};

use super::links::{has_cycle, position};
use super::rule::{Checked, all, name, refusal, require};

/// Seconds that a start or stop timeout has at least.
const LEAST_TIMEOUT: i32 = 2;

/// The rules about `dependsOn` and timeouts.
pub(super) fn check(request: &RegisterTaskDefinitionRequest) -> Checked {
    let containers = &request.container_definitions;
    for container in containers {
        check_timeouts(container)?;
        for dependency in all(container.depends_on.as_ref()) {
            let wanted = &dependency.container_name;
            let target = position(containers, wanted).and_then(|at| containers.get(at));
            let Some(target) = target else {
                return Err(refusal(format!("Cannot depend on container + '{wanted}' because it does not exist")));
            };
            check_condition(&dependency.condition, target)?;
        }
    }
    let needs = |container: &ContainerDefinition| {
        let names = all(container.depends_on.as_ref()).iter().map(|dependency| dependency.container_name.as_str());
        names.filter_map(|name| position(containers, name)).collect()
    };
    require(!has_cycle(containers, needs), || "Container dependencies should not have a cycle")
}

fn check_condition(condition: &ContainerCondition, target: &ContainerDefinition) -> Checked {
    match condition {
        // It would take the whole task down with it.
        ContainerCondition::Success | ContainerCondition::Complete => require(
            target.essential == Some(false),
            || "A dependency container with SUCCESS or COMPLETE condition cannot be an essential container",
        ),
        ContainerCondition::Healthy => require(
            target.health_check.is_some(),
            || "A dependency container with HEALTHY condition must have health check configured",
        ),
        ContainerCondition::Start => Ok(()),
        ContainerCondition::Unlisted(text) => Err(refusal(format!("Invalid container dependency condition '{text}'."))),
    }
}

fn check_timeouts(container: &ContainerDefinition) -> Checked {
    for (what, seconds) in [("start", container.start_timeout), ("stop", container.stop_timeout)] {
        require(seconds.is_none_or(|seconds| seconds >= LEAST_TIMEOUT), || {
            format!("Granular {what} timeout on container '{}' must be at least {LEAST_TIMEOUT} seconds.", name(container))
        })?;
    }
    Ok(())
}
