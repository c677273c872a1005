//! Where a call takes place, and what the names in it mean there.

use std::fmt::Write as _;

use berth_api::ecs::errors;
use berth_api::{Call, Refusal};
use berth_model::{
    AccountId, Arn, DeploymentId, Id, InstanceId, Kind, Name, ParseArnError, Region, ResourceArn, RevisionId,
    ServiceDeploymentId, TaskId, daemon,
};

/// The cluster of a call that names none.
pub(super) const DEFAULT_CLUSTER: &str = "default";

/// The region and account of a call.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scope {
    pub(super) region: Region,
    pub(super) account: AccountId,
}

impl Scope {
    /// The scope of a call.
    pub(super) fn of(call: &Call) -> Result<Self, Refusal> {
        let region =
            Region::new(&call.region).map_err(|cause| errors::invalid_parameter_exception("Invalid Region.").because(cause))?;
        let account = call.account.parse().map_err(|cause| Refusal::internal(&berth_api::ecs::SERVICE, Box::new(cause)))?;
        Ok(Self { region, account })
    }

    /// The full name of a resource here.
    pub(super) fn arn(self, resource: ResourceArn) -> Arn {
        Arn { region: self.region, account: self.account, resource }
    }

    /// The full name as text. Lists render a hundred a call: one allocation each.
    fn text(self, resource: ResourceArn) -> String {
        let mut text = String::with_capacity(128);
        // Writing to memory cannot fail.
        let _ = write!(text, "{}", self.arn(resource));
        text
    }

    pub(super) fn cluster_arn(self, name: &Name) -> String {
        self.text(ResourceArn::Cluster { name: name.clone() })
    }

    pub(super) fn task_arn(self, cluster: &Name, id: TaskId) -> String {
        self.text(ResourceArn::Task { cluster: Some(cluster.clone()), id })
    }

    pub(super) fn instance_arn(self, cluster: &Name, id: InstanceId) -> String {
        self.text(ResourceArn::ContainerInstance { cluster: Some(cluster.clone()), id })
    }

    pub(super) fn task_definition_arn(self, family: &Name, revision: u32) -> String {
        self.text(match daemon::known_as(family) {
            Some(family) => ResourceArn::DaemonTaskDefinition { family: family.into(), revision },
            None => ResourceArn::TaskDefinition { family: family.clone(), revision },
        })
    }

    pub(super) fn service_arn(self, cluster: &Name, name: &Name) -> String {
        self.text(ResourceArn::Service { cluster: Some(cluster.clone()), name: name.clone() })
    }

    pub(super) fn provider_arn(self, name: &Name) -> String {
        self.text(ResourceArn::CapacityProvider { name: name.clone() })
    }

    pub(super) fn task_set_arn(self, cluster: &Name, service: &Name, id: DeploymentId) -> String {
        self.text(ResourceArn::TaskSet { cluster: cluster.clone(), service: service.clone(), id })
    }

    pub(super) fn revision_arn(self, cluster: &Name, service: &Name, id: RevisionId) -> String {
        self.text(ResourceArn::ServiceRevision { cluster: cluster.clone(), service: service.clone(), id })
    }

    pub(super) fn deployment_arn(self, cluster: &Name, service: &Name, id: ServiceDeploymentId) -> String {
        self.text(ResourceArn::ServiceDeployment { cluster: cluster.clone(), service: service.clone(), id })
    }

    /// The ARN of a daemon, by the name it is kept under; so the next ones.
    pub(super) fn daemon_arn(self, cluster: &Name, kept: &Name) -> String {
        self.text(ResourceArn::Daemon { cluster: cluster.clone(), name: known_as(kept) })
    }

    pub(super) fn daemon_deployment_arn(self, cluster: &Name, kept: &Name, id: ServiceDeploymentId) -> String {
        self.text(ResourceArn::DaemonDeployment { cluster: cluster.clone(), daemon: known_as(kept), id })
    }

    pub(super) fn daemon_revision_arn(self, cluster: &Name, kept: &Name, id: RevisionId) -> String {
        self.text(ResourceArn::DaemonRevision { cluster: cluster.clone(), daemon: known_as(kept), id })
    }

