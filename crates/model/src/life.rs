//! The states of a task.

use minicbor::{Decode, Encode};

use crate::Timestamp;

/// What a task is known to be doing. It only advances, in the order given here, and may skip states.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub enum Life {
    /// What it needs is being made, such as a network interface or an instance.
    #[n(0)]
    Provisioning,
    /// It waits for its agent.
    #[n(1)]
    Pending,
    /// Its containers run, and what surrounds them is being set up.
    #[n(2)]
    Activating,
    /// It runs.
    #[n(3)]
    Running {
        /// When it began to.
        #[n(0)]
        started_at: Timestamp,
    },
    /// What surrounds it is being taken down.
    #[n(4)]
    Deactivating {
        /// When it began to run, if it did.
        #[n(0)]
        started_at: Option<Timestamp>,
    },
    /// Its containers are being stopped.
    #[n(5)]
    Stopping {
        /// When it began to run, if it did.
        #[n(0)]
        started_at: Option<Timestamp>,
    },
    /// What was made for it is being given back.
    #[n(6)]
    Deprovisioning {
        /// When it began to run, if it did.
        #[n(0)]
        started_at: Option<Timestamp>,
    },
    /// It is over.
    #[n(7)]
    Stopped {
        /// When it began to run, if it did.
        #[n(0)]
        started_at: Option<Timestamp>,
        /// When it was over.
        #[n(1)]
        stopped_at: Timestamp,
    },
}

impl Life {
    /// AWS's word for it.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Provisioning => "PROVISIONING",
            Self::Pending => "PENDING",
            Self::Activating => "ACTIVATING",
            Self::Running { .. } => "RUNNING",
            Self::Deactivating { .. } => "DEACTIVATING",
            Self::Stopping { .. } => "STOPPING",
            Self::Deprovisioning { .. } => "DEPROVISIONING",
            Self::Stopped { .. } => "STOPPED",
        }
    }

    /// Its place in the order. A task goes to a state of higher rank only.
    #[must_use]
    pub const fn rank(&self) -> u8 {
        match self {
            Self::Provisioning => 0,
            Self::Pending => 1,
            Self::Activating => 2,
            Self::Running { .. } => 3,
            Self::Deactivating { .. } => 4,
            Self::Stopping { .. } => 5,
            Self::Deprovisioning { .. } => 6,
            Self::Stopped { .. } => 7,
        }
    }

    /// Whether it comes before running: what the pending counts count.
    #[must_use]
    pub const fn is_pending(&self) -> bool {
        match self {
            Self::Provisioning | Self::Pending | Self::Activating => true,
            Self::Running { .. }
            | Self::Deactivating { .. }
            | Self::Stopping { .. }
            | Self::Deprovisioning { .. }
            | Self::Stopped { .. } => false,
        }
    }

    /// Whether it is running: what the running counts count.
    #[must_use]
    pub const fn is_running(&self) -> bool {
        matches!(self, Self::Running { .. })
    }

    /// Whether its containers have ended and will not run again: nothing is left for its agent to do.
    #[must_use]
    pub const fn has_ended(&self) -> bool {
        matches!(self, Self::Deprovisioning { .. } | Self::Stopped { .. })
    }

    /// Whether it is over.
    #[must_use]
    pub const fn is_stopped(&self) -> bool {
        matches!(self, Self::Stopped { .. })
    }

    /// When the task began to run, if it did.
    #[must_use]
    pub const fn started_at(&self) -> Option<Timestamp> {
        match *self {
            Self::Provisioning | Self::Pending | Self::Activating => None,
            Self::Running { started_at } => Some(started_at),
            Self::Deactivating { started_at }
            | Self::Stopping { started_at }
            | Self::Deprovisioning { started_at }
            | Self::Stopped { started_at, .. } => started_at,
        }
    }

    /// When the task was over, if it is.
    #[must_use]
    pub const fn stopped_at(&self) -> Option<Timestamp> {
        match *self {
            Self::Stopped { stopped_at, .. } => Some(stopped_at),
            Self::Provisioning
            | Self::Pending
            | Self::Activating
            | Self::Running { .. }
            | Self::Deactivating { .. }
            | Self::Stopping { .. }
            | Self::Deprovisioning { .. } => None,
        }
    }
}

/// What a task is meant to do. Written by the control plane only; once stopped, always stopped.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub enum Desired {
    /// Run.
    #[n(0)]
    Running,
    /// Stop.
    #[n(1)]
    Stopped(#[n(0)] Box<Stop>),
}

impl Desired {
    /// AWS's word for it.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Running => "RUNNING",
            Self::Stopped(_) => "STOPPED",
        }
    }

    /// Whether the task is meant to run.
    #[must_use]
    pub const fn is_running(&self) -> bool {
        matches!(self, Self::Running)
    }

    /// Why it is meant to stop.
    #[must_use]
    pub fn stop(&self) -> Option<&Stop> {
        match self {
            Self::Running => None,
            Self::Stopped(stop) => Some(stop),
        }
    }
}

/// Why and since when a task is meant to stop.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Stop {
    /// The cause.
    #[n(0)]
    pub code: StopCode,
    /// The cause in words.
    #[n(1)]
    pub reason: Box<str>,
    /// When it was decided.
    #[n(2)]
    pub stopping_at: Timestamp,
}

/// What made a task stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum StopCode {
    /// It never came to run.
    #[n(0)]
    TaskFailedToStart,
    /// A container it cannot do without has ended.
    #[n(1)]
    EssentialContainerExited,
    /// Somebody asked for it.
    #[n(2)]
    UserInitiated,
    /// Its service did.
    #[n(3)]
    ServiceSchedulerInitiated,
    /// Its capacity was taken back.
    #[n(4)]
    SpotInterruption,
    /// Its machine goes away.
    #[n(5)]
    TerminationNotice,
}

impl StopCode {
    /// AWS's word for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::TaskFailedToStart => "TaskFailedToStart",
            Self::EssentialContainerExited => "EssentialContainerExited",
            Self::UserInitiated => "UserInitiated",
            Self::ServiceSchedulerInitiated => "ServiceSchedulerInitiated",
            Self::SpotInterruption => "SpotInterruption",
            Self::TerminationNotice => "TerminationNotice",
        }
    }
}
