//! What an answer says of items that it could not do.

use berth_api::ecs::Failure;

/// There is no such thing.
pub(super) fn missing(arn: impl Into<String>) -> Failure {
    Failure { arn: Some(arn.into()), reason: Some("MISSING".to_owned()), detail: None }
}
