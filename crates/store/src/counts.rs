//! Counts that answers carry, kept with each change and never counted on read.

use std::ops::AddAssign;

use berth_model::node::Offer;
use berth_model::{ContainerInstance, DeploymentId, InstanceId, InstanceStatus, LaunchType, Name, Region, Task};
use imbl::OrdMap;

use crate::{Change, ClusterKey, Derived, Edit, TaskDefinitionKey};

/// What is counted, of everything.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counts {
    clusters: OrdMap<ClusterKey, ClusterCounts>,
    instances: OrdMap<InstanceId, InstanceCounts>,
    groups: OrdMap<GroupKey, GroupCounts>,
    deployments: OrdMap<(Region, DeploymentId), GroupCounts>,
    revisions: OrdMap<TaskDefinitionKey, i64>,
}

/// A group of tasks: region, cluster, group.
type GroupKey = (Region, Name, Name);

/// What is counted of a cluster.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ClusterCounts {
    /// Instances that are active or draining: what AWS calls registered. Those for Fargate alone are nobody's.
    pub instances: i64,
    /// Tasks on instances of the cluster.
    pub ec2: TaskCounts,
    /// Tasks on Fargate.
    pub fargate: TaskCounts,
    /// Tasks on instances outside.
    pub external: TaskCounts,
}

/// Tasks by what they do.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TaskCounts {
    /// Tasks that run.
    pub running: i64,
    /// Tasks that do not run yet.
    pub pending: i64,
}

impl ClusterCounts {
    /// Tasks that run, wherever.
    #[must_use]
    pub const fn running(&self) -> i64 {
        self.ec2.running + self.fargate.running + self.external.running
    }

    /// Tasks that do not run yet, wherever.
    #[must_use]
    pub const fn pending(&self) -> i64 {
        self.ec2.pending + self.fargate.pending + self.external.pending
    }
}

/// What is counted of a container instance. Fargate tasks are not its own.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct InstanceCounts {
    /// Tasks that run.
    pub running: i64,
    /// Tasks that do not run yet.
    pub pending: i64,
}

/// What is counted of a group of tasks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct GroupCounts {
    /// Tasks that run.
    pub running: i64,
    /// Tasks that do not run yet.
    pub pending: i64,
    /// Tasks that are meant to run.
    pub desired: i64,
}

impl Counts {
    /// Of a cluster.
    #[must_use]
    pub fn cluster(&self, region: Region, name: &Name) -> ClusterCounts {
        self.clusters.get(&ClusterKey { region, name: name.clone() }).copied().unwrap_or_default()
    }

    /// Of a container instance.
    #[must_use]
    pub fn instance(&self, id: InstanceId) -> InstanceCounts {
        self.instances.get(&id).copied().unwrap_or_default()
    }

    /// Of a group of tasks, such as `service:web`.
    #[must_use]
    pub fn group(&self, region: Region, cluster: &Name, group: &Name) -> GroupCounts {
        self.groups.get(&(region, cluster.clone(), group.clone())).copied().unwrap_or_default()
    }

    /// Of a deployment or a task set of a service.
    #[must_use]
    pub fn deployment(&self, region: Region, id: DeploymentId) -> GroupCounts {
        self.deployments.get(&(region, id)).copied().unwrap_or_default()
    }

    /// How many tasks, stopped ones included, refer to a revision of a task definition.
    #[must_use]
    pub fn revision(&self, key: &TaskDefinitionKey) -> i64 {
        self.revisions.get(key).copied().unwrap_or_default()
    }

