//! The ledger of what tasks hold of their instances: written with every change of a task, in the same update.

use berth_api::Refusal;
use berth_api::ecs::SERVICE;
use berth_model::{ContainerInstance, Task};
use berth_plan::task;
use berth_store::{InstanceKey, Shared, TaskKey, Transaction};

/// Puts a changed task in the place of what it was, and settles its instance's ledger. Answers the task as it is now.
pub(super) fn replace(tx: &mut Transaction, before: &Task, mut after: Task) -> Result<Shared<Task>, Refusal> {
    if let Some(id) = before.instance {
        let key = InstanceKey { region: before.region, id };
        if let Some(instance) = tx.get::<ContainerInstance>(&key).cloned() {
            let used = task::settle(&instance.used, Some(before), &mut after).map_err(|short| {
                Refusal::internal(&SERVICE, format!("the ledger of instance {id} has not enough {short} for task {}", before.id))
            })?;
            if used != instance.used {
                tx.put(ContainerInstance { used, version: instance.version + 1, ..ContainerInstance::clone(&instance) });
            }
        }
    }
    let key = TaskKey { region: after.region, id: after.id };
    tx.put(after);
    tx.get::<Task>(&key).cloned().ok_or_else(|| Refusal::internal(&SERVICE, "a task that was put is not there"))
}
