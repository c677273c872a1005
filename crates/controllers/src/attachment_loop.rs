//! Gives back what was made for tasks that have ended, which ends them; and ends tasks whose agent did not find what was made for
//! them.

use std::time::Duration;

use berth_model::{Task, Timestamp};
use berth_plan::task;
use berth_store::{State, Store, TaskIndex, TaskKey, Transaction};

use crate::ledger::{self, Shortfall};
use crate::loops::{Loop, Pass, PassError, Passes, Work};

/// Tasks of one update, at most: each changes itself and its instance, and one update writes 100 rows.
const MOST: usize = 50;

pub(crate) const ENTRY: Loop = Loop {
    name: "attachment",
    work: Work::Passes(Passes {
        topics: |touched| touched.any::<Task>(),
        period: Duration::from_secs(10),
        run: |store, now| Box::pin(async move { pass(&store, now).await }),
    }),
};

/// Ends all tasks that are due, an update's worth at a time.
async fn pass(store: &Store, now: Timestamp) -> Result<Pass, PassError> {
    let mut pass = Pass::default();
    loop {
        let due = due(&store.view(), now);
        if due.is_empty() {
            return Ok(pass);
        }
        let ended = store.update(|tx| end(tx, &due, now)).await.map_err(PassError::of)?;
        if ended == 0 {
            return Ok(pass);
        }
        pass.changed += ended;
    }
}

/// The first tasks that are due.
fn due(state: &State, now: Timestamp) -> Vec<TaskKey> {
    let key = |task: &Task| TaskKey { region: task.region, id: task.id };
    let ended = state.with::<Task>(&TaskIndex::Deprovisioning, ..).map(|task| key(task));
    let until = TaskIndex::attaching_since(now - task::ATTACH_WITHIN);
    let waiting = state.index::<Task>(TaskIndex::AttachingSince(i64::MIN)..=until).map(|(_, key)| *key);
    // The last of these minutes is not over for all that is in it.
    let late = waiting.filter(|key| state.get::<Task>(key).is_some_and(|task| task::not_attached(task, now).is_some()));
    ended.chain(late).take(MOST).collect()
}

/// Ends what is due, looking again: the newest state may know better than the view that was looked at.
fn end(tx: &mut Transaction, due: &[TaskKey], now: Timestamp) -> Result<usize, Shortfall> {
    let mut ended = 0;
    for key in due {
        let Some(before) = tx.get::<Task>(key).cloned() else { continue };
        let after = task::deprovisioned(&before, now).or_else(|| task::not_attached(&before, now));
        if let Some(after) = after {
            ledger::put(tx, Some(&before), after)?;
            ended += 1;
        }
    }
    Ok(ended)
}

#[cfg(test)]
mod tests;