    fn task(&mut self, task: &Task, by: i64) {
        add(
            &mut self.revisions,
            TaskDefinitionKey { region: task.region, family: task.family.clone(), revision: task.revision },
            by,
        );
        let running = if task.life.is_running() { by } else { 0 };
        let pending = if task.life.is_pending() { by } else { 0 };
        let desired = if task.desired.is_running() { by } else { 0 };
        let cluster = ClusterKey { region: task.region, name: task.cluster.clone() };
        let tasks = TaskCounts { running, pending };
        let counts = match task.launch {
            LaunchType::Ec2 | LaunchType::ManagedInstances => ClusterCounts { ec2: tasks, ..ClusterCounts::default() },
            LaunchType::Fargate => ClusterCounts { fargate: tasks, ..ClusterCounts::default() },
            LaunchType::External => ClusterCounts { external: tasks, ..ClusterCounts::default() },
        };
        add(&mut self.clusters, cluster, counts);
        let group = (task.region, task.cluster.clone(), task.group.clone());
        add(&mut self.groups, group, GroupCounts { running, pending, desired });
        if let Some(id) = task.deployment() {
            add(&mut self.deployments, (task.region, id), GroupCounts { running, pending, desired });
        }
        if let Some(instance) = task.instance.filter(|_| task.launch != LaunchType::Fargate) {
            add(&mut self.instances, instance, InstanceCounts { running, pending });
        }
    }

    fn container_instance(&mut self, instance: &ContainerInstance, by: i64) {
        if !Offer::of(&instance.attributes).plain {
            return;
        }
        let instances = match instance.status {
            InstanceStatus::Active | InstanceStatus::Draining => by,
            InstanceStatus::Registering
            | InstanceStatus::Deregistering
            | InstanceStatus::RegistrationFailed
            | InstanceStatus::Inactive { .. } => 0,
        };
        let cluster = ClusterKey { region: instance.region, name: instance.cluster.clone() };
        add(&mut self.clusters, cluster, ClusterCounts { instances, ..ClusterCounts::default() });
    }
}

impl Derived for Counts {
    fn apply(&mut self, change: &Change<'_>) {
        match *change {
            Change::Task(Edit { old, new }) => {
                if let Some(task) = new {
                    self.task(task, 1);
                }
                if let Some(task) = old {
                    self.task(task, -1);
                }
            }
            Change::ContainerInstance(Edit { old, new }) => {
                if let Some(instance) = new {
                    self.container_instance(instance, 1);
                }
                if let Some(instance) = old {
                    self.container_instance(instance, -1);
                }
            }
            Change::Cluster(_)
            | Change::Family(_)
            | Change::TaskDefinition(_)
            | Change::ClientToken(_)
            | Change::LogGroup(_)
            | Change::Vpc(_)
            | Change::Subnet(_)
            | Change::SecurityGroup(_)
            | Change::AccountSettings(_)
            | Change::MetricFilter(_)
            | Change::LogResourcePolicy(_)
            | Change::QueryDefinition(_)
            | Change::Service(_)
            | Change::ServiceEvent(_)
            | Change::ServiceRevision(_)
            | Change::ServiceDeployment(_)
            | Change::TaskSet(_)
            | Change::CapacityProvider(_) => {}
        }
    }
}

/// Adds to a count; one that is back at nothing takes no room.
fn add<K: Ord + Clone, C: Copy + Default + PartialEq + AddAssign>(counts: &mut OrdMap<K, C>, key: K, by: C) {
    if by == C::default() {
        return;
    }
    let mut count = counts.get(&key).copied().unwrap_or_default();
    count += by;
    if count == C::default() {
        counts.remove(&key);
    } else {
        counts.insert(key, count);
    }
}

impl AddAssign for ClusterCounts {
    fn add_assign(&mut self, by: Self) {
        self.instances += by.instances;
        self.ec2 += by.ec2;
        self.fargate += by.fargate;
        self.external += by.external;
    }
}

impl AddAssign for TaskCounts {
    fn add_assign(&mut self, by: Self) {
        self.running += by.running;
        self.pending += by.pending;
    }
}

impl AddAssign for InstanceCounts {
    fn add_assign(&mut self, by: Self) {
        self.running += by.running;
        self.pending += by.pending;
    }
}

impl AddAssign for GroupCounts {
    fn add_assign(&mut self, by: Self) {
        self.running += by.running;
        self.pending += by.pending;
        self.desired += by.desired;
    }
}
