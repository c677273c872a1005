//! Resource names of the container service.

use std::fmt;
use std::str::FromStr;

use crate::{
    AccountId, AttachmentId, ContainerId, DeploymentId, InstanceId, Name, Region, RevisionId, ServiceDeploymentId, TaskId,
};

/// The full name of a resource: `arn:aws:ecs:REGION:ACCOUNT:RESOURCE`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Arn {
    /// Where the resource is.
    pub region: Region,
    /// Whose it is.
    pub account: AccountId,
    /// Which it is.
    pub resource: ResourceArn,
}

/// The part of an ARN after the account. `cluster: None` is the old form, which named no cluster; it is understood, not
/// made.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ResourceArn {
    /// `cluster/NAME`
    Cluster {
        /// The cluster.
        name: Name,
    },
    /// `task-definition/FAMILY:REVISION`
    TaskDefinition {
        /// The family.
        family: Name,
        /// The revision, from 1.
        revision: u32,
    },
    /// `task/CLUSTER/ID`
    Task {
        /// The task's cluster.
        cluster: Option<Name>,
        /// The task.
        id: TaskId,
    },
    /// `container-instance/CLUSTER/ID`
    ContainerInstance {
        /// The instance's cluster.
        cluster: Option<Name>,
        /// The instance.
        id: InstanceId,
    },
    /// `container/CLUSTER/TASK/ID`
    Container {
        /// The task's cluster.
        cluster: Name,
        /// The container's task.
        task: TaskId,
        /// The container.
        id: ContainerId,
    },
    /// `service/CLUSTER/NAME`
    Service {
        /// The service's cluster.
        cluster: Option<Name>,
        /// The service.
        name: Name,
    },
    /// `service-deployment/CLUSTER/SERVICE/ID`
    ServiceDeployment {
        /// The service's cluster.
        cluster: Name,
        /// The service.
        service: Name,
        /// The deployment's record.
        id: ServiceDeploymentId,
    },
    /// `service-revision/CLUSTER/SERVICE/ID`
    ServiceRevision {
        /// The service's cluster.
        cluster: Name,
        /// The service.
        service: Name,
        /// The revision.
        id: RevisionId,
    },
    /// `task-set/CLUSTER/SERVICE/ecs-svc/ID`
    TaskSet {
        /// The service's cluster.
        cluster: Name,
        /// The service.
        service: Name,
        /// The task set.
        id: DeploymentId,
    },
    /// `daemon-task-definition/FAMILY:REVISION`
    DaemonTaskDefinition {
        /// The family.
        family: Name,
        /// The revision, from 1.
        revision: u32,
    },
    /// `daemon/CLUSTER/NAME`
    Daemon {
        /// The daemon's cluster.
        cluster: Name,
        /// The daemon.
        name: Name,
    },
    /// `daemon-deployment/CLUSTER/DAEMON/ID`
    DaemonDeployment {
        /// The daemon's cluster.
        cluster: Name,
        /// The daemon.
        daemon: Name,
        /// The deployment's record.
        id: ServiceDeploymentId,
    },
    /// `daemon-revision/CLUSTER/DAEMON/ID`
    DaemonRevision {
        /// The daemon's cluster.
        cluster: Name,
        /// The daemon.
        daemon: Name,
        /// The revision.
        id: RevisionId,
    },
    /// `attachment/ID`
    Attachment {
        /// The attachment.
        id: AttachmentId,
    },
    /// `capacity-provider/NAME`
    CapacityProvider {
        /// The capacity provider.
        name: Name,
    },
}

