//! What can be tagged, found by its ARN.

use berth_api::ecs::errors;
use berth_api::{Call, Refusal, Target};
use berth_model::{
    CapacityProvider, Cluster, ClusterStatus, ContainerInstance, Name, ResourceArn, Service, ServiceStatus, Tags, Task,
    TaskDefinition, TaskSet, Timestamp,
};
use berth_store::{ClusterKey, Shared, State, TaskDefinitionKey, TaskSetKey, Transaction};

use super::scope::{Scope, shortened};
use super::{EcsService, capacity, cluster, container_instance, daemon, service, tags, task, task_set};

/// A resource with its tags.
#[derive(Debug)]
pub(super) enum Tagged {
    Cluster(Shared<Cluster>),
    Instance(Shared<ContainerInstance>),
    Task(Shared<Task>),
    Revision(Shared<TaskDefinition>),
    Service(Shared<Service>),
    TaskSet(Shared<TaskSet>),
    Provider(Shared<CapacityProvider>),
}

/// Why an ARN leads to nothing that has tags.
#[derive(Debug)]
pub(super) enum Untagged {
    /// The call is wrong whatever exists.
    Refused(Refusal),
    /// There is no such resource; the words say which kind.
    Missing(&'static str),
}

impl Untagged {
    /// As operations answer it whose model does not know missing resources.
    pub(super) fn invalid(self) -> Refusal {
        match self {
            Self::Refused(refusal) => refusal,
            Self::Missing(message) => errors::invalid_parameter_exception(message),
        }
    }

    /// As the other operations answer it.
    pub(super) fn not_found(self) -> Refusal {
        match self {
            Self::Refused(refusal) => refusal,
            Self::Missing(message) => errors::resource_not_found_exception(message),
        }
    }
}

impl Tagged {
    /// The resource of an ARN, if it is there for a call at that moment.
    pub(super) fn find(state: &State, scope: Scope, arn: &ResourceArn, now: Timestamp) -> Result<Self, Untagged> {
        match arn {
            ResourceArn::Cluster { name } => of_cluster(state, scope, name).map(Self::Cluster),
            ResourceArn::TaskDefinition { family, revision } => {
                let key = TaskDefinitionKey { region: scope.region, family: family.clone(), revision: *revision };
                state.get(&key).cloned().map(Self::Revision).ok_or(Untagged::Missing(
                    "The specified task definition does not exist. Specify a valid account, family, revision and try again.",
                ))
            }
            ResourceArn::Task { cluster: Some(cluster), id } => {
                let found = task::find(state, scope, cluster, *id, now).cloned();
                found
                    .map(Self::Task)
                    .ok_or(Untagged::Missing("The specified task was not found. Specify a valid task and try again."))
            }
            ResourceArn::ContainerInstance { cluster: Some(cluster), id } => {
                let found = container_instance::find(state, scope, cluster, *id).cloned();
                let instance = found.ok_or(Untagged::Missing(
                    "The specified container instance was not found. Specify a valid container instance and try again.",
                ))?;
                if container_instance::is_inactive(&instance) {
                    return refused(
                        "The specified container instance is inactive. Specify an active container instance and try again.",
                    );
                }
                Ok(Self::Instance(instance))
            }
            ResourceArn::Service { cluster: Some(cluster), name } => of_service(state, scope, cluster, name).map(Self::Service),
            ResourceArn::TaskSet { id, .. } => {
                let found = state.get::<TaskSet>(&TaskSetKey { region: scope.region, id: *id });
                found
                    .filter(|set| scope.task_set_arn(&set.cluster, &set.service, set.id) == scope.arn(arn.clone()).to_string())
                    .cloned()
                    .map(Self::TaskSet)
                    .ok_or(Untagged::Missing("The specified task set was not found. Specify a valid task set and try again."))
            }
            ResourceArn::Daemon { cluster, name } => {
                let found = daemon::active(state, scope, &(cluster.clone(), berth_model::daemon::kept(name)));
                found
                    .cloned()
                    .map(Self::Service)
                    .map_err(|_| Untagged::Missing("The specified daemon was not found. Specify a valid daemon and try again."))
            }
            ResourceArn::DaemonTaskDefinition { family, revision } => {
                let family = berth_model::daemon::kept(family);
                let key = TaskDefinitionKey { region: scope.region, family, revision: *revision };
                state.get(&key).cloned().map(Self::Revision).ok_or(Untagged::Missing(
                    "The specified daemon task definition does not exist. Specify a valid account, family, revision and try again.",
                ))
            }
            ResourceArn::Task { cluster: None, .. }
            | ResourceArn::ContainerInstance { cluster: None, .. }
            | ResourceArn::Service { cluster: None, .. } => refused("Long arn format must be used for tagging operations"),
            ResourceArn::CapacityProvider { name } => {
                let found = capacity::find(state, scope, name).cloned();
                found.map(Self::Provider).ok_or(Untagged::Missing(
                    "The specified capacity provider was not found. Specify a valid name or ARN and try again.",
                ))
            }
            ResourceArn::Container { .. }
            | ResourceArn::Attachment { .. }
            | ResourceArn::ServiceDeployment { .. }
            | ResourceArn::ServiceRevision { .. }
            | ResourceArn::DaemonDeployment { .. }
            | ResourceArn::DaemonRevision { .. } => {
                let arn = scope.arn(arn.clone()).to_string();
                refused(&format!("Invalid identifier: {} cannot be tagged", shortened(&arn)))
            }
        }
    }

