//! Which tasks go first when there are too many.

use std::collections::BTreeMap;

use berth_model::{InstanceId, Name, TaskId, Timestamp};

/// A task that may be stopped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// The task.
    pub task: TaskId,
    /// Its zone.
    pub zone: Option<Name>,
    /// Its instance.
    pub instance: Option<InstanceId>,
    /// How near it is to being of use.
    pub rank: Rank,
    /// When it was made.
    pub created_at: Timestamp,
    /// Whether it may not be stopped: it counts, and stays.
    pub stays: bool,
}

/// How near a task is to being of use, the farthest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rank {
    /// It fails its health checks.
    Unhealthy,
    /// It does not run yet.
    Coming,
    /// It runs and is well.
    Healthy,
}

/// The order in which tasks go: unhealthy ones first; then, so that zones stay even, one of the zone that has most; in it one that does
/// not run yet, then one on the instance that has most tasks of the service; then the youngest. Ids decide between those that are
/// equal. At most so many of them.
#[must_use]
pub fn order_of_scale_in(candidates: &[Candidate], most: usize) -> Vec<TaskId> {
    let mut left: Vec<&Candidate> = candidates.iter().filter(|candidate| !candidate.stays).collect();
    left.sort_by_key(|candidate| candidate.task);
    let mut zones: BTreeMap<&Option<Name>, u32> = BTreeMap::new();
    let mut instances: BTreeMap<&Option<InstanceId>, u32> = BTreeMap::new();
    for candidate in candidates {
        *zones.entry(&candidate.zone).or_default() += 1;
        *instances.entry(&candidate.instance).or_default() += 1;
    }
    let mut order = Vec::new();
    while order.len() < most
        && let Some(at) = (0..left.len()).max_by_key(|&at| {
            let candidate = left[at];
            let is_unhealthy = candidate.rank == Rank::Unhealthy;
            (
                is_unhealthy,
                zones[&candidate.zone],
                candidate.rank == Rank::Coming,
                instances[&candidate.instance],
                candidate.created_at,
            )
        })
    {
        let gone = left.remove(at);
        zones.entry(&gone.zone).and_modify(|tasks| *tasks -= 1);
        instances.entry(&gone.instance).and_modify(|tasks| *tasks -= 1);
        order.push(gone.task);
    }
    order
}
