//! Who calls, when, and what a call touches.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Instant;

use wire::Timestamp;

/// What every operation learns of its call besides the input.
#[derive(Debug, Clone)]
pub struct Call {
    /// The id that the answer, the log and the audit record carry.
    pub request_id: Arc<str>,
    /// The region that the caller signed for.
    pub region: Arc<str>,
    /// The account, 12 digits.
    pub account: Arc<str>,
    /// The control plane's host and port as the caller reached it: the signed `Host` header.
    pub host: Box<str>,
    /// Who signed.
    pub caller: Arc<Caller>,
    /// When the request was complete.
    pub received_at: Timestamp,
    /// When its head was there, on the clock that measures how long things take.
    pub began: Instant,
}

/// The identity behind a signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// Its ARN, such as `arn:aws:iam::000000000000:root`.
    pub arn: String,
    /// Its unique id, as `GetCallerIdentity` shows it.
    pub user_id: String,
    /// The access key that signed.
    pub key_id: String,
}

/// A resource that a call touches, with what policies may ask about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// The resource's ARN, or `*`.
    pub arn: String,
    /// The resource's tags.
    pub tags: Vec<(String, String)>,
    /// Condition keys with their values, such as `ecs:cluster`. A key of several values, such as `aws:TagKeys`, stands once for each.
    pub context: Vec<(Cow<'static, str>, String)>,
    /// What the caller has to be allowed to do with it, where that is not the operation's own action: `iam:PassRole`.
    pub action: Option<&'static str>,
}

impl Target {
    /// A resource without tags or conditions.
    #[must_use]
    pub fn new(arn: impl Into<String>) -> Self {
        Self { arn: arn.into(), tags: Vec::new(), context: Vec::new(), action: None }
    }

    /// `*` alone: the operation names no resource.
    #[must_use]
    pub fn any() -> Vec<Self> {
        vec![Self::new("*")]
    }

    /// Asks for another action than the operation's.
    #[must_use]
    pub const fn by(mut self, action: &'static str) -> Self {
        self.action = Some(action);
        self
    }

    /// Adds a value of a condition key.
    #[must_use]
    pub fn with(mut self, key: impl Into<Cow<'static, str>>, value: impl Into<String>) -> Self {
        self.context.push((key.into(), value.into()));
        self
    }

    /// Adds the tags that a request sets: `aws:RequestTag/KEY` for each, and all their keys as `aws:TagKeys`.
    #[must_use]
    pub fn with_request_tags<'a>(self, tags: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        tags.into_iter()
            .fold(self, |target, (key, value)| target.with(format!("aws:RequestTag/{key}"), value).with("aws:TagKeys", key))
    }
}
