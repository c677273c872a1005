//! What an installation makes on a machine, found by its id and its folder, and removed without anybody's help.
//!
//! Nothing of another installation is touched: cgroups carry the id in their path, containers and their mounts lie below
//! `DATA/agent/tasks`, volumes below `DATA/agent/volumes`. What somebody has mounted elsewhere in the data folder stays.

mod cgroups;
mod mounts;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, Result};
use berth_runtime::Runtime;

/// What was removed.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub(crate) struct Removed {
    /// Containers, with their cgroups and mounts.
    pub(crate) containers: usize,
    /// Processes that were left: shims, and what outlived its shim.
    pub(crate) processes: usize,
    /// Folders of the cgroup hierarchies.
    pub(crate) cgroups: usize,
    /// Mounts of containers, and volumes that are mounts.
    pub(crate) mounts: usize,
}

/// Removes everything that the installation with this id and folder left on the machine, but its data. Can be repeated. The runtime
/// is asked for if there are containers.
pub(crate) fn remove(folder: &Path, id: &str, runtime: impl FnOnce() -> Result<Arc<dyn Runtime>>) -> Result<Removed> {
    let mut removed = Removed::default();
    let tasks = crate::installation::agent_folder(folder).join("tasks");
    let containers = containers(&tasks)?;
    let runtime = if containers.is_empty() { None } else { Some(runtime()?) };
    for (container, runtime) in containers.iter().zip(runtime.iter().cycle()) {
        runtime.delete(container).with_context(|| format!("removing the container in {}", container.display()))?;
        removed.containers += 1;
    }
    let mine = cgroups::of(id)?;
    removed.processes = cgroups::kill(&mine)?;
    removed.cgroups = cgroups::remove(&mine)?;
    let volumes = crate::installation::agent_folder(folder).join("volumes");
    removed.mounts = mounts::remove_below(&tasks)? + mounts::remove_below(&volumes)?;
    // No task is left that could have some of its own.
    berth_runtime::remove_tree(&volumes.join("task")).context("removing the volumes of tasks")?;
    Ok(removed)
}

/// The folders of a node's containers: `TASK/CONTAINER/runtime` below `DATA/agent/tasks`.
fn containers(tasks: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for task in folders(tasks)? {
        found.extend(folders(&task)?.into_iter().map(|container| container.join("runtime")).filter(|folder| folder.is_dir()));
    }
    Ok(found)
}

/// The folders in a folder; none if it is not there.
fn folders(path: &Path) -> Result<Vec<PathBuf>> {
    let listing = || format!("listing {}", path.display());
    let entries = match std::fs::read_dir(path) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error).with_context(listing),
    };
    let mut folders = Vec::new();
    for entry in entries {
        let entry = entry.with_context(listing)?;
        if entry.file_type().with_context(listing)?.is_dir() {
            folders.push(entry.path());
        }
    }
    Ok(folders)
}
