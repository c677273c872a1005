//! The agents of a simulated world.

use berth_model::{Health, InstanceStatus, Life, Task};
use berth_plan::task::{self, ContainerReport, Reported, TaskReport};
use berth_store::{InstanceKey, TaskKey};

use super::Kind;
use super::world::{World, definition, key, pick};

/// The digest that every agent finds.
const DIGEST: &str = "sha256:0000000000000000000000000000000000000000000000000000000000000000";

impl World {
    /// Whether no agent has anything to do.
    pub(super) fn is_quiet(&self) -> bool {
        self.waiting().is_empty()
    }

    /// All agents do what is next for all of their tasks.
    pub(super) fn agents(&mut self) {
        for task in self.waiting() {
            self.act(&task);
        }
    }

    pub(super) fn agent(&mut self, at: usize) {
        if let Some(task) = pick(self.waiting(), at) {
            self.act(&task);
        }
    }

    pub(super) fn crash(&mut self, at: usize) {
        let running = self.tasks().into_iter().filter(|task| task.life.is_running()).collect();
        if let Some(task) = pick(running, at) {
            self.report(&task, Reported::Stopped);
        }
    }

    pub(super) fn set_health(&mut self, at: usize, is_well: bool) {
        let running = self.tasks().into_iter().filter(|task| task.life.is_running()).collect();
        if let Some(task) = pick(running, at) {
            self.observe_health(key(&task), if is_well { Health::Healthy } else { Health::Unhealthy });
        }
    }

    /// The tasks for which something is to be done by somebody who can.
    fn waiting(&self) -> Vec<Task> {
        let view = self.view();
        let is_connected = |task: &Task| {
            let node = task.instance.map(|id| InstanceKey { region: task.region, id });
            let node = node.and_then(|key| view.get::<berth_model::ContainerInstance>(&key));
            node.is_some_and(|node| node.agent_connected && !matches!(node.status, InstanceStatus::Inactive { .. }))
        };
        let is_at_rest = |task: &Task| task.life.is_running() && task.desired.is_running();
        self.tasks().into_iter().filter(|task| !is_at_rest(task) && is_connected(task)).collect()
    }

    fn act(&mut self, task: &Task) {
        if let Life::Deprovisioning { .. } = task.life {
            let over = task::deprovisioned(task, self.now);
            self.put_task(Some(task), over);
            return;
        }
        let kind = self.kinds.get(&(task.family.clone(), task.revision)).copied().unwrap_or(Kind::Plain);
        if !task.desired.is_running() || kind == Kind::Broken {
            self.report(task, Reported::Stopped);
            return;
        }
        self.report(task, Reported::Running);
        match kind {
            Kind::Checked => self.observe_health(key(task), Health::Healthy),
            Kind::Sick => self.observe_health(key(task), Health::Unhealthy),
            Kind::Plain | Kind::Broken | Kind::Nowhere | Kind::Networked => {}
        }
    }

    fn report(&mut self, task: &Task, status: Reported) {
        let Some(definition) = definition(&self.view(), task) else { return };
        let container = ContainerReport { name: "app", status, image_digest: DIGEST, ..ContainerReport::default() };
        let report = TaskReport { status: Some(status), containers: vec![container], ..TaskReport::default() };
        let next = task::observe(task, &definition.facts, &report, self.now);
        self.put_task(Some(task), next);
    }

    fn observe_health(&mut self, key: TaskKey, health: Health) {
        let Some(task) = self.view().get::<Task>(&key).cloned() else { return };
        let Some(definition) = definition(&self.view(), &task).filter(|one| one.facts.containers[0].health_checked) else {
            return;
        };
        let next = task::observe_health(&task, &definition.facts, &[("app", health)]);
        self.put_task(Some(&task), next);
    }
}
