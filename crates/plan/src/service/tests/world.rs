//! A world for tests: instances, agents that start, stop and fail tasks, callers, a clock that is turned by hand.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use berth_model::{
    CircuitBreaker, ContainerInstance, DeploymentConfiguration, DeploymentController, DeploymentId, Facts, Health, HookAction,
    InstanceId, InstanceStatus, LaunchType, Matter, Pause, PauseHook, PauseStatus, Protocol, Resources, RevisionId, Rollout,
    Scheduling, Service, ServiceDeployment, ServiceDeploymentId, ServiceRevision, ServiceStatus, Source, StopCode, StrategyItem,
    Tags, Task, TaskId, TaskSet, TaskSetStatus, Timestamp, daemon, node,
};

use crate::fixtures::{at, attribute, facts, instance, published, region};
use crate::placement::{Index, PoolKey, Sieve};
use crate::service::{Bounds, Plan, Revision, Set, View, acting, answer, deploy, reconcile, reset_restarts};
use crate::task::{self, ContainerReport, Order, Reported, TaskReport};

/// What a revision's tasks are like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Flavour {
    /// They run.
    Good,
    /// They run, hold a host port, and have a health check.
    Checked,
    /// They end before they run.
    Broken,
    /// No instance has what they want.
    Nowhere,
}

/// Something that happens.
#[derive(Debug, Clone)]
pub(super) enum Step {
    Pass,
    /// Only the starts, or only the stops of a plan are carried out, and nothing of the rest.
    PartialPass {
        starts: bool,
    },
    Agent(usize),
    Crash(usize),
    Health(usize, bool),
    Scale(u32),
    Deploy(Flavour),
    Percentages(u32, u32),
    Breaker {
        enable: bool,
        rollback: bool,
    },
    RequestStop {
        rollback: bool,
    },
    /// From the next deployment on they pause at these stages, for so many minutes each.
    Hooks(Vec<PauseHook>),
    /// A caller says how the deployment goes on from its first pause.
    Answer(HookAction),
    Protect(usize, u64),
    Drain(usize),
    Lose(usize),
    Return(usize),
    Tick(u64),
    Forget,
}

#[derive(Debug)]
pub(super) struct World {
    pub(super) now: Timestamp,
    pub(super) service: Service,
    revisions: BTreeMap<RevisionId, (ServiceRevision, Facts, Flavour)>,
    pub(super) records: BTreeMap<ServiceDeploymentId, ServiceDeployment>,
    pub(super) tasks: BTreeMap<TaskId, Task>,
    pub(super) instances: BTreeMap<InstanceId, ContainerInstance>,
    index: Index,
    pub(super) events: Vec<Box<str>>,
    pub(super) sets: BTreeMap<DeploymentId, TaskSet>,
    ids: u128,
}

const ZONES: [&str; 3] = ["a", "b", "c"];
/// The capacity providers of daemons.
const PROVIDERS: [&str; 2] = ["blue", "green"];

impl World {
    pub(super) fn new(scheduling: Scheduling, instances: u8, flavour: Flavour) -> Self {
        let service = Service {
            region: region(),
            cluster: "default".into(),
            name: match scheduling {
                Scheduling::Managed => daemon::kept("web"),
                Scheduling::Replica | Scheduling::Daemon => "web".into(),
            },
            status: ServiceStatus::Active,
            scheduling,
            controller: DeploymentController::Ecs,
            desired_count: 2,
            configuration: DeploymentConfiguration {
                minimum_healthy_percent: 100,
                maximum_percent: 200,
                circuit_breaker: CircuitBreaker::default(),
                alarms: None,
                strategy: None,
                bake_minutes: None,
                hooks: Vec::new(),
                drain: Some(2_500),
            },
            deployments: Vec::new(),
            constraints: Vec::new(),
            strategies: Vec::new(),
            grace_seconds: None,
            zone_rebalancing: Some(true),
            role: None,
            tags: Tags::default(),
            propagate_tags: None,
            managed_tags: false,
            enable_execute_command: false,
            created_at: at(0),
            created_by: "".into(),
            updated_at: at(0),
            next_event: 0,
            notices: Vec::new(),
            version: 1,
            client_token: None,
            pull_ahead: false,
        };
        let mut world = Self {
            now: at(0),
            service,
            revisions: BTreeMap::new(),
            records: BTreeMap::new(),
            tasks: BTreeMap::new(),
            instances: BTreeMap::new(),
            index: Index::default(),
            events: Vec::new(),
            sets: BTreeMap::new(),
            ids: 1,
        };
        for number in 1..=instances {
            let zone = attribute(node::ZONE, ZONES[usize::from(number) % ZONES.len()]);
            let provider = (scheduling == Scheduling::Managed).then(|| PROVIDERS[usize::from(number) % 2].into());
            world.put_instance(ContainerInstance { attributes: vec![zone], capacity_provider: provider, ..instance(number) });
        }
        world.deploy(flavour, true);
        world
    }

