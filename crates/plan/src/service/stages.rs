//! The stages of a deployment, and its pauses at hooks.
//!
//! A deployment with hooks goes through its stages in order. At a stage with hooks it pauses until somebody has let it go on from each, or
//! wants it to be taken back, or their time is over. Where it is stands in its record. One without hooks has no stages.

use berth_model::{
    Deployment, HookAction, HookId, LifecycleStage, Pause, PauseHook, PauseStatus, Rollout, Service, ServiceDeployment,
    ServiceDeploymentStatus, Timestamp,
};

use super::event;
use super::member::Member;
use super::rollout::Draft;
use crate::IdSource;
use crate::placement::Sieve;

/// The deployment whose tasks a service is to have: its primary one. As long as nothing of that may be started, it is the one before:
/// the last that completed, else the newest that was not given up.
#[must_use]
pub fn acting<'s, 'r>(service: &'s Service, records: impl IntoIterator<Item = &'r ServiceDeployment>) -> Option<&'s Deployment> {
    let primary = service.primary()?;
    let is_held_back = records.into_iter().any(|record| record.id == primary.record && record.is_held_back());
    if !is_held_back {
        return Some(primary);
    }
    let before = |rollout| service.deployments.iter().skip(1).find(move |deployment| deployment.rollout == rollout);
    before(Rollout::Completed).or_else(|| before(Rollout::InProgress))
}

/// Why nobody can say how a deployment goes on from a pause.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AnswerError {
    /// It has no such pause.
    #[error("the deployment has no pause of that id")]
    Unknown,
    /// The deployment does not wait there any more.
    #[error("the pause is {}", .0.as_str())]
    Over(PauseStatus),
    /// The deployment does not go on at all.
    #[error("the deployment is {}", .0.as_str())]
    NotInProgress(ServiceDeploymentStatus),
}

/// The record of a deployment once somebody said how it goes on from a pause. To say the same again changes nothing.
///
/// # Errors
/// The deployment does not wait for it.
pub fn answer(
    record: &ServiceDeployment,
    hook_id: &str,
    action: HookAction,
    now: Timestamp,
) -> Result<ServiceDeployment, AnswerError> {
    let mut next = record.clone();
    let pause = next.pauses.iter_mut().find(|pause| pause.hook_id() == hook_id).ok_or(AnswerError::Unknown)?;
    let answered = match action {
        HookAction::Continue => PauseStatus::Succeeded,
        HookAction::Rollback => PauseStatus::Failed,
    };
    if pause.status == answered && !record.status.is_final() {
        return Ok(next);
    }
    match pause.status {
        PauseStatus::AwaitingAction if record.status != ServiceDeploymentStatus::InProgress => {
            return Err(AnswerError::NotInProgress(record.status));
        }
        PauseStatus::AwaitingAction if pause.expires_at <= now => return Err(AnswerError::Over(PauseStatus::TimedOut)),
        PauseStatus::AwaitingAction => pause.status = answered,
        PauseStatus::Succeeded | PauseStatus::Failed | PauseStatus::TimedOut => return Err(AnswerError::Over(pause.status)),
    }
    if action == HookAction::Rollback {
        next.status = ServiceDeploymentStatus::RollbackRequested;
    }
    next.updated_at = now;
    Ok(next)
}

/// The stage in which a deployment begins that takes the place of so many revisions.
pub(super) fn first(hooks: &[PauseHook], replaced: usize) -> Option<LifecycleStage> {
    let first = if replaced > 1 { LifecycleStage::ReconcileService } else { LifecycleStage::PreScaleUp };
    (!hooks.is_empty()).then_some(first)
}

/// Ends the pauses of a deployment that does not go on.
pub(super) fn end_pauses(mut pauses: Vec<Pause>) -> Vec<Pause> {
    for pause in pauses.iter_mut().filter(|pause| pause.status == PauseStatus::AwaitingAction) {
        pause.status = PauseStatus::Failed;
    }
    pauses
}

/// How far the primary deployment may go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// To its end.
    Open,
    /// Nothing of it may be started yet.
    HeldBack,
    /// From now on its tasks may be started, which the next pass does.
    Opened,
}

