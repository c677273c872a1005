//! How deployments end.

use berth_model::{
    Deployment, LifecycleStage, Matter, Monitor, PauseStatus, ResolvedImage, Rollback, Rollout, Service, ServiceDeployment,
    ServiceDeploymentId, ServiceDeploymentStatus, ServiceRevision, Timestamp,
};

use super::member::{Member, of_deployment};
use super::stages::end_pauses;
use super::{Plan, Revision, View, breaker_threshold, event};

/// What is being written: a plan, and the service that goes into it.
#[derive(Debug)]
pub(super) struct Draft<'a> {
    pub(super) view: &'a View<'a>,
    pub(super) service: Service,
    pub(super) plan: Plan,
    pub(super) now: Timestamp,
    /// What the service is called in its events.
    pub(super) label: String,
}

impl Draft<'_> {
    /// The record of the primary deployment, if that is not over.
    pub(super) fn primary_record(&self) -> Option<ServiceDeployment> {
        let id = self.service.primary()?.record;
        let written = self.plan.records.iter().find(|record| record.id == id);
        let known = written.or_else(|| self.view.records.iter().copied().find(|record| record.id == id));
        known.filter(|record| !record.status.is_final()).cloned()
    }

    /// Changes the record of a deployment that is not over.
    pub(super) fn record(&mut self, id: ServiceDeploymentId, change: impl FnOnce(&mut ServiceDeployment)) {
        let at = self.plan.records.iter().position(|record| record.id == id);
        let stored = || self.view.records.iter().find(|record| record.id == id && !record.status.is_final()).copied().cloned();
        let Some(mut next) = at.map(|at| self.plan.records.remove(at)).or_else(stored) else { return };
        change(&mut next);
        next.updated_at = self.now;
        self.plan.records.push(next);
    }

    /// Whether no task of a deployment may be started yet, for those before ended before they ran. Wakes the service when one may.
    pub(super) fn waits_to_retry(&mut self, deployment: &Deployment) -> bool {
        let Some(retry_at) = deployment.retry_at.filter(|&retry_at| self.now < retry_at) else { return false };
        self.plan.wake(retry_at);
        let (times, seconds) = (deployment.setbacks, retry_at.since(self.now).as_secs());
        self.plan.why.push(format!("tasks ended before they ran {times} times in a row: the next one starts in {seconds} s"));
        true
    }

    /// Why the primary deployment is to be given up, if it is.
    fn fault(&self, primary: &Deployment) -> Option<Fault> {
        let record = self.primary_record();
        let breaker = self.service.configuration.circuit_breaker;
        let is_broken = breaker.enable
            && primary.rolls_back.is_none()
            && primary.failed_tasks >= breaker_threshold(self.service.desired_count);
        // A deployment that is taken back already does not pause.
        let paused =
            |record: &ServiceDeployment| record.stage.and(record.pauses.iter().find(|pause| pause.rolls_back())).cloned();
        if let Some(pause) = record.as_ref().and_then(paused) {
            let (hook, stage) = (pause.hook_id(), pause.stage.as_str());
            let reason = match pause.status {
                PauseStatus::TimedOut => format!("ECS deployment stopped: lifecycle hook {hook} timed out at {stage}."),
                PauseStatus::AwaitingAction | PauseStatus::Succeeded | PauseStatus::Failed => {
                    format!("ECS deployment stopped: rolling back was requested by lifecycle hook {hook} at {stage}.")
                }
            };
            return Some(Fault { reason: reason.into(), rolls_back: true, is_broken: false });
        }
        let (reason, rolls_back, is_broken) = match record.map(|record| record.status) {
            Some(ServiceDeploymentStatus::RollbackRequested) => {
                ("ECS deployment stopped: rolling back was requested.", true, is_broken)
            }
            Some(ServiceDeploymentStatus::StopRequested) => ("ECS deployment stopped: this was requested.", false, is_broken),
            _ if is_broken => ("ECS deployment circuit breaker: tasks failed to start.", breaker.rollback, true),
            _ => return None,
        };
        Some(Fault { reason: reason.into(), rolls_back, is_broken })
    }

    /// Gives a deployment up whose tasks fail, that a caller wants to be stopped, or that a hook takes back. Whether other tasks are
    /// wanted now.
    pub(super) fn give_up(&mut self) -> bool {
        let Some(primary) = self.service.primary().filter(|primary| primary.rollout == Rollout::InProgress).cloned() else {
            return false;
        };
        let Some(Fault { reason, rolls_back, is_broken }) = self.fault(&primary) else { return false };
        let now = self.now;
        let is_held_back = self.primary_record().is_some_and(|record| record.is_held_back());
        if is_broken {
            let message = event::failed(&self.label, primary.id);
            self.plan.events.push(message.into());
        }
        if let Some(failed) = self.service.deployments.first_mut() {
            failed.rollout = Rollout::Failed;
            failed.reason.clone_from(&reason);
            failed.updated_at = now;
        }
        let target = self.service.deployments.iter().skip(1).position(|deployment| deployment.rollout == Rollout::Completed);
        let back = target.filter(|_| rolls_back).map(|at| self.service.deployments.remove(at + 1));
        let to = back.as_ref().map(|back| back.revision);
        self.record(primary.record, |record| {
            record.reason = Some(reason.clone());
            record.stage = None;
            record.pauses = end_pauses(std::mem::take(&mut record.pauses));
            record.breaker.failures = primary.failed_tasks;
            if is_broken {
                record.breaker.monitor = Monitor::Triggered;
            }
            record.stopped_at = Some(now);
            record.status = match (to, rolls_back) {
                (Some(revision), _) => {
                    record.rollback = Some(Rollback { reason: reason.clone(), started_at: now, revision });
                    ServiceDeploymentStatus::RollbackInProgress
                }
                (None, true) => ServiceDeploymentStatus::RollbackFailed,
                (None, false) => ServiceDeploymentStatus::Stopped,
            };
            record.finished_at = record.status.is_final().then_some(now);
        });
        let Some(mut back) = back else { return is_held_back };
        let message = event::rolling_back(&self.label, back.id);
        self.plan.events.push(message.into());
        back.rollout = Rollout::InProgress;
        back.reason = if is_broken {
            format!("ECS deployment circuit breaker: rolling back to deploymentId {}.", back.id).into()
        } else {
            format!("ECS deployment {} in progress: rolling back.", back.id).into()
        };
        back.rolls_back = Some(primary.id);
        back.updated_at = now;
        back.failed_tasks = 0;
        back.setbacks = 0;
        back.retry_at = None;
        // The record of the deployment that is taken back tells about its taking back.
        back.record = primary.record;
        self.service.deployments.insert(0, back);
        true
    }

    /// Takes note of tasks that are well, and of what they run.
    pub(super) fn observe(&mut self, members: &[Member<'_>], revision: Option<Revision<'_>>) {
        let Some(primary) = self.service.deployments.first_mut() else { return };
        let id = primary.id;
        if of_deployment(members, id).any(Member::is_healthy) {
            primary.failed_tasks = 0;
            event::settle(&mut self.service, Matter::Start);
        } else if primary.setbacks >= super::failure::WORTH_TELLING {
            let message = event::inconsistent_starts(&self.label);
            event::notice(&mut self.plan, &mut self.service, Matter::Start, message, self.now);
        }
        let Some((revision, primary)) = revision.zip(self.service.deployments.first_mut()) else { return };
        if primary.digests.is_empty()
            && primary.consistent
            && let Some(images) = first_images(members, &revision, id)
        {
            primary.digests.clone_from(&images);
            self.plan.revision = Some(ServiceRevision { images, ..revision.record.clone() });
        }
    }

    /// Whether the service has what it is to have, and nothing else: then its deployment is complete.
    pub(super) fn conclude(&mut self, is_there: bool) {
        if !is_there {
            event::settle(&mut self.service, Matter::Steady);
            return;
        }
        let now = self.now;
        if let Some(primary) = self.service.deployments.first_mut().filter(|primary| primary.rollout == Rollout::InProgress) {
            primary.rollout = Rollout::Completed;
            primary.reason = format!("ECS deployment {} completed.", primary.id).into();
            primary.updated_at = now;
            let (id, record, rolled_back) = (primary.id, primary.record, primary.rolls_back.take().is_some());
            self.service.deployments.truncate(1);
            self.record(record, |record| {
                record.status =
                    if rolled_back { ServiceDeploymentStatus::RollbackSuccessful } else { ServiceDeploymentStatus::Successful };
                record.finished_at = Some(now);
                record.stage = record.stage.map(|_| LifecycleStage::CleanUp);
                if record.breaker.monitor == Monitor::Monitoring {
                    record.breaker.monitor = Monitor::Complete;
                }
            });
            let message = event::completed(&self.label, id);
            self.plan.events.push(message.into());
        }
        if self.service.primary().is_some_and(|primary| primary.rollout == Rollout::Completed) {
            let message = event::steady(&self.label);
            event::notice(&mut self.plan, &mut self.service, Matter::Steady, message, now);
        }
    }
}

/// Why a deployment is given up.
#[derive(Debug)]
struct Fault {
    reason: Box<str>,
    rolls_back: bool,
    is_broken: bool,
}

/// The images of the first task of a deployment that knows all of them.
fn first_images(members: &[Member<'_>], revision: &Revision<'_>, id: berth_model::DeploymentId) -> Option<Vec<ResolvedImage>> {
    let mut own: Vec<_> = of_deployment(members, id).collect();
    own.sort_by_key(|member| (member.task.times.created_at, member.id()));
    own.into_iter().find_map(|member| {
        let containers = revision.facts.containers.iter().zip(&member.task.containers);
        let resolved = containers.map(|(facts, container)| {
            Some(ResolvedImage { container: facts.name.clone(), digest: container.image_digest.clone()? })
        });
        resolved.collect::<Option<Vec<_>>>().filter(|images| !images.is_empty())
    })
}
