//! Restart policies: whether a container whose program ended is started again in its place.

use std::time::Duration;

use minicbor::{Decode, Encode};

use super::task::{Desired, NodeContainer, Outcome, Phase};

/// When a container is started again.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct RestartPolicy {
    /// Not after one of these codes.
    #[n(0)]
    pub ignored: Vec<i32>,
    /// Only if it has run for so long.
    #[n(1)]
    pub period: Duration,
}

/// Whether a container that has just ended in this way is started again. One that was asked to end is not, nor one of which nobody knows how it
/// ended.
pub(super) fn restarts(container: &NodeContainer, desired: Desired, end: &Outcome) -> bool {
    let Some(policy) = &container.restart else { return false };
    let (Phase::Running { started_at, .. }, Desired::Running, Some(code)) = (&container.phase, desired, end.code) else {
        return false;
    };
    let ran = end.ended_at.as_millis().saturating_sub(started_at.as_millis());
    let period = i64::try_from(policy.period.as_millis()).unwrap_or(i64::MAX);
    ran >= period && !policy.ignored.contains(&code)
}
