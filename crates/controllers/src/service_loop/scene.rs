//! A service with all that a decision about it is made on, as stored.

use std::collections::BTreeSet;

use berth_model::{
    ContainerInstance, DeploymentId, InstanceId, InstanceStatus, RevisionId, Scheduling, Service, ServiceDeployment, Task,
    TaskDefinition, TaskSet, TaskSetStatus,
};
use berth_plan::service::{Set, View, acting};
use berth_store::{GroupCounts, InstanceKey, OfService, ServiceDeploymentKey, Shared, State, TaskIndex, TaskSetKey};

use super::recipe::{self, Recipe};
use super::{PlacementsOf, Standing, Trouble};

/// What was read.
#[derive(Debug)]
pub(super) struct Scene {
    pub(super) service: Shared<Service>,
    /// What tasks of the deployment that acts are made from.
    acting: Option<Recipe>,
    replaced: Vec<(DeploymentId, Shared<TaskDefinition>)>,
    records: Vec<Shared<ServiceDeployment>>,
    tasks: Vec<Shared<Task>>,
    leaving: BTreeSet<InstanceId>,
    sets: Vec<(Shared<TaskSet>, Recipe)>,
}

impl Scene {
    /// Reads all that belongs to a service.
    pub(super) fn of(state: &State, service: &Shared<Service>, standing: &mut Standing) -> Result<Self, Trouble> {
        let records = records(state, service);
        let acting = acting(service, records.iter().map(|record| &**record));
        let recipe = acting.map(|acting| Recipe::of(state, service, acting.revision, Some(standing))).transpose()?;
        let others = service.deployments.iter().filter(|other| acting.is_none_or(|acting| acting.id != other.id));
        let replaced = others.map(|other| Ok((other.id, recipe::definition(state, service, &other.family, other.definition)?)));
        let replaced = replaced.collect::<Result<_, Trouble>>()?;
        let tasks = tasks(state, service);
        let leaving = leaving(state, service, &tasks);
        let key = OfService::Service(service.region, service.cluster.clone(), service.name.clone());
        let sets = state.with::<TaskSet>(&key, ..);
        let sets = sets.map(|set| Ok((set.clone(), Recipe::of(state, service, set.revision, None)?)));
        let sets = sets.collect::<Result<_, Trouble>>()?;
        Ok(Self { service: service.clone(), acting: recipe, replaced, records, tasks, leaving, sets })
    }

    /// As decisions see it.
    pub(super) fn view<'s>(&'s self, state: &'s State, placements: PlacementsOf) -> View<'s> {
        let set = |(record, recipe): &'s (Shared<TaskSet>, Recipe)| Set {
            record,
            revision: recipe.revision(),
            pool: recipe.pool_in(state, placements),
        };
        View {
            service: &self.service,
            revision: self.acting.as_ref().map(Recipe::revision),
            replaced: self.replaced.iter().map(|(id, definition)| (*id, &*definition.facts)).collect(),
            records: self.records.iter().map(|record| &**record).collect(),
            tasks: self.tasks.iter().map(|task| &**task).collect(),
            leaving: &self.leaving,
            pool: self.acting.as_ref().and_then(|acting| acting.pool_in(state, placements)),
            sets: self.sets.iter().map(set).collect(),
        }
    }

    /// What tasks of a revision are made from, if it was read.
    pub(super) fn recipe(&self, revision: RevisionId) -> Option<&Recipe> {
        self.recipes().find(|recipe| recipe.record.id == revision)
    }

    /// The task sets that were deleted and have no task left.
    pub(super) fn drained(&self, state: &State) -> Vec<TaskSetKey> {
        let is_drained = |set: &TaskSet| {
            set.status == TaskSetStatus::Draining
                && state.counts().deployment(set.region, set.id) == GroupCounts::default()
                && !self.tasks.iter().any(|task| task.deployment() == Some(set.id))
        };
        let sets = self.sets.iter().filter(|(set, _)| is_drained(set));
        sets.map(|(set, _)| TaskSetKey { region: set.region, id: set.id }).collect()
    }

    /// All that tasks are made from.
    pub(super) fn recipes(&self) -> impl Iterator<Item = &Recipe> {
        self.acting.iter().chain(self.sets.iter().map(|(_, recipe)| recipe))
    }
}

/// The records of its deployments that are not over. Those of deployments that it has not any more are.
fn records(state: &State, service: &Service) -> Vec<Shared<ServiceDeployment>> {
    let ids: BTreeSet<_> = service.deployments.iter().map(|deployment| deployment.record).collect();
    let record = |id| state.get::<ServiceDeployment>(&ServiceDeploymentKey { region: service.region, id });
    ids.into_iter().filter_map(record).filter(|record| !record.status.is_final()).cloned().collect()
}

/// Its tasks that are meant to run, and those that are not and of whose end it has not taken note; of a daemon all that are not over.
fn tasks(state: &State, service: &Service) -> Vec<Shared<Task>> {
    let (region, cluster, group) = (service.region, &service.cluster, service.group());
    let live = TaskIndex::Group(region, cluster.clone(), group.clone(), true);
    let ended = match service.scheduling {
        Scheduling::Managed => TaskIndex::Group(region, cluster.clone(), group, false),
        Scheduling::Replica | Scheduling::Daemon => TaskIndex::Unsettled(region, cluster.clone(), group),
    };
    let counts = |task: &&Shared<Task>| !task.settled || !task.is_stopped();
    let all = state.with::<Task>(&live, ..).chain(state.with::<Task>(&ended, ..).filter(counts));
    // What a caller put into the group before callers were kept from it is not the service's.
    all.filter(|task| task.is_of_service()).cloned().collect()
}

/// Which of the instances of these tasks take no tasks any more.
fn leaving(state: &State, service: &Service, tasks: &[Shared<Task>]) -> BTreeSet<InstanceId> {
    let all: BTreeSet<InstanceId> = tasks.iter().filter_map(|task| task.instance).collect();
    let stays = |id: &InstanceId| {
        let instance = state.get::<ContainerInstance>(&InstanceKey { region: service.region, id: *id });
        instance.is_some_and(|instance| instance.status == InstanceStatus::Active)
    };
    all.into_iter().filter(|id| !stays(id)).collect()
}
