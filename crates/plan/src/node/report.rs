//! What an agent says of its task.

use super::task::{NodeTask, Phase};

/// The states of a task that are reported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Status {
    /// A container has not started yet.
    Pending,
    /// All containers have.
    Running,
    /// All containers are over.
    Stopped,
}

/// The task's state: that of the container that is least far.
#[must_use]
pub fn status(task: &NodeTask) -> Status {
    let of = |phase: &Phase| match phase {
        Phase::Waiting | Phase::Pulling | Phase::Pulled | Phase::Creating | Phase::Created | Phase::Starting => Status::Pending,
        Phase::Running { .. } | Phase::Stopping { .. } => Status::Running,
        Phase::Stopped(_) => Status::Stopped,
    };
    task.containers.iter().map(|container| of(&container.phase)).min().unwrap_or(Status::Stopped)
}
