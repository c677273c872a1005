//! The world: its records in a store, its clock, and what callers and the loop do.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::time::Duration;

use berth_controllers::{Agenda, pass};
use berth_model::{
    CircuitBreaker, ContainerInstance, HookAction, InstanceStatus, Name, PauseStatus, RevisionId, Scheduling, Service,
    ServiceDeployment, ServiceDeploymentStatus, ServiceEvent, ServiceStatus, StopCode, Task, TaskDefinition, Timestamp,
};
use berth_plan::{IdSource as _, SeededIds, service, task};
use berth_services::Placements;
use berth_store::backend::Memory;
use berth_store::{
    ChangeFeed, Event, InstanceKey, Options, ServiceDeploymentKey, ServiceKey, State, Store, TaskKey, Transaction, View,
};
use futures_util::FutureExt as _;
use tokio::runtime::{Builder, Runtime};

use super::records::{self, CLUSTER, region};
use super::{Kind, Step, promises};

/// A world with services in it.
#[derive(Debug)]
pub struct World {
    /// What time it is.
    pub now: Timestamp,
    pub(super) kinds: BTreeMap<(Name, u32), Kind>,
    pub(super) ids: SeededIds,
    runtime: Runtime,
    store: Store,
    changes: ChangeFeed,
    agenda: Agenda,
}

impl World {
    /// One with so many nodes, in three zones in turn.
    #[must_use]
    pub fn new(nodes: u8) -> Self {
        let runtime = Builder::new_current_thread().build().unwrap_or_else(|error| panic!("no runtime: {error}"));
        let options = Options::new("simulation").derive(Placements::default());
        let store = Store::open(Memory::default(), options).unwrap_or_else(|error| panic!("no store: {error}"));
        let now = Timestamp::from_millis(1_800_000_000_000);
        let mut world = Self {
            now,
            kinds: BTreeMap::new(),
            ids: SeededIds::new([7; 32]),
            runtime,
            changes: store.changes(),
            store,
            agenda: Agenda::new(Placements::of),
        };
        world.change(|tx| (1..=3).for_each(|number| drop(tx.put(records::subnet(number)))));
        for number in 1..=nodes {
            world.change(|tx| tx.put(records::instance(number, now)));
        }
        world
    }

    /// Its state.
    #[must_use]
    pub fn view(&self) -> View {
        self.store.view()
    }

    /// The services, in the order of their names.
    #[must_use]
    pub fn services(&self) -> Vec<Service> {
        self.view().range::<Service>(..).map(|service| Service::clone(service)).collect()
    }

    /// The tasks that are not over, in the order in which they were made.
    #[must_use]
    pub fn tasks(&self) -> Vec<Task> {
        let mut tasks: Vec<Task> =
            self.view().range::<Task>(..).filter(|task| !task.is_stopped()).map(|task| Task::clone(task)).collect();
        tasks.sort_by_key(|task| (task.times.created_at, task.id));
        tasks
    }

    /// The nodes, in the order of their numbers.
    #[must_use]
    pub fn nodes(&self) -> Vec<ContainerInstance> {
        self.view().range::<ContainerInstance>(..).map(|node| ContainerInstance::clone(node)).collect()
    }

    /// What a service said, the oldest first.
    #[must_use]
    pub fn events(&self, name: &str) -> Vec<ServiceEvent> {
        let of = |event: &ServiceEvent| *event.service == *name;
        let view = self.view();
        let mut events: Vec<ServiceEvent> =
            view.range::<ServiceEvent>(..).filter(|event| of(event)).map(|event| ServiceEvent::clone(event)).collect();
        events.sort_by_key(|event| event.number);
        events
    }

    /// The tasks of a service that are meant to run, and may.
    #[must_use]
    pub fn live(&self, service: &Service) -> Vec<Task> {
        promises::live(&self.view(), service).into_values().collect()
    }

    /// Whether a task runs and nothing says that it is not well.
    #[must_use]
    pub fn is_healthy(&self, task: &Task) -> bool {
        promises::is_healthy(&self.view(), task)
    }

    /// The record of a service's primary deployment.
    #[must_use]
    pub fn deployment(&self, service: &Service) -> Option<ServiceDeployment> {
        promises::deployment(&self.view(), service).cloned()
    }

    /// What tasks of a revision of a service's definition are like.
    #[must_use]
    pub fn kind_of(&self, service: &Name, revision: u32) -> Option<Kind> {
        self.kinds.get(&(service.clone(), revision)).copied()
    }

    /// Makes a service of a kind of tasks.
    pub fn create(&mut self, name: &str, scheduling: Scheduling, kind: Kind, desired: u32) {
        let service = records::service(&name.into(), scheduling, desired, self.now);
        self.deploy_to(&service, kind);
    }