impl Draft<'_> {
    /// Ends the pauses whose time is over.
    pub(super) fn time_out(&mut self) {
        let now = self.now;
        let is_late = |pause: &Pause| pause.status == PauseStatus::AwaitingAction && pause.expires_at <= now;
        let Some(record) = self.primary_record() else { return };
        let late: Vec<&Pause> = record.pauses.iter().filter(|pause| is_late(pause)).collect();
        let Some(stage) = late.first().map(|pause| pause.stage) else { return };
        let message = event::timed_out(&self.label, record.deployment, stage, &late);
        self.plan.events.push(message.into());
        self.record(record.id, |record| {
            for pause in record.pauses.iter_mut().filter(|pause| is_late(pause)) {
                pause.status = PauseStatus::TimedOut;
            }
        });
    }

    /// Goes through the stages before tasks are started.
    pub(super) fn before_scale_up(&mut self, ids: &mut dyn IdSource) -> Way {
        let Some(record) = self.primary_record().filter(ServiceDeployment::is_held_back) else { return Way::Open };
        for stage in [LifecycleStage::ReconcileService, LifecycleStage::PreScaleUp] {
            if record.stage <= Some(stage) && self.pauses_at(stage, ids) {
                return Way::HeldBack;
            }
        }
        self.record(record.id, |record| record.stage = Some(LifecycleStage::ScaleUp));
        Way::Opened
    }

    /// Goes through the stage after all tasks are there, or not: whether the deployment may be complete once they are.
    pub(super) fn after_scale_up(&mut self, is_there: bool, ids: &mut dyn IdSource) -> bool {
        let stage = self.primary_record().and_then(|record| record.stage);
        match stage {
            Some(LifecycleStage::ScaleUp) if !is_there => false,
            Some(LifecycleStage::ScaleUp | LifecycleStage::PostScaleUp) => !self.pauses_at(LifecycleStage::PostScaleUp, ids),
            Some(LifecycleStage::ReconcileService | LifecycleStage::PreScaleUp | LifecycleStage::CleanUp) | None => true,
        }
    }

    /// Keeps what the service had before its primary deployment, which waits.
    pub(super) fn keep_before(&mut self, members: &[Member<'_>], sieve: &mut Sieve, ids: &mut dyn IdSource) {
        let acting = acting(&self.service, self.view.records.iter().copied()).map(|deployment| deployment.id);
        let at = self.service.deployments.iter().position(|deployment| Some(deployment.id) == acting);
        let Some(at) = at else { return };
        self.service.deployments.swap(0, at);
        self.keep(members, sieve, ids);
        self.service.deployments.swap(0, at);
    }

    /// Comes to a stage, if the deployment was not there before: whether it pauses there.
    fn pauses_at(&mut self, stage: LifecycleStage, ids: &mut dyn IdSource) -> bool {
        let Some(record) = self.primary_record() else { return false };
        let mut pauses: Vec<Pause> = record.pauses.iter().filter(|pause| pause.stage == stage).cloned().collect();
        if pauses.is_empty() {
            let hooks = record.configuration.hooks.iter().filter(|hook| hook.stages.contains(&stage));
            pauses = hooks.map(|hook| begin(hook, stage, self.now, ids)).collect();
            self.record(record.id, |record| {
                record.stage = Some(stage);
                record.pauses.extend(pauses.iter().cloned());
            });
            if !pauses.is_empty() {
                let message = event::paused(&self.label, record.deployment, stage, &pauses);
                self.plan.events.push(message.into());
            }
        }
        pauses.retain(|pause| pause.status == PauseStatus::AwaitingAction);
        for pause in &pauses {
            self.plan.wake(pause.expires_at);
            let (left, action) = (pause.expires_at.since(self.now).as_secs().div_ceil(60), pause.timeout_action.as_str());
            let (id, stage) = (pause.hook_id(), stage.as_str());
            self.plan.why.push(format!("the deployment is paused at {stage} by hook {id}: {action} in {left} min"));
        }
        !pauses.is_empty()
    }
}

fn begin(hook: &PauseHook, stage: LifecycleStage, now: Timestamp, ids: &mut dyn IdSource) -> Pause {
    Pause {
        id: HookId::from_bytes(ids.next()),
        stage,
        status: PauseStatus::AwaitingAction,
        expires_at: now + hook.timeout(),
        timeout_action: hook.on_timeout(),
    }
}
