//! `SubmitAttachmentStateChanges`: what an agent says of attachments, such as a network interface that is there now.

use berth_api::ecs::{self as api, errors};
use berth_api::{Call, Refusal, Target};
use berth_model::{AttachmentId, Task, Timestamp};
use berth_plan::task::{self as life, TaskReport};
use berth_store::{State, TaskIndex, TaskKey};

use super::scope::Scope;
use super::submit_task_state_change::attachment;
use super::{EcsService, cluster, ledger, task};

/// Attachments of one call, at most: each changes a task and an instance, and one update writes 100 rows.
const MOST: usize = 50;

pub(super) fn access(ecs: &EcsService, call: &Call, input: &api::SubmitAttachmentStateChangesRequest) -> Vec<Target> {
    let Ok(scope) = Scope::of(call) else { return Target::any() };
    let view = ecs.store.view();
    let target = |change: &api::AttachmentStateChange| {
        let (id, _) = attachment(scope, change).ok()?;
        let task = of(&view, id)?;
        Some(task::target(&view, scope, &task.cluster, task.id))
    };
    input
        .attachments
        .iter()
        .take(MOST)
        .map(|change| target(change).unwrap_or_else(|| Target::new(change.attachment_arn.clone())))
        .collect()
}

pub(super) async fn run(
    ecs: &EcsService,
    call: &Call,
    input: api::SubmitAttachmentStateChangesRequest,
) -> Result<api::SubmitAttachmentStateChangesResponse, Refusal> {
    let scope = Scope::of(call)?;
    let name = scope.cluster(input.cluster.as_deref())?;
    if input.attachments.len() > MOST {
        return Err(errors::invalid_parameter_exception(format!("Attachments cannot have more than {MOST} entries.")));
    }
    let now = Timestamp::from_millis(call.received_at.0);
    let changes = input.attachments.iter().map(|change| attachment(scope, change)).collect::<Result<Vec<_>, _>>()?;
    ecs.update(|tx| {
        cluster::active(tx, scope, &name)?;
        for &(id, is_there) in &changes {
            let before =
                of(tx, id).ok_or_else(|| errors::invalid_parameter_exception(format!("The attachment {id} was not found.")))?;
            let key = TaskKey { region: before.region, id: before.id };
            let Some(before) = tx.get::<Task>(&key).cloned() else { continue };
            let facts = task::facts(tx, &before)?;
            let report = TaskReport { attachments: vec![(id, is_there)], ..TaskReport::default() };
            if let Some(after) = life::observe(&before, &facts, &report, now) {
                ledger::replace(tx, &before, after)?;
            }
        }
        Ok(())
    })
    .await?;
    Ok(api::SubmitAttachmentStateChangesResponse { acknowledgment: Some("ACK".to_owned()) })
}

/// The task that an attachment belongs to.
fn of(state: &State, id: AttachmentId) -> Option<&Task> {
    state.with::<Task>(&TaskIndex::Attachment(id), ..).next().map(|task| &**task)
}
