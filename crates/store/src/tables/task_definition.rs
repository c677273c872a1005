//! Task definitions, by region, family and revision.

use berth_model::{Name, Region, RevisionStatus, TaskDefinition, daemon};

use crate::{Key, KeyReader, KeyWriter, Record};

/// Names a revision of a task definition.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TaskDefinitionKey {
    /// Its region.
    pub region: Region,
    /// Its family.
    pub family: Name,
    /// Its revision.
    pub revision: u32,
}

/// What task definitions are looked up by. Within each, they are in the order of family and revision.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum TaskDefinitionIndex {
    /// The revisions of a region with a status; none of them a daemon's.
    Status(Region, RevisionState),
    /// The revisions of a region's daemon task definitions: all, and those with a status.
    Daemons(Region, Option<RevisionState>),
    /// The revisions of a family with a status.
    Family(Region, Name, RevisionState),
    /// The revisions, of whatever region, that are to be deleted.
    ToDelete,
}

/// A [`RevisionStatus`] without its dates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RevisionState {
    /// In use.
    Active,
    /// Deregistered.
    Inactive,
    /// About to be deleted.
    DeleteInProgress,
}

impl From<&RevisionStatus> for RevisionState {
    fn from(status: &RevisionStatus) -> Self {
        match status {
            RevisionStatus::Active => Self::Active,
            RevisionStatus::Inactive { .. } => Self::Inactive,
            RevisionStatus::DeleteInProgress { .. } => Self::DeleteInProgress,
        }
    }
}

impl Key for TaskDefinitionKey {
    fn write(&self, to: &mut KeyWriter) {
        to.region(self.region);
        to.text(&self.family);
        to.number(self.revision);
    }

    fn read(from: &mut KeyReader<'_>) -> Option<Self> {
        Some(Self { region: from.region()?, family: from.name()?, revision: from.number()? })
    }
}

impl Record for TaskDefinition {
    type Key = TaskDefinitionKey;
    type Index = TaskDefinitionIndex;

    fn key(&self) -> TaskDefinitionKey {
        TaskDefinitionKey { region: self.region, family: self.family.clone(), revision: self.revision }
    }

    fn indexes(&self, emit: &mut dyn FnMut(TaskDefinitionIndex)) {
        let state = RevisionState::from(&self.status);
        if daemon::known_as(&self.family).is_some() {
            emit(TaskDefinitionIndex::Daemons(self.region, None));
            emit(TaskDefinitionIndex::Daemons(self.region, Some(state)));
        } else {
            emit(TaskDefinitionIndex::Status(self.region, state));
        }
        emit(TaskDefinitionIndex::Family(self.region, self.family.clone(), state));
        if state == RevisionState::DeleteInProgress {
            emit(TaskDefinitionIndex::ToDelete);
        }
    }
}
