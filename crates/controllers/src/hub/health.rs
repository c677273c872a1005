//! What agents say of the health of containers: the only way it reaches the control plane.

use std::convert::Infallible;

use berth_api::acs::{HealthStatus, PublishHealth, TaskHealth};
use berth_model::{Health, Task, TaskDefinition};
use berth_plan::task::observe_health;
use berth_store::{State, TaskDefinitionKey, TaskKey, Transaction, UpdateError};

use super::metrics::Dropped;
use super::{Guest, Hub};

/// Tasks of one report that are looked at. Agents send ten; one update writes a hundred rows.
const MOST_TASKS: usize = 100;

/// What is said of one task.
type Said<'a> = (TaskKey, Vec<(&'a str, Health)>);

/// Takes a report in. Health changes nothing of what a task holds: the ledger stays as it is.
pub(super) async fn take_in(hub: &Hub, guest: &Guest, report: &PublishHealth) -> Result<(), UpdateError<Infallible>> {
    let said: Vec<Said<'_>> = report.tasks.iter().take(MOST_TASKS).filter_map(|task| said(hub, guest, task)).collect();
    let view = hub.0.store.view();
    if said.iter().all(|said| after(&view, guest, said).is_none()) {
        // The same again every twenty seconds is no update.
        return Ok(());
    }
    let step = |tx: &mut Transaction| {
        for said in &said {
            if let Some(after) = after(tx, guest, said) {
                tx.put(after);
            }
        }
        Ok(())
    };
    hub.0.store.update(step).await
}

fn said<'a>(hub: &Hub, guest: &Guest, task: &'a TaskHealth) -> Option<Said<'a>> {
    let key = task.task_arn.as_deref().and_then(|arn| hub.0.names.task_of(guest.key.region, arn));
    let ours = key.filter(|key| hub.0.store.view().get::<Task>(key).is_some_and(|task| is_of(task, guest)));
    let Some(key) = ours else {
        hub.0.metrics.dropped(Dropped::Foreign);
        return None;
    };
    let containers = task.containers.iter().filter_map(|container| {
        let health = match container.health_status.as_ref()? {
            HealthStatus::Healthy => Health::Healthy,
            HealthStatus::Unhealthy => Health::Unhealthy,
            HealthStatus::Unknown => Health::Unknown,
            HealthStatus::Unlisted(_) => return None,
        };
        Some((container.container_name.as_deref()?, health))
    });
    Some((key, containers.collect()))
}

/// The task after what was said of it; none if it says nothing new.
fn after(state: &State, guest: &Guest, (key, reports): &Said<'_>) -> Option<Task> {
    let task = state.get::<Task>(key).filter(|task| is_of(task, guest))?;
    let definition = TaskDefinitionKey { region: task.region, family: task.family.clone(), revision: task.revision };
    observe_health(task, &state.get::<TaskDefinition>(&definition)?.facts, reports)
}

/// An agent speaks for its own tasks alone.
fn is_of(task: &Task, guest: &Guest) -> bool {
    task.region == guest.key.region && task.instance == Some(guest.key.id)
}
