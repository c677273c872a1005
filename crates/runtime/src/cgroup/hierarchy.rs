//! Where the control groups of this machine are.

use std::ffi::OsString;
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
        let relative = path.trim_start_matches('/');
        let legacy = self.legacy.iter().map(|legacy| (&legacy.mount, hands_on_processors(&legacy.controllers)));
        let mut all = legacy.chain(self.unified.iter().map(|mount| (mount, false)));
        all.try_for_each(|(mount, processors)| make_below(mount, &mount.join(relative), processors))
    }

    /// Moves this process, which must have no other threads, to a path in all hierarchies, which is made if it is not there.
    ///
    /// # Errors
    /// The kernel refuses.
    pub fn enter(&self, path: &str) -> Result<(), CgroupError> {
        self.make(path)?;
        if let Some(mount) = &self.unified {
            join(&mount.join(path.trim_start_matches('/')).join("cgroup.procs"))?;
        }
        self.join_legacy(path)
    }

    /// Moves this process, which must have no other threads, to a path in all hierarchies of version 1.
    ///
    /// A thread that moves itself does not take the lock that stops all forking of the machine, for which anybody else who moves
    /// something waits for an RCU grace period, 10 ms and more: hence `tasks` and not `cgroup.procs`.
    ///
    /// # Errors
    /// The kernel refuses.
    pub fn join_legacy(&self, path: &str) -> Result<(), CgroupError> {
        let relative = path.trim_start_matches('/');
        for legacy in &self.legacy {
            let joined = join(&legacy.mount.join(relative).join("tasks"));
            // One without controllers limits nothing, and what another version of this program has made may not be in it.
            let missing = |error: &CgroupError| error.source.kind() == io::ErrorKind::NotFound;
            match joined {
                Err(error) if missing(&error) && legacy.controllers.iter().all(|controller| controller.contains('=')) => {}
                joined => joined?,
            }
        }
        Ok(())
    }

    /// The folder of a path in version 2's hierarchy, where there is one. Who is to run there without a move must be born there.
    #[must_use]
    pub fn birthplace(&self, path: &str) -> Option<PathBuf> {
        self.unified.as_ref().map(|mount| mount.join(path.trim_start_matches('/')))
    }

    /// The folders of a path as a container of that path sees them: those of version 1 with the names under which they are mounted
    /// and the controllers by which they are also known, or one of version 2.
    #[must_use]
    pub fn seen(&self, path: &str) -> Vec<Seen> {
        let relative = path.trim_start_matches('/');
        if self.is_unified() {
            let folders = self.unified.iter().map(|mount| mount.join(relative));
            return folders.map(|folder| Seen { name: OsString::new(), folder, links: Vec::new() }).collect();
        }
        let seen = |legacy: &Legacy| {
            let name = legacy.mount.file_name().unwrap_or_default().to_owned();
            let known = |controller: &&String| !controller.contains('=') && name != controller.as_str();
            let links = legacy.controllers.iter().filter(known).cloned().collect();
            Seen { folder: legacy.mount.join(relative), name, links }
        };
        self.legacy.iter().map(seen).collect()
    }

    /// Where the hierarchies are mounted.
    pub fn mounts(&self) -> impl Iterator<Item = &Path> {
        self.legacy.iter().map(|legacy| &legacy.mount).chain(&self.unified).map(PathBuf::as_path)
    }
}

/// A folder of one hierarchy, as a container sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// Its name; empty if there is nothing beside it.
    pub name: OsString,
    /// The folder, on the host.
    pub folder: PathBuf,
    /// Other names, after its controllers.
    pub links: Vec<String>,
}

fn join(file: &Path) -> Result<(), CgroupError> {
    fs::write(file, "0").map_err(failed("joining", file))
}

/// Makes a folder below a mount, with processors where those are handed on. What is around it is mostly there.
fn make_below(mount: &Path, folder: &Path, processors: bool) -> Result<(), CgroupError> {
    let outer = folder.parent().filter(|_| folder != mount);
    let made = match (fs::create_dir(folder), outer) {
        (Err(error), Some(outer)) if error.kind() == io::ErrorKind::NotFound => {
            make_below(mount, outer, processors)?;
            fs::create_dir(folder)
        }
        (made, _) => made,
    };
    match (made, outer) {
        (Ok(()), Some(outer)) if processors => inherit_processors(outer, folder),
        (Err(error), _) if error.kind() != io::ErrorKind::AlreadyExists => Err(failed("making", folder)(error)),
        _ => Ok(()),
    }
}

/// Whether folders of a hierarchy with these controllers have to be given processors. All hierarchies of version 1 have the switch for it.
pub(super) fn hands_on_processors(controllers: &[String]) -> bool {
    controllers.iter().any(|controller| controller == "cpuset")
}

/// A new folder of version 1's cpuset has no processors and takes no members, unless the one around it hands on its own: the first that
/// is made here is told to, and so are all below it from their birth. By hand each would have the kernel sort its processors anew.
pub(super) fn inherit_processors(parent: &Path, folder: &Path) -> Result<(), CgroupError> {
    let hands_on = folder.join("cgroup.clone_children");
    match fs::read_to_string(&hands_on) {
        Ok(flag) if flag.trim() == "0" => {}
        Ok(_) => return Ok(()),
        // A test's folder.
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(failed("reading", &hands_on)(error)),
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
    fs::write(&hands_on, "1").map_err(failed("writing", &hands_on))
}
