//! What a pass came to.

use berth_model::{InstanceId, Name, RevisionId, Timestamp};
use berth_plan::placement::{PoolKey, Stamp, StrategyError};
use berth_plan::query::QueryError;

use crate::ledger::Shortfall;

/// What a pass found out about a service, for its next one.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Outcome {
    /// Whether it changed anything.
    pub changed: bool,
    /// When there is something to do if nothing happens before.
    pub wake_at: Option<Timestamp>,
    /// What it waits for. As long as there is something, what any task of the instances in its pools gives back may end it.
    pub why: Vec<String>,
    /// Where its tasks can go, as the pass saw it.
    pub pools: Vec<(PoolKey, Option<Stamp>)>,
}

/// Why a pass cannot be made: records that belong together are not all there.
#[derive(Debug, thiserror::Error)]
pub enum Trouble {
    /// A deployment's revision.
    #[error("revision {0} of the service is gone")]
    Revision(RevisionId),
    /// A revision's task definition.
    #[error("task definition {0}:{1} is gone")]
    Definition(Name, u32),
    /// A constraint that was accepted once.
    #[error("a placement constraint cannot be understood: {0}")]
    Constraint(QueryError),
    /// A strategy that was accepted once.
    #[error("a placement strategy cannot be understood: {0}")]
    Strategy(StrategyError),
    /// The plan names a task that is not there, or starts one of a revision that was not looked at.
    #[error("the plan is about {0}, which was not there when it was made")]
    Plan(String),
    /// No address is left, though the plan counted on one.
    #[error("no subnet in the zone of instance {0} has an address left")]
    Address(InstanceId),
    /// The ledger.
    #[error(transparent)]
    Ledger(#[from] Shortfall),
}
