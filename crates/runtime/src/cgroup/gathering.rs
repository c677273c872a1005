//! Processes that end together, while others of their group go on.

use std::fs;
use std::path::PathBuf;

use super::hierarchy::inherit_processors;
use super::members::{kill_folders, remove_one};
use super::{CgroupError, Cgroups, failed};

/// A group below another one, in one hierarchy alone: it limits nothing, and says what belongs together.
#[derive(Debug)]
pub struct Gathering {
    folder: PathBuf,
}

impl Cgroups {
    /// Makes one below a path, for members of that path.
    ///
    /// # Errors
    /// The path is not there, or the kernel refuses.
    pub fn gather(&self, path: &str, name: &str) -> Result<Gathering, CgroupError> {
        let relative = path.trim_start_matches('/');
        // Version 2 first: it ends all members at once.
        let mounts = self.unified.iter().chain(self.legacy.iter().map(|legacy| &legacy.mount));
        let parents: Vec<PathBuf> = mounts.map(|mount| mount.join(relative)).collect();
        let missing = || failed("gathering processes in", path.as_ref())(std::io::ErrorKind::NotFound.into());
        let parent = parents.iter().find(|parent| parent.is_dir()).ok_or_else(missing)?;
        let folder = parent.join(name);
        fs::create_dir(&folder).map_err(failed("making", &folder))?;
        inherit_processors(parent, &folder)?;
        Ok(Gathering { folder })
    }
}

impl Gathering {
    /// Moves this process into it.
    ///
    /// # Errors
    /// The kernel refuses.
    pub fn enter(&self) -> Result<(), CgroupError> {
        let procs = self.folder.join("cgroup.procs");
        fs::write(&procs, "0").map_err(failed("joining", &procs))
    }

    /// Kills all its members, and what they start meanwhile.
    ///
    /// # Errors
    /// The kernel refuses, or something cannot be killed.
    pub fn kill(&self) -> Result<(), CgroupError> {
        kill_folders(std::slice::from_ref(&self.folder))
    }

    /// Kills what is left in it and removes it. If its container was deleted meanwhile, that is no error.
    ///
    /// # Errors
    /// As [`Self::kill`].
    pub fn end(self) -> Result<(), CgroupError> {
        self.kill()?;
        remove_one(&self.folder)
    }
}
