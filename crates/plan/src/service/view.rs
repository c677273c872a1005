//! What a decision about a service is made on.

use std::collections::{BTreeMap, BTreeSet};

use berth_model::{DeploymentId, Facts, InstanceId, Name, Service, ServiceDeployment, ServiceRevision, Task, TaskSet};

use crate::placement::{Pool, Rule, Strategy};

/// A service and what belongs to it, as stored.
#[derive(Debug, Clone)]
pub struct View<'a> {
    /// The service.
    pub service: &'a Service,
    /// The revision of the deployment that [acts](super::acting); none if none does, as in a service that others deploy.
    pub revision: Option<Revision<'a>>,
    /// The facts of what its other deployments run, by deployment.
    pub replaced: Vec<(DeploymentId, &'a Facts)>,
    /// The records of its deployments that are not over.
    pub records: Vec<&'a ServiceDeployment>,
    /// Its tasks that are meant to run, and those that are not any more of whose end it has not taken note; of a daemon of capacity
    /// providers all that are not over.
    pub tasks: Vec<&'a Task>,
    /// Which of the instances its tasks are on take no tasks any more: they drain, or are gone.
    pub leaving: &'a BTreeSet<InstanceId>,
    /// Where tasks of that deployment can go; none if there has never been an instance.
    pub pool: Option<&'a Pool>,
    /// The task sets of a service that others deploy, in the order of their ids.
    pub sets: Vec<Set<'a>>,
}

/// A task set, and what its tasks are made from.
#[derive(Debug, Clone)]
pub struct Set<'a> {
    /// Its record.
    pub record: &'a TaskSet,
    /// Its revision.
    pub revision: Revision<'a>,
    /// Where its tasks can go.
    pub pool: Option<&'a Pool>,
}

/// A revision, and what was made of it.
#[derive(Debug, Clone, Copy)]
pub struct Revision<'a> {
    /// Its record.
    pub record: &'a ServiceRevision,
    /// The facts of its task definition.
    pub facts: &'a Facts,
    /// The definition's and the service's placement constraints.
    pub rules: &'a [Rule],
    /// The service's placement strategies; zones, then instances, where it has none.
    pub strategies: &'a [Strategy],
    /// The zones of its subnets, if its tasks have interfaces of their own, each with how many addresses are left in it.
    pub zones: Option<&'a BTreeMap<Name, u32>>,
}
