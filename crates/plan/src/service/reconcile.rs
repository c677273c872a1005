//! The decision.

use berth_model::{DeploymentController, Scheduling, ServiceStatus, StopCode, TaskId, Timestamp};

use super::failure::settle;
use super::member::{Member, members};
use super::rollout::Draft;
use super::stages::Way;
use super::{Halt, Plan, View, event};
use crate::IdSource;
use crate::placement::Sieve;

/// What to do next about a service. `sieve` is kept for the revision and the rules of its primary deployment, or is new.
///
/// Of a service that others deploy, each task set gets its share of the tasks.
#[must_use]
pub fn reconcile(view: &View<'_>, sieve: &mut Sieve, now: Timestamp, ids: &mut dyn IdSource) -> Plan {
    let settlement = settle(view, now);
    let mut draft = Draft {
        view,
        service: view.service.clone(),
        plan: Plan::default(),
        now,
        label: format!("service {}", view.service.name),
    };
    draft.service.deployments = settlement.deployments;
    draft.plan.settled = settlement.settled;
    if settlement.is_partial {
        draft.plan.wake(now);
    }
    let (members, wake_at) = members(view, now);
    if let Some(at) = wake_at {
        draft.plan.wake(at);
    }
    match draft.service.status {
        ServiceStatus::Inactive { .. } => {}
        ServiceStatus::Draining => draft.drain(&members),
        ServiceStatus::Active if draft.service.controller != DeploymentController::Ecs => draft.task_sets(ids),
        ServiceStatus::Active => draft.pursue(&members, sieve, ids),
    }
    draft.finish()
}

impl Draft<'_> {
    /// Comes nearer to what the service is to have.
    fn pursue(&mut self, members: &[Member<'_>], sieve: &mut Sieve, ids: &mut dyn IdSource) {
        self.time_out();
        if self.give_up() {
            // With another deployment as the one that acts everything looks different: the next pass sees it.
            self.plan.wake(self.now);
            return;
        }
        match self.before_scale_up(ids) {
            Way::Opened => self.plan.wake(self.now),
            Way::HeldBack => self.keep_before(members, sieve, ids),
            Way::Open => {
                let is_there = self.keep(members, sieve, ids);
                let may_end = self.after_scale_up(is_there, ids);
                self.conclude(is_there && may_end);
            }
        }
    }

    /// Starts and stops tasks until the service has those of its first deployment. Whether it has them, and no others.
    pub(super) fn keep(&mut self, members: &[Member<'_>], sieve: &mut Sieve, ids: &mut dyn IdSource) -> bool {
        self.observe(members, self.view.revision);
        let is_there = match self.service.scheduling {
            Scheduling::Replica => self.replica(members, sieve, ids),
            Scheduling::Daemon => self.daemon(members, sieve, ids),
            Scheduling::Managed => self.managed(members, ids),
        };
        self.tell_started();
        is_there && self.plan.starts.is_empty()
    }

    /// Stops everything of a service that was deleted; it is gone once nothing is meant to run, a daemon once nothing runs.
    fn drain(&mut self, members: &[Member<'_>]) {
        for member in members.iter().take(Plan::MOST_STOPS) {
            let reason = match self.service.scheduling {
                Scheduling::Managed => "Daemon was deleted".into(),
                Scheduling::Replica | Scheduling::Daemon => "Service was deleted".into(),
            };
            self.plan.stops.push(Halt { task: member.id(), code: StopCode::ServiceSchedulerInitiated, reason });
        }
        if members.len() > Plan::MOST_STOPS {
            self.plan.wake(self.now);
        }
        let is_over = match self.service.scheduling {
            Scheduling::Managed => self.view.tasks.iter().all(|task| task.is_stopped()),
            Scheduling::Replica | Scheduling::Daemon => members.is_empty(),
        };
        if is_over {
            self.service.status = ServiceStatus::Inactive { at: self.now };
            self.service.deployments.clear();
        }
    }

    pub(super) fn tell_started(&mut self) {
        let ids: Vec<TaskId> = self.plan.starts.iter().map(|start| start.task).collect();
        let is_told = self.plan.events.iter().any(|event| event.contains("to AZ Rebalance"));
        if !ids.is_empty() && !is_told {
            let message = event::started(&self.label, &ids);
            self.plan.events.push(message.into());
        }
    }

    fn finish(mut self) -> Plan {
        if self.service.scheduling == Scheduling::Managed {
            // Daemons have no events that anybody could ask for.
            self.plan.events.clear();
        }
        self.service.next_event = self.service.next_event.saturating_add(self.plan.events.len() as u64);
        if self.service != *self.view.service {
            self.service.version = self.view.service.version.saturating_add(1);
            self.plan.service = Some(self.service);
        }
        self.plan
    }
}
