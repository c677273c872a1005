//! The health of a task.

use berth_model::{Facts, Health, Task};

use super::change::changed;

/// The health of the task, from its essential containers that have a health check: unhealthy if one is, unknown if one
/// is or if there are none.
#[must_use]
pub fn health(task: &Task, facts: &Facts) -> Health {
    let checked = facts.containers.iter().zip(&task.containers).filter(|(facts, _)| facts.essential && facts.health_checked);
    let worst = |a: Health, b: Health| match (a, b) {
        (Health::Unhealthy, _) | (_, Health::Unhealthy) => Health::Unhealthy,
        (Health::Unknown, _) | (_, Health::Unknown) => Health::Unknown,
        (Health::Healthy, Health::Healthy) => Health::Healthy,
    };
    checked.map(|(_, container)| container.health).reduce(worst).unwrap_or(Health::Unknown)
}

/// The task after its agent's word on the health of containers, by their names.
#[must_use]
pub fn observe_health(task: &Task, facts: &Facts, reports: &[(&str, Health)]) -> Option<Task> {
    if task.is_stopped() {
        return None;
    }
    let mut next = task.clone();
    for (facts, container) in facts.containers.iter().zip(&mut next.containers) {
        if let Some(&(_, health)) = reports.iter().rev().find(|(name, _)| facts.name == *name) {
            container.health = health;
        }
    }
    changed(task, next)
}
