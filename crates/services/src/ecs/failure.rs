//! What an answer says of items that it could not do.

use berth_api::ecs::Failure;

/// There is no such thing.
pub(super) fn missing(arn: impl Into<String>) -> Failure {
    Failure { arn: Some(arn.into()), reason: Some("MISSING".to_owned()), detail: None }
}

/// The subnets that a task may be in have no address left.
pub(super) fn no_address(arn: Option<String>) -> Failure {
    let detail = "the subnets in the instance's availability zone have no free address";
    Failure { arn, reason: Some("RESOURCE:ENI".to_owned()), detail: Some(detail.to_owned()) }
}
