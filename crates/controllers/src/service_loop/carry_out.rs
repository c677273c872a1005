//! What a plan says, done.

use berth_model::{Service, ServiceEvent, Task, TaskId, TaskSet, Timestamp};
use berth_plan::service::Plan;
use berth_plan::{IdSource, task};
use berth_store::{Shared, TaskKey, Transaction};

use super::Trouble;
use super::scene::Scene;
use crate::ledger;

/// Writes all that a plan says about the service of a scene.
pub(super) fn carry_out(
    tx: &mut Transaction,
    scene: &Scene,
    plan: Plan,
    now: Timestamp,
    ids: &mut dyn IdSource,
) -> Result<(), Trouble> {
    let service = &scene.service;
    for start in &plan.starts {
        let recipe = scene.recipe(start.revision).ok_or_else(|| Trouble::Plan(format!("revision {}", start.revision)))?;
        let task = recipe.task(tx, service, start, now, ids)?;
        ledger::put(tx, None, task)?;
    }
    for halt in &plan.stops {
        let before = find(tx, service, halt.task)?;
        if let Some(after) = task::stop(&before, halt.code, &halt.reason, now) {
            ledger::put(tx, Some(&before), after)?;
        }
    }
    for id in &plan.settled {
        let before = find(tx, service, *id)?;
        tx.put(Task { settled: true, ..Task::clone(&before) });
    }
    tell(tx, service, &plan.events, now, ids);
    if let Some(service) = plan.service {
        tx.put(service);
    }
    if let Some(revision) = plan.revision {
        tx.put(revision);
    }
    for record in plan.records {
        tx.put(record);
    }
    for set in plan.sets {
        tx.put(set);
    }
    for key in scene.drained(tx) {
        tx.delete::<TaskSet>(&key);
    }
    Ok(())
}

fn find(tx: &Transaction, service: &Service, id: TaskId) -> Result<Shared<Task>, Trouble> {
    let found = tx.get::<Task>(&TaskKey { region: service.region, id });
    found.cloned().ok_or_else(|| Trouble::Plan(format!("task {id}")))
}

/// Adds a service's next events, over those a hundred before them.
fn tell(tx: &mut Transaction, service: &Service, messages: &[Box<str>], now: Timestamp, ids: &mut dyn IdSource) {
    for (number, message) in (service.next_event..).zip(messages) {
        tx.put(ServiceEvent {
            region: service.region,
            cluster: service.cluster.clone(),
            service: service.name.clone(),
            number,
            id: ids.next(),
            at: now,
            message: message.clone(),
        });
    }
}
