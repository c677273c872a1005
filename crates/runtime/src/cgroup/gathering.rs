//! Processes that end together, while others of their group go on.

use std::fs;
use std::path::PathBuf;

use super::hierarchy::{Legacy, hands_on_processors, inherit_processors};
use super::members::{kill_folders, remove_one};
use super::{CgroupError, Cgroups, failed};

/// A group below another one, in one hierarchy alone: it limits nothing, and says what belongs together.
#[derive(Debug)]
pub struct Gathering {
    folder: PathBuf,
    /// Of its hierarchy, in version 1.
    controllers: Vec<String>,
}

impl Cgroups {
    /// Makes one below a path, for members of that path.
    ///
    /// # Errors
    /// The path is not there, or the kernel refuses.
    pub fn gather(&self, path: &str, name: &str) -> Result<Gathering, CgroupError> {
        let relative = path.trim_start_matches('/');
        // Version 2 first: it ends all members at once.
        let unified = self.unified.iter().map(|mount| (mount, &[][..]));
        let hierarchies = unified.chain(self.legacy.iter().map(|legacy| (&legacy.mount, &legacy.controllers[..])));
        let found =
            hierarchies.map(|(mount, controllers)| (mount.join(relative), controllers)).find(|(parent, _)| parent.is_dir());
        gather_in(found, path, name)
    }

    /// The same, in a hierarchy that has controllers: one that OCI runtimes can be told of.
    ///
    /// # Errors
    /// As [`Self::gather`].
    pub fn gather_with_controllers(&self, path: &str, name: &str) -> Result<Gathering, CgroupError> {
        let is_named = |legacy: &&Legacy| legacy.controllers.iter().all(|controller| !controller.contains('='));
        match self.legacy.iter().find(is_named) {
            None => self.gather(path, name),
            Some(Legacy { mount, controllers }) => {
                gather_in(Some((mount.join(path.trim_start_matches('/')), controllers)), path, name)
            }
        }
    }
}

fn gather_in(parent: Option<(PathBuf, &[String])>, path: &str, name: &str) -> Result<Gathering, CgroupError> {
    let missing = || failed("gathering processes in", path.as_ref())(std::io::ErrorKind::NotFound.into());
    let (parent, controllers) = parent.ok_or_else(missing)?;
    let folder = parent.join(name);
    fs::create_dir(&folder).map_err(failed("making", &folder))?;
    if hands_on_processors(controllers) {
        inherit_processors(&parent, &folder)?;
    }
    Ok(Gathering { folder, controllers: controllers.to_vec() })
}

impl Gathering {
    /// Its name below its path, as OCI runtimes are told of it: with the controllers of its hierarchy, if those are of version 1.
    #[must_use]
    pub fn name(&self) -> String {
        let name = self.folder.file_name().unwrap_or_default().to_string_lossy();
        if self.controllers.is_empty() { name.into_owned() } else { format!("{}:{name}", self.controllers.join(",")) }
    }

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