/// Why a string is not the ARN of a container service resource.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ParseArnError {
    /// It does not have the six parts of an ARN.
    #[error("{0:?} is not an ARN: it needs the form arn:aws:ecs:REGION:ACCOUNT:RESOURCE")]
    Form(Box<str>),
    /// It names another partition than `aws`.
    #[error("ARN of an unknown partition {0:?}")]
    Partition(Box<str>),
    /// It names another service than `ecs`.
    #[error("ARN of another service {0:?}, not of ecs")]
    Service(Box<str>),
    /// Its region is malformed or one too many.
    #[error("region of an ARN: {0}")]
    Region(#[from] crate::RegionError),
    /// Its account is malformed.
    #[error("account of an ARN: {0}")]
    Account(#[from] crate::ParseAccountIdError),
    /// Its resource has an unknown kind, or parts that are missing, malformed or too many.
    #[error("unknown or malformed resource {0:?} in an ARN")]
    Resource(Box<str>),
}

impl fmt::Display for Arn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "arn:aws:ecs:{}:{}:{}", self.region, self.account, self.resource)
    }
}

/// `CLUSTER/`, or nothing in the old form.
struct Path<'a>(&'a Option<Name>);

impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(name) = self.0 else { return Ok(()) };
        f.write_str(name)?;
        f.write_str("/")
    }
}

impl fmt::Display for ResourceArn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = |cluster| Path(cluster);
        match self {
            Self::Cluster { name } => write!(f, "cluster/{name}"),
            Self::TaskDefinition { family, revision } => write!(f, "task-definition/{family}:{revision}"),
            Self::Task { cluster, id } => write!(f, "task/{}{id}", path(cluster)),
            Self::ContainerInstance { cluster, id } => write!(f, "container-instance/{}{id}", path(cluster)),
            Self::Container { cluster, task, id } => write!(f, "container/{cluster}/{task}/{id}"),
            Self::Service { cluster, name } => write!(f, "service/{}{name}", path(cluster)),
            Self::ServiceDeployment { cluster, service, id } => write!(f, "service-deployment/{cluster}/{service}/{id}"),
            Self::ServiceRevision { cluster, service, id } => write!(f, "service-revision/{cluster}/{service}/{id}"),
            Self::TaskSet { cluster, service, id } => write!(f, "task-set/{cluster}/{service}/{id}"),
            Self::DaemonTaskDefinition { family, revision } => write!(f, "daemon-task-definition/{family}:{revision}"),
            Self::Daemon { cluster, name } => write!(f, "daemon/{cluster}/{name}"),
            Self::DaemonDeployment { cluster, daemon, id } => write!(f, "daemon-deployment/{cluster}/{daemon}/{id}"),
            Self::DaemonRevision { cluster, daemon, id } => write!(f, "daemon-revision/{cluster}/{daemon}/{id}"),
            Self::Attachment { id } => write!(f, "attachment/{id}"),
            Self::CapacityProvider { name } => write!(f, "capacity-provider/{name}"),
        }
    }
}

impl FromStr for Arn {
    type Err = ParseArnError;

    fn from_str(text: &str) -> Result<Self, ParseArnError> {
        let mut parts = text.splitn(6, ':');
        let mut next = || parts.next().ok_or_else(|| ParseArnError::Form(shortened(text)));
        if next()? != "arn" {
            return Err(ParseArnError::Form(shortened(text)));
        }
        let (partition, service, region, account, resource) = (next()?, next()?, next()?, next()?, next()?);
        if partition != "aws" {
            return Err(ParseArnError::Partition(shortened(partition)));
        }
        if service != "ecs" {
            return Err(ParseArnError::Service(shortened(service)));
        }
        // The account first: a region, once seen, takes a place for good.
        let account = account.parse()?;
        let resource = resource.parse()?;
        Ok(Self { region: region.parse()?, account, resource })
    }
}

impl FromStr for ResourceArn {
    type Err = ParseArnError;

    fn from_str(text: &str) -> Result<Self, ParseArnError> {
        parse_resource(text).ok_or_else(|| ParseArnError::Resource(shortened(text)))
    }
}