    pub(super) fn deploy(&mut self, flavour: Flavour, consistent: bool) {
        let mut facts = facts();
        let container = &mut facts.containers[0];
        match flavour {
            Flavour::Good | Flavour::Broken => {}
            Flavour::Checked => {
                container.ports.push(published(80, Protocol::Tcp));
                container.health_checked = true;
            }
            Flavour::Nowhere => facts.requires_attributes.push(attribute("nowhere", "")),
        }
        let revision = ServiceRevision {
            region: region(),
            cluster: "default".into(),
            service: "web".into(),
            id: RevisionId::from_bytes(self.id()),
            family: "web".into(),
            definition: u32::try_from(self.revisions.len()).expect("few revisions") + 1,
            source: Source { launch: LaunchType::Ec2, strategy: self.strategy(), platform_version: None, platform_family: None },
            network: None,
            rest: None,
            ephemeral_storage_gib: None,
            images: Vec::new(),
            created_at: self.now,
        };
        let in_flight = self.service.primary().and_then(|primary| self.records.get(&primary.record)).cloned();
        let mut ids = source(self.ids);
        self.ids += 100;
        let (service, records) = deploy(&self.service, in_flight.as_ref(), &revision, consistent, self.now, &mut ids);
        self.service = service;
        self.records.extend(records.into_iter().map(|record| (record.id, record)));
        self.revisions.insert(revision.id, (revision, facts, flavour));
    }

    /// What a daemon's revisions name; services name nothing.
    fn strategy(&self) -> Vec<StrategyItem> {
        let item = |provider: &str| StrategyItem { provider: provider.into(), weight: 1, base: 0 };
        if self.service.scheduling == Scheduling::Managed { PROVIDERS.map(item).into() } else { Vec::new() }
    }

    pub(super) fn step(&mut self, step: &Step) {
        match *step {
            Step::Pass => drop(self.pass()),
            Step::PartialPass { starts } => {
                let mut plan = self.plan();
                self.check(&plan);
                plan.service = None;
                plan.settled.clear();
                plan.records.clear();
                plan.events.clear();
                if starts {
                    plan.stops.clear()
                } else {
                    plan.starts.clear()
                }
                self.apply(plan);
            }
            Step::Agent(at) => self.agent(at),
            Step::Crash(at) => {
                let running: Vec<_> = self.tasks.values().filter(|task| task.life.is_running()).cloned().collect();
                if let Some(task) = pick(&running, at) {
                    self.report(task, Reported::Stopped);
                }
            }
            Step::Health(at, is_well) => {
                let live: Vec<_> = self.tasks.values().filter(|task| task.life.is_running()).cloned().collect();
                if let Some(task) = pick(&live, at) {
                    self.observe_health(task, if is_well { Health::Healthy } else { Health::Unhealthy });
                }
            }
            Step::Scale(desired) => {
                self.service.desired_count = desired;
                self.service = reset_restarts(&self.service);
            }
            Step::Deploy(flavour) => self.deploy(flavour, self.ids.is_multiple_of(3)),
            Step::Percentages(minimum, maximum) => {
                self.service.configuration.minimum_healthy_percent = minimum;
                self.service.configuration.maximum_percent = maximum;
                self.service.configuration.drain = Some(minimum * 100);
            }
            Step::Breaker { enable, rollback } => {
                self.service.configuration.circuit_breaker = CircuitBreaker { enable, rollback };
            }
            Step::RequestStop { rollback } => self.request_stop(rollback),
            Step::Hooks(ref hooks) => self.service.configuration.hooks.clone_from(hooks),
            Step::Answer(action) => self.answer(action),
            Step::Protect(at, seconds) => {
                let live: Vec<_> = self.tasks.values().filter(|task| task.desired.is_running()).cloned().collect();
                if let Some(task) = pick(&live, at) {
                    let until = (seconds > 0).then(|| self.now + Duration::from_secs(seconds));
                    self.put_task(Some(Task { protected_until: until, ..task.clone() }));
                }
            }
            Step::Drain(at) => self.set_status(at, InstanceStatus::Draining),
            Step::Lose(at) => self.set_status(at, InstanceStatus::Inactive { at: self.now }),
            Step::Return(at) => self.set_status(at, InstanceStatus::Active),
            Step::Tick(seconds) => self.now = self.now + Duration::from_secs(seconds),
            Step::Forget => {
                let over: Vec<_> = self.tasks.values().filter(|task| task.is_stopped() && task.settled).cloned().collect();
                for task in over {
                    self.index.task(Some(&task), None);
                    self.tasks.remove(&task.id);
                }
            }
        }
    }