    /// A full name as this scope may speak of it: of this region and account.
    pub(super) fn resource(self, text: &str) -> Result<ResourceArn, Refusal> {
        let arn: Arn = text.parse().map_err(|cause: ParseArnError| {
            errors::invalid_parameter_exception(format!("Invalid identifier: {text}")).because(cause)
        })?;
        if arn.region != self.region {
            return Err(errors::invalid_parameter_exception("Invalid Region in ARN"));
        }
        if arn.account != self.account {
            let message =
                format!("Invalid identifier: Identifier is for account {}. Your accountId is {}", arn.account, self.account);
            return Err(errors::invalid_parameter_exception(message));
        }
        Ok(arn.resource)
    }

    /// The cluster that a parameter names: by short name, by ARN, or the default one.
    pub(super) fn cluster(self, reference: Option<&str>) -> Result<Name, Refusal> {
        let Some(text) = reference.filter(|text| !text.is_empty()) else { return Ok(Name::new(DEFAULT_CLUSTER)) };
        if !text.starts_with("arn:") {
            return cluster_name(text);
        }
        match self.resource(text)? {
            ResourceArn::Cluster { name } => Ok(name),
            _ => Err(errors::invalid_parameter_exception(format!("Invalid identifier: {text} is not a cluster"))),
        }
    }

    /// The task that a parameter names in a cluster: by id or ARN.
    pub(super) fn task(self, cluster: &Name, text: &str) -> Result<TaskId, Refusal> {
        if !text.starts_with("arn:") {
            return id(text, "taskId");
        }
        match self.resource(text)? {
            ResourceArn::Task { cluster: of, id } => same_cluster(cluster, of.as_ref(), id),
            _ => Err(errors::invalid_parameter_exception(format!("Invalid identifier: {text} is not a task"))),
        }
    }

    /// The service that a parameter names in a cluster: by name or ARN.
    pub(super) fn service(self, cluster: &Name, text: &str) -> Result<Name, Refusal> {
        if !text.starts_with("arn:") {
            return service_name(text);
        }
        match self.resource(text)? {
            ResourceArn::Service { cluster: of, name } => same_cluster(cluster, of.as_ref(), name),
            _ => Err(errors::invalid_parameter_exception(format!("Invalid identifier: {text} is not a service"))),
        }
    }

    /// The container instance that a parameter names in a cluster: by id or ARN.
    pub(super) fn instance(self, cluster: &Name, text: &str) -> Result<InstanceId, Refusal> {
        if !text.starts_with("arn:") {
            return id(text, "containerInstanceId");
        }
        match self.resource(text)? {
            ResourceArn::ContainerInstance { cluster: of, id } => same_cluster(cluster, of.as_ref(), id),
            _ => Err(errors::invalid_parameter_exception(format!("Invalid identifier: {text} is not a container instance"))),
        }
    }
}

fn known_as(kept: &Name) -> Name {
    daemon::known_as(kept).map_or_else(|| kept.clone(), Name::from)
}

/// A cluster's short name.
pub(super) fn cluster_name(text: &str) -> Result<Name, Refusal> {
    if is_short_name(text) {
        return Ok(Name::new(text));
    }
    Err(errors::invalid_parameter_exception(format!(
        "Cluster must match ^[a-zA-Z0-9\\-_]{{1,255}}$, but was {}",
        shortened(text)
    )))
}

/// A service's short name.
pub(super) fn service_name(text: &str) -> Result<Name, Refusal> {
    if is_short_name(text) {
        return Ok(Name::new(text));
    }
    Err(errors::invalid_parameter_exception(format!(
        "Service must match ^[a-zA-Z0-9\\-_]{{1,255}}$, but was {}",
        shortened(text)
    )))
}

/// 1 to 255 letters, digits, hyphens and underscores.
pub(super) fn is_short_name(text: &str) -> bool {
    (1..=255).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
}

/// A caller's text as an error may quote it: they can be long.
pub(super) fn shortened(text: &str) -> String {
    const LONGEST: usize = 300;
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}...", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

fn id<K: Kind>(text: &str, what: &str) -> Result<Id<K>, Refusal> {
    text.parse().map_err(|cause| {
        let message = if matches!(text.len(), 32 | 36) {
            format!("Invalid {what}: {text}")
        } else {
            format!("{what} length should be one of [32,36]")
        };
        errors::invalid_parameter_exception(message).because(Box::new(cause))
    })
}

fn same_cluster<T>(wanted: &Name, named: Option<&Name>, id: T) -> Result<T, Refusal> {
    match named {
        Some(named) if named != wanted => {
            let message = format!("Invalid identifier: Identifier is for cluster {named}. Your cluster is {wanted}");
            Err(errors::invalid_parameter_exception(message))
        }
        _ => Ok(id),
    }
}