    /// Lets something happen.
    pub fn step(&mut self, step: &Step) {
        match *step {
            Step::Turn => self.turn(),
            Step::Agent(at) => self.agent(at),
            Step::Agents => self.agents(),
            Step::Crash(at) => self.crash(at),
            Step::Health(at, is_well) => self.set_health(at, is_well),
            Step::Scale(at, desired) => self.edit(at, |service| {
                service.desired_count = desired;
                *service = service::reset_restarts(service);
            }),
            Step::Deploy(at, kind) => {
                if let Some(service) = pick(self.services(), at) {
                    self.deploy_to(&service, kind);
                }
            }
            Step::Percentages(at, least, most) => self.edit(at, |service| {
                service.configuration.minimum_healthy_percent = least;
                service.configuration.maximum_percent = most;
            }),
            Step::Breaker(at, enable, rollback) => {
                self.edit(at, |service| service.configuration.circuit_breaker = CircuitBreaker { enable, rollback });
            }
            Step::StopDeployment(at, rolls_back) => self.stop_deployment(at, rolls_back),
            Step::Hooks(at, ref hooks) => self.edit(at, |service| service.configuration.hooks.clone_from(hooks)),
            Step::Answer(at, action) => self.answer(at, action),
            Step::Protect(at, seconds) => {
                let until = (seconds > 0).then(|| self.now + Duration::from_secs(seconds));
                if let Some(task) = pick(self.tasks(), at) {
                    self.put_task(Some(&task), Some(Task { protected_until: until, ..task.clone() }));
                }
            }
            Step::StopTask(at) => {
                if let Some(task) = pick(self.tasks(), at) {
                    let stopped = task::stop(&task, StopCode::UserInitiated, "", self.now);
                    self.put_task(Some(&task), stopped);
                }
            }
            Step::Drain(at) => self.edit_node(at, |node| node.status = InstanceStatus::Draining),
            Step::Disconnect(at) => self.edit_node(at, |node| node.agent_connected = false),
            Step::Return(at) => self.edit_node(at, |node| {
                node.status = InstanceStatus::Active;
                node.agent_connected = true;
            }),
            Step::Lose(at) => self.lose(at),
            Step::Tick(seconds) => self.now = self.now + Duration::from_secs(seconds),
            Step::Restart => {
                self.agenda = Agenda::new(Placements::of);
                self.agenda.heed_all(&self.store.view());
            }
            Step::Forget => {
                let over: Vec<TaskKey> = self
                    .view()
                    .range::<Task>(..)
                    .filter(|task| task.is_stopped() && task.settled)
                    .map(|task| key(task))
                    .collect();
                for key in over {
                    self.change(|tx| tx.delete::<Task>(&key));
                }
            }
        }
    }

    /// Makes all passes that are due, and checks each.
    ///
    /// # Panics
    /// A pass breaks a promise, or they never end.
    pub fn turn(&mut self) {
        for _ in 0..1_000 {
            let Some((key, mut standing)) = self.agenda.begin(self.now) else { return };
            let (before, now) = (self.view(), self.now);
            let (runtime, store, ids) = (&self.runtime, &self.store, &mut self.ids);
            let update = store.update(|tx| pass(tx, &key, &mut standing, Placements::of, now, ids));
            let outcome = runtime.block_on(update).unwrap_or_else(|error| panic!("a pass of {} failed: {error}", key.name));
            self.agenda.end(key.clone(), standing, outcome);
            self.heed();
            promises::check(&before, &self.view(), &key, now);
        }
        panic!("the passes never end");
    }

    /// All is well from now on: whoever has something to do does it, until nobody has.
    ///
    /// # Panics
    /// It is never quiet.
    pub fn calm(&mut self) {
        for at in 0..self.nodes().len() {
            self.step(&Step::Return(at));
        }
        for at in 0..self.tasks().len() {
            self.step(&Step::Protect(at, 0));
        }
        for _ in 0..1_000 {
            self.turn();
            if self.is_quiet() {
                match self.wake_at() {
                    Some(at) => self.now = at,
                    None => return,
                }
            }
            self.agents();
        }
        panic!("it is never quiet: {:#?}", self.services());
    }

    /// Deletes a service: its tasks end first.
    pub fn delete(&mut self, name: &str) {
        let key = ServiceKey { region: region(), cluster: CLUSTER.into(), name: name.into() };
        self.change(|tx| {
            tx.modify::<Service>(&key, |service| {
                service.status = ServiceStatus::Draining;
                service.desired_count = 0;
                service.version += 1;
            })
        });
    }

    /// When the loop looks again if nothing happens.
    #[must_use]
    pub fn wake_at(&self) -> Option<Timestamp> {
        self.agenda.wake_at()
    }

    /// Changes the state as a caller or an agent does; the loop hears of it.
    pub(super) fn change<T>(&mut self, change: impl FnOnce(&mut Transaction) -> T) -> T {
        let update = self.store.update(|tx| Ok::<_, Infallible>(change(tx)));
        let answer = self.runtime.block_on(update).unwrap_or_else(|error| panic!("the store refuses: {error}"));
        self.heed();
        answer
    }