    fn request_stop(&mut self, rollback: bool) {
        use berth_model::ServiceDeploymentStatus::{InProgress, RollbackRequested, StopRequested};
        let record = self.service.primary().map(|primary| primary.record);
        if let Some(record) = record.and_then(|id| self.records.get_mut(&id)).filter(|record| record.status == InProgress) {
            record.status = if rollback { RollbackRequested } else { StopRequested };
        }
    }

    /// The pauses of the primary deployment that wait for a caller.
    pub(super) fn awaiting(&self) -> Vec<Pause> {
        let record = self.service.primary().and_then(|primary| self.records.get(&primary.record));
        let pauses = record.into_iter().flat_map(|record| &record.pauses);
        pauses.filter(|pause| pause.status == PauseStatus::AwaitingAction).cloned().collect()
    }

    fn answer(&mut self, action: HookAction) {
        let Some((record, pause)) = self.service.primary().map(|primary| primary.record).zip(self.awaiting().first().cloned())
        else {
            return;
        };
        if let Ok(next) = answer(&self.records[&record], &pause.hook_id(), action, self.now) {
            self.records.insert(record, next);
        }
    }

    /// One pass of the service, carried out.
    pub(super) fn pass(&mut self) -> Plan {
        let plan = self.plan();
        self.check(&plan);
        self.apply(plan.clone());
        plan
    }

    pub(super) fn plan(&self) -> Plan {
        let plan = self.plan_with(false);
        assert_eq!(plan, self.plan_with(true), "the order of the tasks changes nothing");
        plan
    }

    fn plan_with(&self, reversed: bool) -> Plan {
        let mut tasks: Vec<&Task> = self.tasks.values().filter(|task| !task.is_stopped() || !task.settled).collect();
        if reversed {
            tasks.reverse();
        }
        let leaving = self.instances.values().filter(|instance| instance.status != InstanceStatus::Active);
        let leaving: BTreeSet<_> = leaving.map(|instance| instance.id).collect();
        let pool = self.index.pool(&PoolKey::Cluster(region(), "default".into()));
        let records: Vec<&ServiceDeployment> = self.records.values().filter(|record| !record.status.is_final()).collect();
        let acting = acting(&self.service, records.iter().copied());
        let others = self.service.deployments.iter().filter(|other| acting.is_none_or(|acting| acting.id != other.id));
        let view = View {
            service: &self.service,
            revision: acting.map(|acting| self.revision(acting.revision)),
            replaced: others.map(|deployment| (deployment.id, &self.revisions[&deployment.revision].1)).collect(),
            records,
            tasks,
            leaving: &leaving,
            pool,
            sets: self.sets.values().map(|record| Set { record, revision: self.revision(record.revision), pool }).collect(),
        };
        reconcile(&view, &mut Sieve::default(), self.now, &mut source(self.ids))
    }

