//! The ledger of what tasks hold of their instances: written with every change of a task, in the same update.

use berth_model::{ContainerInstance, InstanceId, Resource, Task, TaskId};
use berth_plan::task;
use berth_store::{InstanceKey, Transaction};

/// The ledger of an instance does not have what a task takes of it, or held: the database is damaged.
#[derive(Debug, thiserror::Error)]
#[error("the ledger of instance {instance} has not enough {what} for task {task}")]
pub struct Shortfall {
    instance: InstanceId,
    what: Resource,
    task: TaskId,
}

/// Puts a new task, or a changed one in the place of what it was, and settles its instance's ledger.
pub(crate) fn put(tx: &mut Transaction, before: Option<&Task>, mut after: Task) -> Result<(), Shortfall> {
    let key = after.instance.map(|id| InstanceKey { region: after.region, id });
    if let Some(instance) = key.and_then(|key| tx.get::<ContainerInstance>(&key)).cloned() {
        let used = task::settle(&instance.used, before, &mut after);
        let used = used.map_err(|what| Shortfall { instance: instance.id, what, task: after.id })?;
        if used != instance.used {
            tx.put(ContainerInstance { used, version: instance.version + 1, ..ContainerInstance::clone(&instance) });
        }
    }
    tx.put(after);
    Ok(())
}
