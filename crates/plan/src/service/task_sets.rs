//! Services whose revisions somebody else deploys, by task sets.

use berth_model::{
    Deployment, DeploymentConfiguration, DeploymentId, Rollout, Service, ServiceDeploymentId, Task, TaskId, TaskSet,
    TaskSetStatus,
};

use super::failure::{is_unsettled, settle};
use super::member::members;
use super::rollout::Draft;
use super::{Plan, Set, View};
use crate::IdSource;
use crate::placement::Sieve;

impl Draft<'_> {
    /// Gives each task set its share of the tasks that are wanted: a set is kept as a service is whose only deployment is complete.
    /// One set at a time has something to do, so that the plan stays within its bounds.
    pub(super) fn task_sets(&mut self, ids: &mut dyn IdSource) {
        self.plan.settled = self.of_no_set();
        for set in &self.view.sets {
            let is_busy = !(self.plan.starts.is_empty() && self.plan.stops.is_empty() && self.plan.settled.is_empty());
            if is_busy {
                self.plan.wake(self.now);
                return;
            }
            self.task_set(set, ids);
        }
    }

    fn task_set(&mut self, set: &Set<'_>, ids: &mut dyn IdSource) {
        let record = set.record;
        let service = as_service(&self.service, record);
        let view = View {
            service: &service,
            revision: Some(set.revision),
            replaced: Vec::new(),
            records: Vec::new(),
            tasks: self.view.tasks.iter().copied().filter(|task| task.deployment() == Some(record.id)).collect(),
            leaving: self.view.leaving,
            pool: set.pool,
            sets: Vec::new(),
        };
        let settlement = settle(&view, self.now);
        let mut draft = Draft {
            view: &view,
            service: service.clone(),
            plan: Plan { settled: settlement.settled, ..Plan::default() },
            now: self.now,
            label: format!("{}, taskSet {}", self.label, record.id),
        };
        draft.service.deployments = settlement.deployments;
        let (members, wake_at) = members(&view, self.now);
        let is_there = draft.replica(&members, &mut Sieve::default(), ids);
        draft.tell_started();
        self.take_up(record, draft, is_there);
        if let Some(at) = wake_at.into_iter().chain(settlement.is_partial.then_some(self.now)).min() {
            self.plan.wake(at);
        }
    }

    /// Takes what was decided about a set into the service's plan.
    fn take_up(&mut self, before: &TaskSet, draft: Draft<'_>, is_there: bool) {
        let mut after = before.clone();
        if let Some(deployment) = draft.service.deployments.first() {
            after.setbacks = deployment.setbacks;
            after.retry_at = deployment.retry_at;
        }
        if after.is_steady != is_there {
            after.is_steady = is_there;
            after.steady_at = self.now;
        }
        if after != *before {
            self.plan.sets.push(TaskSet { updated_at: self.now, ..after });
        }
        self.service.notices = draft.service.notices;
        let Plan { starts, stops, settled, events, why, wake_at, .. } = draft.plan;
        self.plan.starts.extend(starts);
        self.plan.stops.extend(stops);
        self.plan.settled.extend(settled);
        self.plan.events.extend(events);
        self.plan.why.extend(why);
        if let Some(at) = wake_at {
            self.plan.wake(at);
        }
    }

    /// The tasks that are over whose set is gone.
    fn of_no_set(&self) -> Vec<TaskId> {
        let is_known = |id: Option<DeploymentId>| self.view.sets.iter().any(|set| Some(set.record.id) == id);
        let over = |task: &&&Task| is_unsettled(task) && !is_known(task.deployment());
        let mut ids: Vec<TaskId> = self.view.tasks.iter().filter(over).map(|task| task.id).collect();
        ids.sort();
        ids.truncate(Plan::MOST_SETTLED);
        ids
    }
}

/// The service as if the set was all of it.
fn as_service(service: &Service, set: &TaskSet) -> Service {
    let deployment = Deployment {
        id: set.id,
        record: ServiceDeploymentId::from_bytes([0; 16]),
        revision: set.revision,
        family: service.name.clone(),
        definition: 0,
        rollout: Rollout::Completed,
        reason: Box::default(),
        created_at: set.created_at,
        updated_at: set.updated_at,
        failed_tasks: 0,
        setbacks: set.setbacks,
        retry_at: set.retry_at,
        rolls_back: None,
        digests: Vec::new(),
        consistent: false,
    };
    let desired_count = match set.status {
        TaskSetStatus::Primary | TaskSetStatus::Active => set.share_of(service.desired_count),
        TaskSetStatus::Draining => 0,
    };
    // AWS's defaults: a caller cannot give others to a service that is deployed from outside.
    let configuration =
        DeploymentConfiguration { minimum_healthy_percent: 100, maximum_percent: 200, ..service.configuration.clone() };
    Service { deployments: vec![deployment], desired_count, configuration, zone_rebalancing: None, ..service.clone() }
}
