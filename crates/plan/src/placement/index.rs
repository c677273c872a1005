//! The pools of a whole installation.

use berth_model::node::Offer;
use berth_model::{ContainerInstance, InstanceId, LaunchType, Name, Region, Task};
use imbl::OrdMap;

use super::pool::{GroupKey, Pool};

/// Names a pool of instances.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PoolKey {
    /// The instances of a cluster that take tasks that are not Fargate's.
    Cluster(Region, Name),
    /// The instances of a region that take Fargate tasks, of whatever cluster.
    Fargate(Region),
}

impl PoolKey {
    /// Where tasks of a cluster with this launch type go.
    #[must_use]
    pub fn of(region: Region, cluster: &Name, launch: LaunchType) -> Self {
        match launch {
            LaunchType::Fargate => Self::Fargate(region),
            LaunchType::Ec2 | LaunchType::External | LaunchType::ManagedInstances => Self::Cluster(region, cluster.clone()),
        }
    }
}

impl PoolKey {
    /// The pools that an instance is in.
    pub fn around(instance: &ContainerInstance) -> impl Iterator<Item = Self> {
        pools(instance).into_iter().flatten()
    }
}

/// Every pool, kept up to date with the records. Records may come in any order: a task before its instance, for one.
#[derive(Debug, Clone, Default)]
pub struct Index {
    pools: OrdMap<PoolKey, Pool>,
}

/// Where a task counts, and as what.
#[derive(PartialEq)]
struct Presence {
    pool: PoolKey,
    instance: InstanceId,
    group: GroupKey,
    zone: Option<Name>,
    meant: bool,
    running: bool,
}

impl Index {
    /// A pool; none if no instance of it was ever seen.
    #[must_use]
    pub fn pool(&self, key: &PoolKey) -> Option<&Pool> {
        self.pools.get(key)
    }

    /// Takes up a changed instance.
    pub fn instance(&mut self, old: Option<&ContainerInstance>, new: Option<&ContainerInstance>) {
        let (before, after) = (old.map(pools), new.map(pools));
        for left in before.into_iter().flatten().flatten() {
            let stays = after.as_ref().is_some_and(|after| after.iter().flatten().any(|key| *key == left));
            if let Some((pool, old)) = self.pools.get_mut(&left).zip(old).filter(|_| !stays) {
                pool.set_instance(old.id, None);
            }
        }
        for (key, new) in after.into_iter().flatten().flatten().zip(std::iter::repeat(new).flatten()) {
            self.pools.entry(key).or_default().set_instance(new.id, Some(new));
        }
    }

    /// Takes up a changed task.
    pub fn task(&mut self, old: Option<&Task>, new: Option<&Task>) {
        let (old, new) = (old.and_then(presence), new.and_then(presence));
        if old == new {
            return;
        }
        // First the new one, so that nothing is forgotten that comes back at once.
        for (presence, by) in new.iter().map(|new| (new, 1)).chain(old.iter().map(|old| (old, -1))) {
            let (meant, running) = (by * i32::from(presence.meant), by * i32::from(presence.running));
            let pool = self.pools.entry(presence.pool.clone()).or_default();
            pool.count(presence.instance, &presence.group, presence.zone.as_ref(), meant, running);
        }
    }
}

fn pools(instance: &ContainerInstance) -> [Option<PoolKey>; 2] {
    let offer = Offer::of(&instance.attributes);
    let cluster = offer.plain.then(|| PoolKey::Cluster(instance.region, instance.cluster.clone()));
    [cluster, offer.fargate.then_some(PoolKey::Fargate(instance.region))]
}

fn presence(task: &Task) -> Option<Presence> {
    let instance = task.instance?;
    let (meant, running) = (task.desired.is_running(), task.life.is_running());
    (meant || running).then(|| Presence {
        pool: PoolKey::of(task.region, &task.cluster, task.launch),
        instance,
        group: GroupKey { cluster: task.cluster.clone(), name: task.group.clone() },
        zone: task.zone.clone(),
        meant,
        running,
    })
}