fn parse_resource(text: &str) -> Option<ResourceArn> {
    let (kind, rest) = text.split_once('/')?;
    let mut parts = rest.split('/');
    let path: [Option<&str>; 4] = std::array::from_fn(|_| parts.next());
    Some(match (kind, path) {
        ("cluster", [Some(cluster), None, ..]) => ResourceArn::Cluster { name: name(cluster)? },
        ("task-definition", [Some(revision), None, ..]) => {
            let (family, revision) = revision.split_once(':')?;
            ResourceArn::TaskDefinition { family: name(family)?, revision: number(revision)? }
        }
        ("task", [Some(id), None, ..]) => ResourceArn::Task { cluster: None, id: id.parse().ok()? },
        ("task", [Some(cluster), Some(id), None, _]) => ResourceArn::Task { cluster: Some(name(cluster)?), id: id.parse().ok()? },
        ("container-instance", [Some(id), None, ..]) => ResourceArn::ContainerInstance { cluster: None, id: id.parse().ok()? },
        ("container-instance", [Some(cluster), Some(id), None, _]) => {
            ResourceArn::ContainerInstance { cluster: Some(name(cluster)?), id: id.parse().ok()? }
        }
        ("container", [Some(cluster), Some(task), Some(id), None]) => {
            ResourceArn::Container { cluster: name(cluster)?, task: task.parse().ok()?, id: id.parse().ok()? }
        }
        ("service", [Some(service), None, ..]) => ResourceArn::Service { cluster: None, name: name(service)? },
        ("service", [Some(cluster), Some(service), None, _]) => {
            ResourceArn::Service { cluster: Some(name(cluster)?), name: name(service)? }
        }
        ("service-deployment", [Some(cluster), Some(service), Some(id), None]) => {
            ResourceArn::ServiceDeployment { cluster: name(cluster)?, service: name(service)?, id: id.parse().ok()? }
        }
        ("service-revision", [Some(cluster), Some(service), Some(id), None]) => {
            ResourceArn::ServiceRevision { cluster: name(cluster)?, service: name(service)?, id: id.parse().ok()? }
        }
        ("task-set", [Some(cluster), Some(service), Some("ecs-svc"), Some(id)]) if parts.next().is_none() => {
            let id = format!("ecs-svc/{id}").parse().ok()?;
            ResourceArn::TaskSet { cluster: name(cluster)?, service: name(service)?, id }
        }
        ("daemon-task-definition", [Some(revision), None, ..]) => {
            let (family, revision) = revision.split_once(':')?;
            ResourceArn::DaemonTaskDefinition { family: name(family)?, revision: number(revision)? }
        }
        ("daemon", [Some(cluster), Some(daemon), None, _]) => {
            ResourceArn::Daemon { cluster: name(cluster)?, name: name(daemon)? }
        }
        ("daemon-deployment", [Some(cluster), Some(daemon), Some(id), None]) => {
            ResourceArn::DaemonDeployment { cluster: name(cluster)?, daemon: name(daemon)?, id: id.parse().ok()? }
        }
        ("daemon-revision", [Some(cluster), Some(daemon), Some(id), None]) => {
            ResourceArn::DaemonRevision { cluster: name(cluster)?, daemon: name(daemon)?, id: id.parse().ok()? }
        }
        ("attachment", [Some(id), None, ..]) => ResourceArn::Attachment { id: id.parse().ok()? },
        ("capacity-provider", [Some(provider), None, ..]) => ResourceArn::CapacityProvider { name: name(provider)? },
        _ => return None,
    })
}

/// Letters, digits, `_` and `-`, at most 255: what AWS allows in every one of these names.
fn name(text: &str) -> Option<Name> {
    let well_formed =
        (1..=255).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-');
    well_formed.then(|| text.into())
}

/// A revision, written the one way it is displayed.
fn number(text: &str) -> Option<u32> {
    let plain = text.bytes().all(|b| b.is_ascii_digit()) && !text.starts_with('0');
    if plain { text.parse().ok() } else { None }
}

/// Input can be long; error messages should not be.
fn shortened(text: &str) -> Box<str> {
    text.chars().take(300).collect()
}

#[cfg(test)]
mod tests;
