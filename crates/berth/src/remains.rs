//! What an installation makes on a machine, found by its id and its folder, and removed without anybody's help.
//!
//! Nothing of another installation is touched: cgroups carry the id in their path, containers and their mounts lie below
//! `DATA/agent/tasks`, volumes below `DATA/agent/volumes`. What somebody has mounted elsewhere in the data folder stays.

mod cgroups;
mod mounts;

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, Result};
use berth_runtime::Runtime;

use crate::{confinement, node, own_ids};

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
    /// Network interfaces of tasks.
    pub(crate) interfaces: usize,
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
    own_ids::give_up(id).context("giving up the ids of tasks")?;
    removed.interfaces = networks(id)?;
    Ok(removed)
}

/// Removes an installation's networks and what made them work; how many interfaces there were.
fn networks(id: &str) -> Result<usize> {
    if !confinement::is_root() {
        // Then it never had any.
        return Ok(0);
    }
    let run = node::run_folder(id);
    let removed = berth_net::clean(id.parse()?, &run).context("removing the networks of tasks")?;
    // Others' may be beside it.
    for folder in [Some(run.as_path()), run.parent()].into_iter().flatten() {
        match std::fs::remove_dir(folder) {
            Err(error) if !matches!(error.kind(), ErrorKind::NotFound | ErrorKind::DirectoryNotEmpty) => {
                return Err(error).with_context(|| format!("removing {}", folder.display()));
            }
            _ => {}
        }
    }
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
