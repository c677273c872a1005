//! The groups of a container, which it is born in, sees, and cannot leave.
//!
//! The library would move the container's first process into its groups by number, and wait for that as long as for a grace period of
//! RCU. So it is given a view of the machine without any groups, and who runs it is in them already.

use std::fs::DirBuilder;
use std::os::fd::OwnedFd;
use std::os::unix::fs::{DirBuilderExt, symlink};
use std::path::Path;

use berth_runtime::cgroup::{Cgroups, Seen};
use rustix::fs::{CWD, Mode, OFlags};
use rustix::io::Errno;
use rustix::mount::{MountFlags, MoveMountFlags, OpenTreeFlags, UnmountFlags, mount, move_mount, open_tree, unmount};

use crate::failure::{Result, at, failed, of_cgroup, refused};
use crate::system::{self, Forked};

/// Where containers see their groups, and where the library looks for the machine's.
const PLACE: &str = "/sys/fs/cgroup";

/// Where a process is that was doubled into groups.
pub(crate) enum Born {
    /// In them, or not in all of them and why.
    Child(Result<()>),
    Parent(rustix::process::Pid),
}

/// Doubles this process; the child is in the groups of a path, without having been moved by anybody.
pub(crate) fn fork_into(cgroups: &Cgroups, path: &str) -> Result<Born> {
    let doing = "forking into a container's groups";
    let join = || cgroups.join_legacy(path).map_err(|error| of_cgroup(&error));
    let forked = match birthplace(cgroups, path)? {
        None => system::fork(),
        Some(group) => match system::fork_into(&group) {
            // Before Linux 5.7.
            Err(error) if [Some(libc::ENOSYS), Some(libc::EINVAL), Some(libc::E2BIG)].contains(&error.raw_os_error()) => {
                return Ok(match system::fork().map_err(failed(doing))? {
                    Forked::Child => Born::Child(cgroups.enter(path).map_err(|error| of_cgroup(&error))),
                    Forked::Parent(pid) => Born::Parent(pid),
                });
            }
            forked => forked,
        },
    };
    Ok(match forked.map_err(failed(doing))? {
        Forked::Child => Born::Child(join()),
        Forked::Parent(pid) => Born::Parent(pid),
    })
}

fn birthplace(cgroups: &Cgroups, path: &str) -> Result<Option<OwnedFd>> {
    let Some(folder) = cgroups.birthplace(path) else { return Ok(None) };
    match rustix::fs::open(&folder, OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty()) {
        Ok(group) => Ok(Some(group)),
        Err(Errno::NOENT) => Ok(None),
        Err(errno) => Err(at("opening", &folder)(errno.into())),
    }
}

/// Takes the machine's groups out of this process's mount namespace, and returns those of a path as a container is to see them: a
/// mount that is nowhere yet.
pub(crate) fn take_view(cgroups: &Cgroups, path: &str, writable: bool) -> Result<OwnedFd> {
    let access = if writable { 0 } else { libc::MOUNT_ATTR_RDONLY };
    let safe = libc::MOUNT_ATTR_NOSUID | libc::MOUNT_ATTR_NODEV | libc::MOUNT_ATTR_NOEXEC | access;
    let mut trees = Vec::new();
    for seen in cgroups.seen(path) {
        let tree = cloned(&seen.folder, OpenTreeFlags::empty())?;
        system::add_mount_attributes(&tree, safe).map_err(at("limiting what can be done with", &seen.folder))?;
        trees.push((seen, tree));
    }
    let elsewhere = cgroups.mounts().filter(|mount| !mount.starts_with(PLACE));
    for mount in [Path::new(PLACE)].into_iter().chain(elsewhere) {
        match unmount(mount, UnmountFlags::DETACH) {
            // Gone with what was around it.
            Ok(()) | Err(Errno::INVAL | Errno::NOENT) => {}
            Err(errno) => return Err(at("taking away", mount)(errno.into())),
        }
    }
    let view = match <[(Seen, OwnedFd); 1]>::try_from(trees) {
        Ok([(seen, tree)]) if seen.name.is_empty() => tree,
        Ok(tree) => gather(tree.into(), safe)?,
        Err(trees) => gather(trees, safe)?,
    };
    // So that the library finds version 1 without a single controller.
    empty()?;
    Ok(view)
}

/// Folders of several hierarchies beside each other.
fn gather(trees: Vec<(Seen, OwnedFd)>, attributes: u64) -> Result<OwnedFd> {
    empty()?;
    let place = Path::new(PLACE);
    for (seen, tree) in trees {
        let folder = place.join(&seen.name);
        DirBuilder::new().mode(0o755).create(&folder).map_err(at("making", &folder))?;
        attach(&tree, &folder).map_err(refused(format!("mounting {}", folder.display())))?;
        for link in seen.links.iter().map(|link| place.join(link)) {
            symlink(&seen.name, &link).map_err(at("making", &link))?;
        }
    }
    let view = cloned(place, OpenTreeFlags::AT_RECURSIVE)?;
    system::add_mount_attributes(&view, attributes).map_err(at("limiting what can be done with", place))?;
    unmount(place, UnmountFlags::DETACH).map_err(refused("taking away a view of the groups"))?;
    Ok(view)
}

fn cloned(folder: &Path, flags: OpenTreeFlags) -> Result<OwnedFd> {
    let flags = flags | OpenTreeFlags::OPEN_TREE_CLONE | OpenTreeFlags::OPEN_TREE_CLOEXEC;
    open_tree(CWD, folder, flags).map_err(|errno| at("mounting", folder)(errno.into()))
}

fn empty() -> Result<()> {
    let flags = MountFlags::NOSUID | MountFlags::NODEV | MountFlags::NOEXEC;
    mount("tmpfs", PLACE, "tmpfs", flags, Some(c"mode=755,size=64k")).map_err(refused(format!("mounting {PLACE}")))
}

fn attach(tree: &OwnedFd, folder: &Path) -> rustix::io::Result<()> {
    move_mount(tree, "", CWD, folder, MoveMountFlags::MOVE_MOUNT_F_EMPTY_PATH)
}

/// In the container: puts what [`take_view`] returned where a container looks for it.
pub(crate) fn show(view: &OwnedFd) -> rustix::io::Result<()> {
    attach(view, Path::new(PLACE))
}
