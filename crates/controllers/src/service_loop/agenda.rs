//! Whose turn it is.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use berth_model::{ContainerInstance, Service, ServiceDeployment, Task, TaskSet, Timestamp};
use berth_plan::placement::{PoolKey, Stamp};
use berth_store::{ServiceKey, State, Touched};

use super::{Outcome, PlacementsOf, Standing};

/// How long a service whose pass failed is left alone, if nothing happens to it.
const RETRY: Duration = Duration::from_secs(10);

/// The services that have something to do, in turn.
///
/// A service's own records and tasks make it due; an instance makes those due whose tasks it may run: all of them when it changed
/// in more than what its tasks take, else those that wait for something.
#[derive(Debug)]
pub struct Agenda {
    placements: PlacementsOf,
    due: VecDeque<ServiceKey>,
    is_due: BTreeSet<ServiceKey>,
    under_way: BTreeSet<ServiceKey>,
    known: BTreeMap<ServiceKey, Known>,
    timers: BTreeSet<(Timestamp, ServiceKey)>,
    pools: BTreeMap<PoolKey, Watched>,
}

/// What is known of a service between its passes.
#[derive(Debug, Default)]
struct Known {
    standing: Standing,
    wake_at: Option<Timestamp>,
    pools: Vec<PoolKey>,
}

/// A pool, and the services whose tasks it may run.
#[derive(Debug, Default)]
struct Watched {
    stamp: Option<Stamp>,
    services: BTreeSet<ServiceKey>,
    /// Those that wait for something.
    waiting: BTreeSet<ServiceKey>,
}

impl Agenda {
    /// One that knows of no service yet.
    #[must_use]
    pub fn new(placements: PlacementsOf) -> Self {
        Self {
            placements,
            due: VecDeque::new(),
            is_due: BTreeSet::new(),
            under_way: BTreeSet::new(),
            known: BTreeMap::new(),
            timers: BTreeSet::new(),
            pools: BTreeMap::new(),
        }
    }

    /// Anything may have changed: all are due.
    pub fn heed_all(&mut self, state: &State) {
        for service in state.range::<Service>(..) {
            self.call(key(service));
        }
    }

    /// Something changed, and is in `state` as it is now.
    pub fn heed(&mut self, state: &State, touched: &Touched) {
        for key in touched.keys::<Service>() {
            self.call(key.clone());
        }
        let of_task =
            |task: &Task| Some(ServiceKey { region: task.region, cluster: task.cluster.clone(), name: task.service()? });
        for key in touched.keys::<Task>() {
            // One that is forgotten was over.
            if let Some(service) = state.get::<Task>(key).and_then(|task| of_task(task)) {
                self.call(service);
            }
        }
        for key in touched.keys::<ServiceDeployment>() {
            if let Some(record) = state.get::<ServiceDeployment>(key) {
                self.call(ServiceKey { region: record.region, cluster: record.cluster.clone(), name: record.service.clone() });
            }
        }
        for key in touched.keys::<TaskSet>() {
            if let Some(set) = state.get::<TaskSet>(key) {
                self.call(ServiceKey { region: set.region, cluster: set.cluster.clone(), name: set.service.clone() });
            }
        }
        if touched.any::<ContainerInstance>() {
            self.heed_instances(state, touched);
        }
    }

    fn heed_instances(&mut self, state: &State, touched: &Touched) {
        let mut called: BTreeSet<ServiceKey> = BTreeSet::new();
        let index = (self.placements)(state);
        for (key, watched) in &mut self.pools {
            let stamp = index.and_then(|index| index.pool(key)).map(|pool| pool.stamp().clone());
            if watched.stamp != stamp {
                watched.stamp = stamp;
                called.extend(watched.services.iter().cloned());
            }
        }
        for key in touched.keys::<ContainerInstance>() {
            for pool in state.get::<ContainerInstance>(key).iter().flat_map(|instance| PoolKey::around(instance)) {
                called.extend(self.pools.get(&pool).into_iter().flat_map(|watched| watched.waiting.iter().cloned()));
            }
        }
        for service in called {
            self.call(service);
        }
    }

    /// Whose turn it is, with what is remembered of it, until its pass has ended or failed; none if it is nobody's.
    pub fn begin(&mut self, now: Timestamp) -> Option<(ServiceKey, Standing)> {
        while let Some((_, key)) = self.timers.first().filter(|(at, _)| *at <= now).cloned() {
            self.set_timer(&key, None);
            self.call(key);
        }
        // One that is under way has its turn when that has ended.
        let at = self.due.iter().position(|key| !self.under_way.contains(key))?;
        let key = self.due.remove(at)?;
        self.is_due.remove(&key);
        self.under_way.insert(key.clone());
        let standing = self.known.get_mut(&key).map(|known| std::mem::take(&mut known.standing));
        Some((key, standing.unwrap_or_default()))
    }

    /// A pass has ended; without an outcome, there is no such service.
    pub fn end(&mut self, key: ServiceKey, standing: Standing, outcome: Option<Outcome>) {
        self.under_way.remove(&key);
        self.leave_pools(&key);
        let Some(outcome) = outcome else {
            self.set_timer(&key, None);
            self.known.remove(&key);
            return;
        };
        self.set_timer(&key, outcome.wake_at);
        let known = self.known.entry(key.clone()).or_default();
        known.standing = standing;
        known.pools = outcome.pools.iter().map(|(pool, _)| pool.clone()).collect();
        let mut has_changed = false;
        for (pool, stamp) in outcome.pools {
            let watched = self.pools.entry(pool).or_insert_with(|| Watched { stamp: stamp.clone(), ..Watched::default() });
            // What happened while the pass was under way was not told to it.
            has_changed |= watched.stamp != stamp;
            watched.services.insert(key.clone());
            if !outcome.why.is_empty() {
                watched.waiting.insert(key.clone());
            }
        }
        if has_changed {
            self.call(key);
        }
    }

    /// A pass could not be made: it is tried again after a while.
    pub fn fail(&mut self, key: ServiceKey, now: Timestamp) {
        self.under_way.remove(&key);
        self.known.entry(key.clone()).or_default();
        self.set_timer(&key, Some(now + RETRY));
    }

    /// When the next service is due of which nothing is heard before.
    #[must_use]
    pub fn wake_at(&self) -> Option<Timestamp> {
        self.timers.first().map(|(at, _)| *at)
    }

    fn call(&mut self, key: ServiceKey) {
        if self.is_due.insert(key.clone()) {
            self.due.push_back(key);
        }
    }

    fn set_timer(&mut self, key: &ServiceKey, at: Option<Timestamp>) {
        let Some(known) = self.known.get_mut(key) else {
            if let Some(at) = at {
                self.known.insert(key.clone(), Known { wake_at: Some(at), ..Known::default() });
                self.timers.insert((at, key.clone()));
            }
            return;
        };
        if let Some(before) = std::mem::replace(&mut known.wake_at, at) {
            self.timers.remove(&(before, key.clone()));
        }
        self.timers.extend(at.map(|at| (at, key.clone())));
    }

    fn leave_pools(&mut self, key: &ServiceKey) {
        let left = self.known.get_mut(key).map(|known| std::mem::take(&mut known.pools));
        for pool in left.into_iter().flatten() {
            let Some(watched) = self.pools.get_mut(&pool) else { continue };
            watched.services.remove(key);
            watched.waiting.remove(key);
            if watched.services.is_empty() {
                self.pools.remove(&pool);
            }
        }
    }
}

fn key(service: &Service) -> ServiceKey {
    ServiceKey { region: service.region, cluster: service.cluster.clone(), name: service.name.clone() }
}
