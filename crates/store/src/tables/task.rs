//! Tasks, by region and id.

use berth_model::{AttachmentId, AttachmentStatus, InstanceId, Life, Name, Region, Task, TaskId, Timestamp};

use crate::{Key, KeyReader, KeyWriter, Record};

/// Names a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TaskKey {
    /// Its region.
    pub region: Region,
    /// Its id.
    pub id: TaskId,
}

/// What tasks are looked up by. The last part of most is whether the task is meant to run.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum TaskIndex {
    /// The tasks of a cluster.
    Cluster(Region, Name, bool),
    /// The tasks of a cluster and family.
    Family(Region, Name, Name, bool),
    /// The tasks of a cluster and group.
    Group(Region, Name, Name, bool),
    /// The tasks of a cluster with this `startedBy`.
    StartedBy(Region, Name, Name, bool),
    /// The tasks on an instance, of whatever cluster.
    Instance(InstanceId, bool),
    /// The tasks on an instance of which its agent has to hear: to be started, or to be stopped.
    ToSend(InstanceId),
    /// The task that an attachment belongs to.
    Attachment(AttachmentId),
    /// The tasks whose agent has to say that their interface is there, that were made in this minute since 1970.
    AttachingSince(i64),
    /// The tasks that have ended, and hold what was made for them.
    Deprovisioning,
    /// The tasks of a service (region, cluster, group) that are not meant to run any more and of whose end it has not taken note:
    /// they are over, or will be.
    Unsettled(Region, Name, Name),
    /// The tasks that were over in this minute since 1970.
    StoppedIn(i64),
}

impl TaskIndex {
    /// The index value of tasks that were over in the minute of that moment. Tasks are looked up by it to forget them,
    /// so a minute is exact enough, and shared by many.
    #[must_use]
    pub fn stopped_at(at: Timestamp) -> Self {
        Self::StoppedIn(minute(at))
    }

    /// The index value of tasks made in the minute of that moment that wait for their agent to find their interface.
    #[must_use]
    pub fn attaching_since(at: Timestamp) -> Self {
        Self::AttachingSince(minute(at))
    }
}

fn minute(at: Timestamp) -> i64 {
    at.as_millis().div_euclid(60_000)
}

impl Key for TaskKey {
    fn write(&self, to: &mut KeyWriter) {
        to.region(self.region);
        to.id(&self.id);
    }

    fn read(from: &mut KeyReader<'_>) -> Option<Self> {
        Some(Self { region: from.region()?, id: from.id()? })
    }
}

impl Record for Task {
    type Key = TaskKey;
    type Index = TaskIndex;

    fn key(&self) -> TaskKey {
        TaskKey { region: self.region, id: self.id }
    }

    fn indexes(&self, emit: &mut dyn FnMut(TaskIndex)) {
        let (region, run) = (self.region, self.desired.is_running());
        let cluster = || self.cluster.clone();
        emit(TaskIndex::Cluster(region, cluster(), run));
        emit(TaskIndex::Family(region, cluster(), self.family.clone(), run));
        emit(TaskIndex::Group(region, cluster(), self.group.clone(), run));
        if let Some(started_by) = &self.started_by {
            emit(TaskIndex::StartedBy(region, cluster(), started_by.clone(), run));
        }
        if let Some(instance) = self.instance {
            emit(TaskIndex::Instance(instance, run));
            let to_start = run && self.life.is_pending();
            let to_stop = !run && !self.life.has_ended();
            if to_start || to_stop {
                emit(TaskIndex::ToSend(instance));
            }
        }
        for attachment in &self.attachments {
            emit(TaskIndex::Attachment(attachment.id));
            if attachment.status == AttachmentStatus::Attaching && self.life == Life::Provisioning {
                emit(TaskIndex::attaching_since(self.times.created_at));
            }
        }
        if matches!(self.life, Life::Deprovisioning { .. }) {
            emit(TaskIndex::Deprovisioning);
        }
        if let Some(stopped_at) = self.life.stopped_at() {
            emit(TaskIndex::stopped_at(stopped_at));
        }
        if (!run || self.is_stopped()) && !self.settled && self.is_of_service() {
            emit(TaskIndex::Unsettled(region, cluster(), self.group.clone()));
        }
    }
}
