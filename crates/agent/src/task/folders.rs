//! Where a task's files are.

use std::path::{Path, PathBuf};

/// The folder of a task: `tasks/ID`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TaskFolder(PathBuf);

impl TaskFolder {
    /// The folder of the task with an id that names a folder.
    pub(crate) fn of(tasks: &Path, id: &str) -> Self {
        Self(tasks.join(id))
    }

    pub(crate) const fn at(path: PathBuf) -> Self {
        Self(path)
    }

    /// The task's id.
    pub(crate) fn id(&self) -> std::borrow::Cow<'_, str> {
        self.0.file_name().unwrap_or_default().to_string_lossy()
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    /// The record.
    pub(crate) fn record(&self) -> PathBuf {
        self.0.join("task.cbor")
    }

    /// What the agent keeps of a container.
    pub(crate) fn container(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// What the runtime keeps of a container.
    pub(crate) fn runtime(&self, name: &str) -> PathBuf {
        self.container(name).join("runtime")
    }

    /// What the runtime keeps of the container that holds the namespaces which the task's containers share. No container has its name.
    pub(crate) fn namespaces(&self) -> PathBuf {
        self.runtime(".namespaces")
    }

    /// The files that a container sees in `/etc`.
    pub(crate) fn etc(&self, name: &str) -> PathBuf {
        self.container(name).join("etc")
    }
}
