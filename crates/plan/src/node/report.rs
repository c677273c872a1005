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

impl Phase {
    /// As it is reported. A container that is started again has not ended for anybody but itself.
    #[must_use]
    pub const fn status(&self) -> Status {
        match self {
            Self::Waiting | Self::Pulling | Self::Pulled | Self::Creating | Self::Created | Self::Starting => Status::Pending,
            Self::Running { .. } | Self::Stopping { .. } | Self::Exited(_) | Self::Restarting(_) => Status::Running,
            Self::Stopped(_) => Status::Stopped,
        }
    }
}

/// The task's state: that of the container that is least far.
#[must_use]
pub fn status(task: &NodeTask) -> Status {
    task.containers.iter().map(|container| container.phase.status()).min().unwrap_or(Status::Stopped)
}