    fn revision(&self, id: RevisionId) -> Revision<'_> {
        let (record, facts, _) = &self.revisions[&id];
        Revision { record, facts, rules: &[], strategies: &[], zones: None }
    }

    /// What must hold of every plan.
    fn check(&self, plan: &Plan) {
        let live = || self.tasks.values().filter(|task| task.desired.is_running() && !task.life.has_ended());
        if let Some(primary) = self.service.primary().filter(|primary| self.records[&primary.record].is_held_back()) {
            assert!(plan.starts.iter().all(|start| start.deployment != primary.id), "it waits: {plan:?}");
        }
        let desired = match plan.service.as_ref() {
            Some(service) => service.desired_count,
            None => self.service.desired_count,
        };
        let mut bounds = self.bounds(desired);
        if self.service.controller == DeploymentController::External {
            // Each set has bounds of its own.
            bounds = Bounds { desired, least: 0, most: u32::MAX };
        }
        let count = |count: usize| u32::try_from(count).expect("few tasks");
        assert!(
            plan.starts.is_empty() || count(live().count() + plan.starts.len()) <= bounds.most,
            "above the maximum: {plan:?}"
        );
        let stops: BTreeSet<TaskId> = plan.stops.iter().map(|halt| halt.task).collect();
        let counts = |task: &&Task| {
            let is_target = task.instance.is_some_and(|id| self.instances[&id].status == InstanceStatus::Active);
            self.is_healthy(task) && (self.service.scheduling == Scheduling::Replica || is_target)
        };
        let (healthy, stopped) =
            (live().filter(counts).count(), live().filter(counts).filter(|task| stops.contains(&task.id)).count());
        assert!(stopped == 0 || count(healthy - stopped) >= bounds.least, "below the minimum of {}: {plan:?}", bounds.least);
        if self.service.scheduling == Scheduling::Managed {
            self.is_alone(plan);
        }
        for halt in &plan.stops {
            assert!(!self.tasks[&halt.task].is_protected(self.now), "a protected task is stopped");
            assert!(self.tasks[&halt.task].desired.is_running() && !halt.reason.is_empty());
        }
        let mut used: BTreeMap<InstanceId, Resources> = BTreeMap::new();
        for start in &plan.starts {
            let instance = &self.instances[&start.instance];
            assert_eq!(instance.status, InstanceStatus::Active);
            let used = used.entry(start.instance).or_insert_with(|| instance.used.clone());
            assert_eq!(instance.registered.fits(used, &start.reservation), Ok(()), "more than there is");
            *used = used.checked_add(&start.reservation).expect("room, and each port once");
        }
        let rows = plan.starts.len() * 2 + plan.stops.len() + plan.settled.len() + plan.records.len() + plan.events.len() + 2;
        assert!(rows <= 100, "a plan of {rows} rows");
    }

    /// Between what the tasks have to stay if so many are wanted.
    pub(super) fn bounds(&self, desired: u32) -> Bounds {
        let configuration = &self.service.configuration;
        match self.service.scheduling {
            // How many there are at most follows from the instances: never two on one.
            Scheduling::Managed => {
                Bounds { most: u32::MAX, ..Bounds::draining(desired, configuration.drain.expect("every world has one")) }
            }
            Scheduling::Replica | Scheduling::Daemon => {
                Bounds::of(desired, configuration.minimum_healthy_percent, configuration.maximum_percent)
            }
        }
    }

    /// Never two tasks of a daemon on an instance by what is started.
    fn is_alone(&self, plan: &Plan) {
        for start in &plan.starts {
            let of_plan = plan.starts.iter().filter(|other| other.instance == start.instance).count();
            let there = self.tasks.values().filter(|task| task.instance == Some(start.instance) && !task.is_stopped()).count();
            assert_eq!((of_plan, there), (1, 0), "a second task on {}", start.instance);
            assert_eq!(start.provider, self.instances[&start.instance].capacity_provider);
        }
    }

    pub(super) fn is_healthy(&self, task: &Task) -> bool {
        let is_checked = self.facts(task).containers[0].health_checked;
        match task.containers[0].health {
            _ if !task.life.is_running() => false,
            Health::Unhealthy => false,
            Health::Unknown => !is_checked,
            Health::Healthy => true,
        }
    }

    pub(super) fn apply(&mut self, plan: Plan) {
        for start in plan.starts {
            let (_, facts, _) = &self.revisions[&start.revision];
            let order = Order {
                instance: Some(start.instance),
                reservation: start.reservation,
                zone: start.zone,
                group: Some(self.service.group()),
                capacity_provider: start.provider,
                started_by: Some(start.deployment.to_string().into()),
                ..Order::new(region(), "default".into(), ("web".into(), 1), facts, LaunchType::Ec2)
            };
            let mut first = Some(*start.task.as_bytes());
            let mut rest = source(self.ids + 1_000);
            let accepted = task::accept(order, self.now, &mut || first.take().unwrap_or_else(&mut rest));
            self.put_task(Some(accepted));
        }
        for halt in plan.stops {
            let next = task::stop(&self.tasks[&halt.task], halt.code, &halt.reason, self.now);
            self.put_task(next);
        }
        for id in plan.settled {
            self.put_task(Some(Task { settled: true, ..self.tasks[&id].clone() }));
        }
        self.records.extend(plan.records.into_iter().map(|record| (record.id, record)));
        self.sets.extend(plan.sets.into_iter().map(|set| (set.id, set)));
        if let Some(service) = plan.service {
            assert!(service.version > self.service.version);
            self.service = service;
        }
        self.events.extend(plan.events);
        self.ids += 10_000;
    }

    /// An agent does what is next for one of the tasks.
    fn agent(&mut self, at: usize) {
        let waiting = |task: &&Task| {
            let is_at_rest = task.life.has_ended() || task.life.is_running() && task.desired.is_running();
            !is_at_rest && task.instance.is_some_and(|id| self.instances[&id].agent_connected)
        };
        let waiting: Vec<_> = self.tasks.values().filter(waiting).cloned().collect();
        let Some(task) = pick(&waiting, at) else { return };
        let status = if !task.desired.is_running() || self.flavour(task) == Flavour::Broken {
            Reported::Stopped
        } else {
            Reported::Running
        };
        self.report(task, status);
        if let Some(next) = self.tasks.get(&task.id).filter(|task| task.life.is_running()).cloned() {
            self.observe_health(&next, Health::Healthy);
        }
    }

    fn observe_health(&mut self, task: &Task, health: Health) {
        let facts = self.facts(task);
        if facts.containers[0].health_checked {
            self.put_task(task::observe_health(task, &facts, &[("app", health)]));
        }
    }

    fn report(&mut self, task: &Task, status: Reported) {
        let container = ContainerReport { name: "app", status, image_digest: "sha256:1", ..ContainerReport::default() };
        let report = TaskReport { status: Some(status), containers: vec![container], ..TaskReport::default() };
        let next = task::observe(task, &self.facts(task), &report, self.now);
        self.put_task(next);
    }

    fn set_status(&mut self, at: usize, status: InstanceStatus) {
        let all: Vec<_> = self.instances.values().cloned().collect();
        let Some(before) = pick(&all, at) else { return };
        if let InstanceStatus::Inactive { .. } = status {
            let here = |task: &&Task| task.instance == Some(before.id);
            let lost: Vec<_> = self.tasks.values().filter(here).cloned().collect();
            for task in lost {
                let next = task::lost(&task, StopCode::TerminationNotice, "Host gone", self.now);
                self.put_task(next);
            }
        }
        let now = self.instances[&before.id].clone();
        self.put_instance(ContainerInstance { status, ..now });
    }

    /// An instance that is there, as it is now.
    pub(super) fn replace_instance(&mut self, instance: ContainerInstance) {
        self.put_instance(instance);
    }

    fn put_instance(&mut self, instance: ContainerInstance) {
        self.index.instance(self.instances.get(&instance.id), Some(&instance));
        self.instances.insert(instance.id, instance);
    }

    fn put_task(&mut self, next: Option<Task>) {
        let Some(mut next) = next else { return };
        let before = self.tasks.get(&next.id).cloned();
        if let Some(instance) = next.instance.map(|id| self.instances[&id].clone()) {
            let used = task::settle(&instance.used, before.as_ref(), &mut next).expect("the ledger has it");
            self.put_instance(ContainerInstance { used, ..instance });
        }
        self.index.task(before.as_ref(), Some(&next));
        if let Some(stop) = next.desired.stop() {
            assert!(!stop.reason.is_empty(), "every stopped task has a reason");
        }
        self.tasks.insert(next.id, next);
    }

    fn facts(&self, task: &Task) -> Facts {
        self.of(task).map_or_else(facts, |(_, facts, _)| facts.clone())
    }

    fn flavour(&self, task: &Task) -> Flavour {
        self.of(task).map_or(Flavour::Good, |(.., flavour)| *flavour)
    }

    /// The revision of a task: by its size and ports alone it cannot be told.
    fn of(&self, task: &Task) -> Option<&(ServiceRevision, Facts, Flavour)> {
        if let Some(set) = task.deployment().and_then(|id| self.sets.get(&id)) {
            return self.revisions.get(&set.revision);
        }
        let record = self.records.values().find(|record| Some(record.deployment) == task.deployment())?;
        self.revisions.get(&record.target)
    }

    fn id(&mut self) -> [u8; 16] {
        self.ids += 1;
        (self.ids << 64).to_be_bytes()
    }

    /// All is well from now on: whoever has something to do does it. How often somebody had, before all was quiet.
    pub(super) fn calm(&mut self) -> usize {
        for at in 0..self.instances.len() {
            self.step(&Step::Return(at));
        }
        for task in self.tasks.clone().into_values().filter(|task| task.protected_until.is_some() && !task.is_stopped()) {
            self.put_task(Some(Task { protected_until: None, ..task }));
        }
        self.calm_without_return()
    }

    /// The same, and instances stay as they are.
    pub(super) fn calm_without_return(&mut self) -> usize {
        for round in 0..400 {
            let plan = self.pass();
            let before = self.tasks.clone();
            for _ in 0..self.tasks.len() {
                self.agent(0);
            }
            if plan.is_empty() && before == self.tasks {
                match plan.wake_at {
                    Some(at) if at > self.now => self.now = at,
                    _ => return round,
                }
            }
        }
        panic!("it is never quiet: {:#?}", self.plan());
    }

    pub(super) fn live(&self) -> Vec<&Task> {
        self.tasks.values().filter(|task| task.desired.is_running() && !task.life.has_ended()).collect()
    }

    /// A task set of the service with a share in hundredths of a percent; the service is deployed from outside from then on.
    pub(super) fn add_set(&mut self, number: u64, flavour: Flavour, scale: u32) -> DeploymentId {
        self.deploy(flavour, false);
        let revision = self.service.primary().expect("a deployment").revision;
        self.service.deployments.clear();
        self.service.controller = DeploymentController::External;
        let id = DeploymentId::new(number);
        let set = TaskSet {
            region: region(),
            cluster: "default".into(),
            service: "web".into(),
            id,
            external_id: None,
            status: TaskSetStatus::Active,
            revision,
            scale,
            is_steady: false,
            steady_at: self.now,
            created_at: self.now,
            updated_at: self.now,
            tags: Tags::default(),
            client_token: None,
            setbacks: 0,
            retry_at: None,
        };
        self.sets.insert(id, set);
        id
    }

    /// Gives every second instance to the second of two capacity providers, and the primary deployment a strategy over them.
    pub(super) fn share_out(&mut self, strategy: &[(&str, u32, u32)]) {
        let items = strategy.iter().map(|&(provider, weight, base)| StrategyItem { provider: provider.into(), weight, base });
        let items: Vec<StrategyItem> = items.collect();
        for (at, instance) in self.instances.clone().into_values().enumerate() {
            let provider = items[at % items.len()].provider.clone();
            self.put_instance(ContainerInstance { capacity_provider: Some(provider), ..instance });
        }
        for (revision, ..) in self.revisions.values_mut() {
            revision.source.strategy.clone_from(&items);
        }
    }

    pub(super) fn primary_flavour(&self) -> Option<Flavour> {
        self.service.primary().and_then(|primary| self.revisions.get(&primary.revision)).map(|(.., flavour)| *flavour)
    }

    /// Whether a rollback may bring back what never runs: it was complete while nothing was wanted.
    pub(super) fn can_come_back_broken(&self) -> bool {
        let completed = self.service.deployments.iter().filter(|deployment| deployment.rollout == Rollout::Completed);
        completed.into_iter().any(|deployment| self.revisions[&deployment.revision].2 == Flavour::Broken)
    }

    pub(super) fn said(&self, what: &str) -> usize {
        self.events.iter().filter(|event| event.contains(what)).count()
    }

    pub(super) fn has_notice(&self, matter: Matter) -> bool {
        self.service.notices.iter().any(|notice| notice.matter == matter)
    }
}

/// Ids of which both halves count.
fn source(mut from: u128) -> impl FnMut() -> [u8; 16] {
    move || {
        from += 1;
        (from << 64 | from).to_be_bytes()
    }
}

fn pick<T>(from: &[T], at: usize) -> Option<&T> {
    from.get(at.checked_rem(from.len())?)
}
