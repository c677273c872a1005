//! Full names, as agents know things by them.

use berth_model::{AccountId, Arn, AttachmentId, ContainerId, InstanceId, Name, Region, ResourceArn};
use berth_store::{InstanceKey, TaskKey};

/// Names things of an account.
#[derive(Debug, Clone, Copy)]
pub(super) struct Names {
    pub(super) account: AccountId,
}

impl Names {
    pub(super) fn cluster(self, region: Region, name: &Name) -> String {
        self.arn(region, ResourceArn::Cluster { name: name.clone() })
    }

    pub(super) fn instance(self, key: InstanceKey, cluster: &Name) -> String {
        self.arn(key.region, ResourceArn::ContainerInstance { cluster: Some(cluster.clone()), id: key.id })
    }

    pub(super) fn task(self, key: TaskKey, cluster: &Name) -> String {
        self.arn(key.region, ResourceArn::Task { cluster: Some(cluster.clone()), id: key.id })
    }

    pub(super) fn container(self, task: TaskKey, cluster: &Name, id: ContainerId) -> String {
        self.arn(task.region, ResourceArn::Container { cluster: cluster.clone(), task: task.id, id })
    }

    pub(super) fn attachment(self, region: Region, id: AttachmentId) -> String {
        self.arn(region, ResourceArn::Attachment { id })
    }

    fn arn(self, region: Region, resource: ResourceArn) -> String {
        Arn { region, account: self.account, resource }.to_string()
    }

    /// What an ARN of this account and region names. The region is compared as text: what strangers write is not kept.
    fn resource(self, region: Region, arn: &str) -> Option<ResourceArn> {
        let prefix = format!("arn:aws:ecs:{region}:{}:", self.account);
        arn.strip_prefix(&prefix)?.parse().ok()
    }

    /// The task of this account and region that an ARN names.
    pub(super) fn task_of(self, region: Region, arn: &str) -> Option<TaskKey> {
        match self.resource(region, arn)? {
            ResourceArn::Task { id, .. } => Some(TaskKey { region, id }),
            _ => None,
        }
    }

    /// The instance that an ARN names, and its cluster where the ARN says it.
    pub(super) fn instance_of(self, region: Region, arn: &str) -> Option<(InstanceId, Option<Name>)> {
        match self.resource(region, arn)? {
            ResourceArn::ContainerInstance { cluster, id } => Some((id, cluster)),
            _ => None,
        }
    }

    /// The cluster that a text names, by short name or by ARN.
    pub(super) fn cluster_of(self, region: Region, text: &str) -> Option<Name> {
        if text.starts_with("arn:") {
            return match self.resource(region, text)? {
                ResourceArn::Cluster { name } => Some(name),
                _ => None,
            };
        }
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        ((1..=255).contains(&text.len()) && text.bytes().all(plain)).then(|| Name::new(text))
    }
}
