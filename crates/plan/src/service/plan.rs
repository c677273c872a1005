//! What is to be done about a service.

use berth_model::{
    DeploymentId, InstanceId, Name, Resources, RevisionId, Service, ServiceDeployment, ServiceRevision, StopCode, TaskId,
    TaskSet, Timestamp,
};

/// What to do next. All of it fits one update of the store, which takes a hundred rows.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Plan {
    /// Tasks to start, each with its place.
    pub starts: Vec<Start>,
    /// Tasks to stop.
    pub stops: Vec<Halt>,
    /// Tasks that are over, or will be, and whose end the service has taken note of: they become settled in the same update as the
    /// service changes.
    pub settled: Vec<TaskId>,
    /// The service, if anything of it changes.
    pub service: Option<Service>,
    /// Records of deployments that change.
    pub records: Vec<ServiceDeployment>,
    /// Task sets that change.
    pub sets: Vec<TaskSet>,
    /// The revision of the primary deployment, once its images are known.
    pub revision: Option<ServiceRevision>,
    /// What to tell people, in order: the service's next events.
    pub events: Vec<Box<str>>,
    /// When to look again if nothing happens before.
    pub wake_at: Option<Timestamp>,
    /// Why the service is as it is, for whoever asks.
    pub why: Vec<String>,
}

/// A task to start. Its record is made by [`accept`](crate::task::accept), from an id source that gives `task` first.
#[derive(Debug, Clone, PartialEq)]
pub struct Start {
    /// The task's id.
    pub task: TaskId,
    /// What it is signed with.
    pub deployment: DeploymentId,
    /// What it is made from.
    pub revision: RevisionId,
    /// Its place.
    pub instance: InstanceId,
    /// What it takes of the instance.
    pub reservation: Resources,
    /// The instance's zone.
    pub zone: Option<Name>,
    /// The capacity provider it comes by.
    pub provider: Option<Name>,
}

/// A task to stop.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Halt {
    /// The task.
    pub task: TaskId,
    /// The cause.
    pub code: StopCode,
    /// The cause in words.
    pub reason: Box<str>,
}

impl Plan {
    /// The most tasks that one plan starts: a row of each and of its instance.
    pub const MOST_STARTS: u32 = 20;
    /// The most tasks that one plan stops.
    pub const MOST_STOPS: usize = 15;
    /// The most tasks whose end one plan takes note of.
    pub const MOST_SETTLED: usize = 12;

    /// Service, revision, two records of deployments, and events that are not about single tasks.
    const OTHER_ROWS: usize = 12;

    /// Whether there is nothing to do.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.starts.is_empty()
            && self.stops.is_empty()
            && self.settled.is_empty()
            && self.service.is_none()
            && self.records.is_empty()
            && self.sets.is_empty()
            && self.revision.is_none()
            && self.events.is_empty()
    }

    pub(super) fn wake(&mut self, at: Timestamp) {
        self.wake_at = Some(self.wake_at.map_or(at, |known| known.min(at)));
    }
}

// A start is a task and an instance, a stop a task and an event.
const _: () = assert!(
    Plan::MOST_STARTS as usize * 2 + Plan::MOST_STOPS * 2 + Plan::MOST_SETTLED + Plan::OTHER_ROWS <= 100,
    "a plan fits one update"
);
