//! Where the control groups of this machine are.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::{CgroupError, failed};

/// The hierarchies of this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cgroups {
    /// Of version 1, with their controllers; empty where version 2 has them.
    pub(super) legacy: Vec<Legacy>,
    /// Of version 2.
    pub(super) unified: Option<PathBuf>,
}

/// A hierarchy of version 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Legacy {
    pub(super) mount: PathBuf,
    pub(super) controllers: Vec<String>,
}

/// Options of a version 1 mount that are no controllers.
const NOT_CONTROLLERS: [&str; 8] =
    ["rw", "ro", "xattr", "noprefix", "clone_children", "cpuset_v2_mode", "favordynmods", "seclabel"];

impl Cgroups {
    /// Looks at what is mounted.
    ///
    /// # Errors
    /// `/proc` cannot be read, or no cgroups are mounted.
    pub fn find() -> Result<Self, CgroupError> {
        let path = Path::new("/proc/self/mountinfo");
        let mounts = fs::read_to_string(path).map_err(failed("reading", path))?;
        let found = Self::of(&mounts);
        if found.legacy.is_empty() && found.unified.is_none() {
            return Err(failed("finding cgroups in", path)(io::Error::other("none are mounted")));
        }
        Ok(found)
    }

    /// The hierarchies in a `mountinfo`.
    pub(super) fn of(mountinfo: &str) -> Self {
        let mut found = Self { legacy: Vec::new(), unified: None };
        for line in mountinfo.lines() {
            let Some((before, after)) = line.split_once(" - ") else { continue };
            let Some(mount) = before.split(' ').nth(4) else { continue };
            let mount = PathBuf::from(mount);
            let mut fields = after.split(' ');
            match fields.next() {
                Some("cgroup2") if found.unified.is_none() => found.unified = Some(mount),
                Some("cgroup") if !found.legacy.iter().any(|legacy| legacy.mount == mount) => {
                    let options = fields.nth(1).unwrap_or_default().split(',');
                    let controllers = options.filter(|option| !NOT_CONTROLLERS.contains(option)).map(str::to_owned).collect();
                    found.legacy.push(Legacy { mount, controllers });
                }
                _ => {}
            }
        }
        found
    }

    /// Whether version 2 has the controllers.
    #[must_use]
    pub fn is_unified(&self) -> bool {
        self.legacy.is_empty()
    }

    /// The folder of a path in the hierarchy of a controller.
    pub(super) fn folder(&self, controller: &str, path: &str) -> Option<PathBuf> {
        let relative = path.trim_start_matches('/');
        if self.is_unified() {
            return self.unified.as_ref().map(|mount| mount.join(relative));
        }
        let legacy = self.legacy.iter().find(|legacy| legacy.controllers.iter().any(|has| has == controller))?;
        Some(legacy.mount.join(relative))
    }

    /// The folders of a path in all hierarchies.
    pub(super) fn folders(&self, path: &str) -> impl Iterator<Item = PathBuf> {
        let relative = path.trim_start_matches('/').to_owned();
        let mounts = self.legacy.iter().map(|legacy| &legacy.mount).chain(&self.unified);
        mounts.map(move |mount| mount.join(&relative))
    }

    /// Makes a path in all hierarchies, with what its members need to be there.
    ///
    /// # Errors
    /// The kernel refuses.
    pub fn make(&self, path: &str) -> Result<(), CgroupError> {
        for mount in self.legacy.iter().map(|legacy| &legacy.mount).chain(&self.unified) {
            let mut folder = mount.clone();
            for name in path.split('/').filter(|name| !name.is_empty()) {
                let parent = folder.clone();
                folder.push(name);
                match fs::create_dir(&folder) {
                    Ok(()) => inherit_processors(&parent, &folder)?,
                    Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                    Err(error) => return Err(failed("making", &folder)(error)),
                }
            }
        }
        Ok(())
    }

    /// Moves this process to a path in all hierarchies, which is made if it is not there.
    ///
    /// # Errors
    /// The kernel refuses.
    pub fn enter(&self, path: &str) -> Result<(), CgroupError> {
        self.make(path)?;
        self.join(path)
    }

    /// Moves this process to a path in those hierarchies that have it.
    ///
    /// # Errors
    /// The kernel refuses.
    pub fn join(&self, path: &str) -> Result<(), CgroupError> {
        for folder in self.folders(path) {
            let procs = folder.join("cgroup.procs");
            match fs::write(&procs, "0") {
                Ok(()) => {}
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(failed("joining", &procs)(error)),
            }
        }
        Ok(())
    }
}

/// A new folder of version 1's cpuset has no processors and takes no members.
pub(super) fn inherit_processors(parent: &Path, folder: &Path) -> Result<(), CgroupError> {
    if !folder.join("cgroup.clone_children").exists() {
        return Ok(());
    }
    for file in ["cpuset.cpus", "cpuset.mems"] {
        let from = parent.join(file);
        let Ok(inherited) = fs::read_to_string(&from) else { continue };
        let to = folder.join(file);
        let now = fs::read_to_string(&to).map_err(failed("reading", &to))?;
        if now.trim().is_empty() {
            fs::write(&to, inherited.trim()).map_err(failed("writing", &to))?;
        }
    }
    Ok(())
}
