//! One question, one answer, one reason.

use std::borrow::Cow;

use crate::{Principal, node};

/// A resource that a call touches.
#[derive(Debug, Clone, Copy)]
pub struct Resource<'a> {
    /// Its ARN, or `*`.
    pub arn: &'a str,
    /// Condition keys with their values; a key of several values stands once for each.
    pub context: &'a [(Cow<'static, str>, String)],
}

/// The answer to a question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// It is allowed.
    Allowed,
    /// It is not.
    Denied {
        /// The resource it fails on, or `*`.
        resource: String,
        /// Why, as the end of a sentence that begins with "because".
        reason: String,
    },
}

/// Decides whether `principal` may do `action` (such as `ecs:RunTask`) on all of `resources`.
#[must_use]
pub fn decide<'a>(principal: &Principal, action: &str, resources: impl Iterator<Item = Resource<'a>>) -> Decision {
    match principal {
        Principal::Root => Decision::Allowed,
        Principal::Node { key_id } => node::decide(key_id, action, resources),
    }
}