    /// The resource of an ARN whose tags may change: a task that stopped keeps those it had.
    pub(super) fn to_change(state: &State, scope: Scope, arn: &ResourceArn, now: Timestamp) -> Result<Self, Untagged> {
        match Self::find(state, scope, arn, now)? {
            Self::Task(task) if task.is_stopped() => {
                refused("The specified task is stopped. Specify a running task and try again.")
            }
            found => Ok(found),
        }
    }

    /// Its tags.
    pub(super) fn tags(&self) -> &Tags {
        match self {
            Self::Cluster(cluster) => &cluster.tags,
            Self::Instance(instance) => &instance.tags,
            Self::Task(task) => &task.tags,
            Self::Revision(revision) => &revision.tags,
            Self::Service(service) => &service.tags,
            Self::TaskSet(set) => &set.tags,
            Self::Provider(provider) => &provider.tags,
        }
    }

    /// Writes it with other tags.
    pub(super) fn replace(self, tx: &mut Transaction, tags: Tags) {
        match self {
            Self::Cluster(old) => drop(tx.put(Cluster { tags, ..Cluster::clone(&old) })),
            Self::Instance(old) => drop(tx.put(ContainerInstance { tags, ..ContainerInstance::clone(&old) })),
            Self::Task(old) => drop(tx.put(Task { tags, ..Task::clone(&old) })),
            Self::Revision(old) => drop(tx.put(TaskDefinition { tags, ..TaskDefinition::clone(&old) })),
            Self::Service(old) => drop(tx.put(Service { tags, ..Service::clone(&old) })),
            Self::TaskSet(old) => drop(tx.put(TaskSet { tags, ..TaskSet::clone(&old) })),
            Self::Provider(old) => drop(tx.put(CapacityProvider { tags, ..CapacityProvider::clone(&old) })),
        }
    }
}

fn of_cluster(state: &State, scope: Scope, name: &Name) -> Result<Shared<Cluster>, Untagged> {
    match state.get::<Cluster>(&ClusterKey { region: scope.region, name: name.clone() }) {
        Some(found) if found.status == ClusterStatus::Active => Ok(found.clone()),
        Some(_) => refused("The specified cluster is inactive. Specify an active cluster and try again."),
        None => Err(Untagged::Refused(cluster::not_found())),
    }
}

fn of_service(state: &State, scope: Scope, cluster: &Name, name: &Name) -> Result<Shared<Service>, Untagged> {
    match service::find(state, scope, cluster, name) {
        Some(found) if found.status == ServiceStatus::Active => Ok(found.clone()),
        Some(_) => refused("The specified service is inactive. Specify an active service and try again."),
        None => Err(Untagged::Missing("The specified service was not found. Specify a valid service and try again.")),
    }
}

fn refused<T>(message: &str) -> Result<T, Untagged> {
    Err(Untagged::Refused(errors::invalid_parameter_exception(message)))
}

/// What a call touches that names a resource by its ARN.
pub(super) fn target(ecs: &EcsService, call: &Call, arn: &str) -> Target {
    let view = ecs.store.view();
    let Ok(scope) = Scope::of(call) else { return Target::new(arn) };
    match scope.resource(arn) {
        Ok(ResourceArn::Cluster { name }) => cluster::target(&view, scope, &name),
        Ok(ResourceArn::Task { cluster: Some(cluster), id }) => task::target(&view, scope, &cluster, id),
        Ok(ResourceArn::ContainerInstance { cluster: Some(cluster), id }) => {
            container_instance::target(&view, scope, &cluster, id)
        }
        Ok(ResourceArn::Service { cluster: Some(cluster), name }) => service::target(&view, scope, &cluster, &name),
        Ok(ResourceArn::CapacityProvider { name }) => capacity::target(&view, scope, &name),
        Ok(ResourceArn::TaskSet { cluster, service, id }) => task_set::target(&view, scope, (&cluster, &service), id),
        Ok(ResourceArn::TaskDefinition { family, revision }) => {
            let found = view.get::<TaskDefinition>(&TaskDefinitionKey { region: scope.region, family, revision });
            Target { tags: found.map(|found| tags::for_policies(&found.tags)).unwrap_or_default(), ..Target::new(arn) }
        }
        Ok(ResourceArn::Daemon { cluster, name }) => daemon::target(&view, scope, &(cluster, berth_model::daemon::kept(&name))),
        Ok(ResourceArn::DaemonTaskDefinition { family, revision }) => {
            let family = berth_model::daemon::kept(&family);
            let found = view.get::<TaskDefinition>(&TaskDefinitionKey { region: scope.region, family, revision });
            Target { tags: found.map(|found| tags::for_policies(&found.tags)).unwrap_or_default(), ..Target::new(arn) }
        }
        Ok(_) | Err(_) => Target::new(arn),
    }
}

#[cfg(test)]
mod tests;
