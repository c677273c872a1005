//! What becomes of a container of which the agent knew something before it was started again.

use berth_model::Timestamp;
use berth_plan::node::{Outcome, Phase};
use berth_runtime::{Ended, Standing};

use crate::machine::timestamp;

/// Why a container ended that nobody saw end.
const RESTARTED: &str = "The machine was restarted while the task was on it";
const VANISHED: &str = "ContainerVanishedError: The container is no longer there";

/// What becomes of a container.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Adoption {
    /// Nothing: it was over before.
    Leave,
    /// Nothing of it ran: it is made from the beginning.
    Anew,
    /// It ended in this way, and was to be started again, which has not happened.
    Again(Outcome),
    /// It was being started again, and that failed.
    Failed {
        /// Why.
        why: String,
    },
    /// Somebody is still at it.
    Settle,
    /// It runs.
    Runs {
        /// When it began to.
        started_at: Timestamp,
    },
    /// It ended in the meantime.
    Ended {
        /// When it began to run, if that is known.
        started_at: Option<Timestamp>,
        code: Option<i32>,
        reason: Option<String>,
        /// When it ended, if that is known.
        at: Option<Timestamp>,
    },
}

/// What becomes of a container that the record has in a phase, and the runtime in a standing.
pub(super) fn adopt(phase: &Phase, standing: Standing, same_boot: bool) -> Adoption {
    if phase.is_stopped() {
        return Adoption::Leave;
    }
    if let Phase::Exited(outcome) | Phase::Restarting(outcome) = phase {
        return restarting(outcome, standing, same_boot);
    }
    let ran = phase.started_at().is_some();
    match standing {
        Standing::Ended(ended) => over(&ended),
        _ if !same_boot => lost(RESTARTED.to_owned()),
        Standing::Lost { why } => lost(why),
        Standing::Absent if ran => lost(VANISHED.to_owned()),
        // One that was made and not started loses its maker: it is not worth keeping.
        Standing::Absent | Standing::Created => Adoption::Anew,
        Standing::Unsettled => Adoption::Settle,
        Standing::Running { started_at, .. } => Adoption::Runs { started_at: timestamp(started_at) },
    }
}

/// What becomes of a container that ended in this way and was to be started again.
fn restarting(end: &Outcome, standing: Standing, same_boot: bool) -> Adoption {
    match standing {
        _ if !same_boot => Adoption::Again(end.clone()),
        Standing::Ended(ended) if Some(timestamp(ended.started_at)) > end.started_at => over(&ended),
        Standing::Ended(_) | Standing::Absent | Standing::Created => Adoption::Again(end.clone()),
        Standing::Unsettled => Adoption::Settle,
        Standing::Running { started_at, .. } => Adoption::Runs { started_at: timestamp(started_at) },
        Standing::Lost { why } => Adoption::Failed { why },
    }
}

/// The end of a container that ran until it ended.
pub(super) fn over(ended: &Ended) -> Adoption {
    let killed = ended.out_of_memory && ended.code != 0;
    Adoption::Ended {
        started_at: Some(timestamp(ended.started_at)),
        code: Some(ended.code),
        reason: killed.then(|| "OutOfMemoryError: Container killed due to memory usage".to_owned()),
        at: Some(timestamp(ended.ended_at)),
    }
}

fn lost(why: String) -> Adoption {
    Adoption::Ended { started_at: None, code: None, reason: Some(why), at: None }
}

#[cfg(test)]
mod tests;
