//! What a node's key may do. It lies on every node, so it opens nothing but that node's own instances and
//! tasks, and takes in what those log.

use crate::{Decision, Resource};

/// The condition key that tells which node's key registered the instance behind a resource.
pub const OWNER_KEY: &str = "berth:node";

/// Actions on a cluster, before there is an instance to own.
const JOIN: &[&str] = &["ecs:DiscoverPollEndpoint", "ecs:RegisterContainerInstance"];

/// Actions on the node's own instance and its tasks.
const OWN: &[&str] = &[
    "ecs:DiscoverPollEndpoint",
    "ecs:ListTagsForResource",
    "ecs:Poll",
    "ecs:RegisterContainerInstance",
    "ecs:StartTelemetrySession",
    "ecs:SubmitAttachmentStateChanges",
    "ecs:SubmitContainerStateChange",
    "ecs:SubmitTaskStateChange",
    "ecs:UpdateContainerInstancesState",
];

/// Writing what its tasks log. Which groups those name is not known here, so it may write to any, and read or delete in none.
const LOG: &[&str] = &["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"];

/// Needs no permission, as in AWS.
const FREE: &str = "sts:GetCallerIdentity";

pub(crate) fn decide<'a>(key_id: &str, action: &str, resources: impl Iterator<Item = Resource<'a>>) -> Decision {
    if action == FREE || LOG.contains(&action) {
        return Decision::Allowed;
    }
    if !OWN.contains(&action) {
        return denied("*", format!("a node's key does not allow the {action} action"));
    }
    for resource in resources {
        let owner = resource.context.iter().find(|(key, _)| key == OWNER_KEY).map(|(_, owner)| owner.as_str());
        match owner {
            Some(owner) if owner == key_id => {}
            Some(_) => return denied(resource.arn, "the resource belongs to another node".to_owned()),
            None if JOIN.contains(&action) => {}
            None => return denied(resource.arn, "the resource belongs to no node".to_owned()),
        }
    }
    Decision::Allowed
}

fn denied(resource: &str, reason: String) -> Decision {
    Decision::Denied { resource: resource.to_owned(), reason }
}
