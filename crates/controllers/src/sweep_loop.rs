//! Forgets what has been over for long enough: stopped tasks, deregistered instances, deleted clusters and services, old deployments of
//! those that live, client tokens, and task definitions that are to be deleted and have no task and no service left.

mod history;
mod services;

use std::convert::Infallible;
use std::ops::RangeInclusive;
use std::time::Duration;

use berth_model::{ClientToken, Cluster, ContainerInstance, Service, ServiceRevision, Task, TaskDefinition, TaskSet, Timestamp};
use berth_store::{
    ClientTokenIndex, ClientTokenKey, ClusterIndex, ClusterKey, InstanceIndex, InstanceKey, MOST_ROWS, OfService, ServiceIndex,
    ServiceRevisionKey, State, Store, Stored, TaskDefinitionIndex, TaskDefinitionKey, TaskIndex, TaskKey,
};

use self::history::Past;
use self::services::Remains;
use crate::loops::{Loop, Pass, PassError, Passes, Work};

/// How long what is over is still described. AWS says an hour of tasks, and nothing exact of the others.
const DESCRIBED: Duration = Duration::from_secs(60 * 60);
/// How long the record of a deployment that ended is kept, as AWS does.
const REMEMBERED: Duration = Duration::from_secs(90 * 24 * 60 * 60);

pub(crate) const ENTRY: Loop = Loop {
    name: "sweep",
    work: Work::Passes(Passes {
        topics: |_| false,
        period: Duration::from_secs(60),
        run: |store, now| Box::pin(async move { pass(&store, now).await }),
    }),
};

/// What one update forgets.
#[derive(Debug, Default)]
struct Due {
    tasks: Vec<TaskKey>,
    instances: Vec<InstanceKey>,
    clusters: Vec<ClusterKey>,
    tokens: Vec<ClientTokenKey>,
    revisions: Vec<TaskDefinitionKey>,
    services: Vec<Remains>,
    history: Vec<Past>,
}

impl Due {
    fn len(&self) -> usize {
        let services: usize = self.services.iter().map(Remains::len).sum();
        let history: usize = self.history.iter().map(Past::len).sum();
        let of_services = services + history;
        self.tasks.len() + self.instances.len() + self.clusters.len() + self.tokens.len() + self.revisions.len() + of_services
    }
}

/// Forgets all that is due, a full update at a time.
async fn pass(store: &Store, now: Timestamp) -> Result<Pass, PassError> {
    let mut pass = Pass::default();
    loop {
        let due = due(&store.view(), now);
        if due.len() == 0 {
            return Ok(pass);
        }
        let gone = store.update(|tx| Ok::<_, Infallible>(forget(tx, &due, now))).await.map_err(PassError::of)?;
        if gone == 0 {
            return Ok(pass);
        }
        pass.changed += gone;
    }
}

/// The first things that are due, as many as one update may write.
fn due(state: &State, now: Timestamp) -> Due {
    let minute = |at: Timestamp| at.as_millis().div_euclid(60_000);
    // The minute before the one that is not over for everything in it.
    let before: RangeInclusive<i64> = i64::MIN..=minute(now - DESCRIBED) - 1;
    let expired: RangeInclusive<i64> = i64::MIN..=minute(now) - 1;
    let mut room = MOST_ROWS;
    let tasks = keys::<Task>(state, TaskIndex::StoppedIn(*before.start())..=TaskIndex::StoppedIn(*before.end()), &mut room);
    let instances = keys::<ContainerInstance>(
        state,
        InstanceIndex::GoneIn(*before.start())..=InstanceIndex::GoneIn(*before.end()),
        &mut room,
    );
    let clusters =
        keys::<Cluster>(state, ClusterIndex::DeletedIn(*before.start())..=ClusterIndex::DeletedIn(*before.end()), &mut room);
    let tokens = keys::<ClientToken>(
        state,
        ClientTokenIndex::ExpiresIn(*expired.start())..=ClientTokenIndex::ExpiresIn(*expired.end()),
        &mut room,
    );
    let revisions = state
        .with::<TaskDefinition>(&TaskDefinitionIndex::ToDelete, ..)
        .map(|found| TaskDefinitionKey { region: found.region, family: found.family.clone(), revision: found.revision })
        .filter(|key| !is_in_use(state, key))
        .take(room)
        .collect::<Vec<_>>();
    room -= revisions.len();
    let services = services::due(state, ServiceIndex::GoneIn(*before.start())..=ServiceIndex::GoneIn(*before.end()), &mut room);
    let history = history::due(state, OfService::EndedIn(i64::MIN)..=OfService::EndedIn(minute(now - REMEMBERED) - 1), &mut room);
    Due { tasks, instances, clusters, tokens, revisions, services, history }
}

/// Whether a task, stopped ones included, or a service refers to a revision of a task definition.
fn is_in_use(state: &State, key: &TaskDefinitionKey) -> bool {
    let of_set = |set: &TaskSet| {
        let revision = state.get::<ServiceRevision>(&ServiceRevisionKey { region: set.region, id: set.revision });
        revision.is_some_and(|revision| revision.family == key.family && revision.definition == key.revision)
    };
    let services = state.count::<Service>(&ServiceIndex::Definition(key.region, key.family.clone(), key.revision));
    state.counts().revision(key) > 0 || services > 0 || state.range::<TaskSet>(..).any(|set| of_set(set))
}

fn keys<R: Stored>(state: &State, values: RangeInclusive<R::Index>, room: &mut usize) -> Vec<R::Key> {
    let keys: Vec<R::Key> = state.index::<R>(values).take(*room).map(|(_, key)| key.clone()).collect();
    *room -= keys.len();
    keys
}

/// Deletes what is due, looking again: the newest state may know better than the view that was looked at.
fn forget(tx: &mut berth_store::Transaction, due: &Due, now: Timestamp) -> usize {
    let mut gone = 0;
    for key in &due.tasks {
        gone += usize::from(tx.delete::<Task>(key).is_some());
    }
    for key in &due.instances {
        gone += usize::from(tx.delete::<ContainerInstance>(key).is_some());
    }
    for key in &due.clusters {
        // It may have been created again since.
        if tx.get::<Cluster>(key).is_some_and(|cluster| cluster.inactive_at.is_some()) {
            gone += usize::from(tx.delete::<Cluster>(key).is_some());
        }
    }
    for key in &due.tokens {
        // It may have been used again after it expired.
        if tx.get::<ClientToken>(key).is_some_and(|token| token.expires_at <= now) {
            gone += usize::from(tx.delete::<ClientToken>(key).is_some());
        }
    }
    for key in &due.revisions {
        if !is_in_use(tx, key) {
            gone += usize::from(tx.delete::<TaskDefinition>(key).is_some());
        }
    }
    for remains in &due.services {
        gone += remains.forget(tx);
    }
    for past in &due.history {
        gone += past.forget(tx);
    }
    gone
}

#[cfg(test)]
pub(crate) mod tests;