    /// What an update changed is told before it answers.
    fn heed(&mut self) {
        while let Some(Some(event)) = self.changes.next().now_or_never() {
            match event {
                Event::Changed { touched, .. } => self.agenda.heed(&self.store.view(), &touched),
                Event::Lagged => self.agenda.heed_all(&self.store.view()),
            }
        }
    }

    fn deploy_to(&mut self, before: &Service, kind: Kind) {
        let (now, family) = (self.now, before.name.clone());
        let number = self.kinds.keys().filter(|(of, _)| *of == family).count();
        let kind = match (before.scheduling, kind) {
            // Daemons have no interfaces of their own.
            (Scheduling::Managed, Kind::Networked) => Kind::Plain,
            (_, kind) => kind,
        };
        let definition = records::definition(&family, u32::try_from(number).unwrap_or(u32::MAX) + 1, kind, now);
        let revision = records::revision(before, &definition, RevisionId::from_bytes(self.ids.next()), now);
        let in_flight = self.deployment(before);
        let (service, deployments) = service::deploy(before, in_flight.as_ref(), &revision, true, now, &mut self.ids);
        self.kinds.insert((family, definition.revision), kind);
        self.change(|tx| {
            tx.put::<TaskDefinition>(definition);
            tx.put(revision);
            tx.put(service);
            for record in deployments {
                tx.put(record);
            }
        });
    }

    fn edit(&mut self, at: usize, edit: impl FnOnce(&mut Service)) {
        if let Some(mut service) = pick(self.services(), at) {
            edit(&mut service);
            service.version += 1;
            self.change(|tx| tx.put(service));
        }
    }

    fn edit_node(&mut self, at: usize, edit: impl FnOnce(&mut ContainerInstance)) {
        if let Some(mut node) = pick(self.nodes(), at) {
            edit(&mut node);
            self.change(|tx| tx.put(node));
        }
    }

    fn lose(&mut self, at: usize) {
        let Some(node) = pick(self.nodes(), at) else { return };
        for task in self.tasks().into_iter().filter(|task| task.instance == Some(node.id)) {
            let lost = task::lost(&task, StopCode::TerminationNotice, "The machine is gone", self.now);
            self.put_task(Some(&task), lost);
        }
        let at_now = self.now;
        self.change(|tx| {
            let key = InstanceKey { region: node.region, id: node.id };
            tx.modify::<ContainerInstance>(&key, |node| {
                node.status = InstanceStatus::Inactive { at: at_now };
                node.agent_connected = false;
            })
        });
    }

    fn stop_deployment(&mut self, at: usize, rolls_back: bool) {
        use ServiceDeploymentStatus::{InProgress, RollbackRequested, StopRequested};
        let Some(record) = pick(self.services(), at).and_then(|service| self.deployment(&service)) else { return };
        let key = ServiceDeploymentKey { region: region(), id: record.id };
        self.change(|tx| {
            tx.modify::<ServiceDeployment>(&key, |record| {
                if record.status == InProgress {
                    record.status = if rolls_back { RollbackRequested } else { StopRequested };
                }
            })
        });
    }

    fn answer(&mut self, at: usize, action: HookAction) {
        let Some(record) = pick(self.services(), at).and_then(|service| self.deployment(&service)) else { return };
        let Some(pause) = record.pauses.iter().find(|pause| pause.status == PauseStatus::AwaitingAction) else { return };
        // One whose time is over, or whose deployment ends, cannot be answered any more.
        if let Ok(next) = service::answer(&record, &pause.hook_id(), action, self.now) {
            self.change(|tx| tx.put(next));
        }
    }

    /// Puts a changed task in the place of what it was, and settles its node's ledger.
    pub(super) fn put_task(&mut self, before: Option<&Task>, after: Option<Task>) {
        let Some(mut after) = after else { return };
        self.change(|tx| {
            let key = after.instance.map(|id| InstanceKey { region: after.region, id });
            if let Some(node) = key.and_then(|key| tx.get::<ContainerInstance>(&key)).cloned() {
                let used = task::settle(&node.used, before, &mut after);
                let used = used.unwrap_or_else(|short| panic!("the ledger of {} has not enough {short}", node.id));
                tx.put(ContainerInstance { used, ..ContainerInstance::clone(&node) });
            }
            tx.put(after);
        });
    }
}

pub(super) fn key(task: &Task) -> TaskKey {
    TaskKey { region: task.region, id: task.id }
}

/// The facts of a task's definition.
pub(super) fn definition(state: &State, task: &Task) -> Option<TaskDefinition> {
    let key = berth_store::TaskDefinitionKey { region: task.region, family: task.family.clone(), revision: task.revision };
    state.get::<TaskDefinition>(&key).map(|definition| TaskDefinition::clone(definition))
}

pub(super) fn pick<T>(mut from: Vec<T>, at: usize) -> Option<T> {
    let at = at.checked_rem(from.len())?;
    Some(from.swap_remove(at))
}
