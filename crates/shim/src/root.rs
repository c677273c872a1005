//! A container's file system: made of layers, and walked without ever leaving it.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::Read;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Component, Path, PathBuf};

use berth_runtime::{Folder, Rootfs};
use rustix::fs::{AtFlags, CWD, FileType, Gid, Mode, OFlags, ResolveFlags, Uid, chownat, fstat, mkdirat, openat2};
use rustix::io::Errno;
use rustix::mount::{MountFlags, MoveMountFlags, OpenTreeFlags, mount, move_mount, open_tree};

use crate::failure::{Result, at, refused, wrong};
use crate::system;
use crate::user_namespace::{UserNamespace, path_of};

/// The most bytes of a file that is read out of a container.
const LARGEST: u64 = 4 << 20;

/// Mounts the layers at `target`, with the container's own folder above them, in this process's mount namespace. `devices`: nodes in
/// it can be opened. In a user namespace its root has what the host's root has in the layers; what it writes has its ids on disk.
pub(crate) fn mount_layers(
    folder: &Folder,
    rootfs: &Rootfs,
    target: &Path,
    devices: bool,
    user: Option<&UserNamespace>,
) -> Result<()> {
    if rootfs.layers.is_empty() {
        return Err(wrong("a container needs at least one layer"));
    }
    let (upper, work) = (folder.upper(rootfs), folder.work(rootfs));
    for made in [&upper, &work] {
        // What a container changed before it is started again is there.
        let is_kept = *made == upper;
        fs::DirBuilder::new().mode(0o755).recursive(is_kept).create(made).map_err(at("making", made))?;
    }
    if let Some(user) = user {
        let owner = Some(user.map.first);
        std::os::unix::fs::chown(&upper, owner, owner).map_err(at("giving away", &upper))?;
    }
    // By descriptor, all paths are short, whatever they are, and may hold what else would separate options. Highest first.
    let open = |path: &PathBuf| user.map_or_else(|| open_folder(path), |user| open_mapped(path, target, user));
    let layers: Vec<OwnedFd> = rootfs.layers.iter().rev().map(open).collect::<Result<_>>()?;
    let (upper, work) = (open_folder(&upper)?, open_folder(&work)?);
    let lower: Vec<String> = layers.iter().map(path_of).collect();
    let options = format!("lowerdir={},upperdir={},workdir={}", lower.join(":"), path_of(&upper), path_of(&work));
    // Nothing of it has to outlive the machine: without syncing if the kernel can (5.10).
    let flags = if devices { MountFlags::empty() } else { MountFlags::NODEV };
    let attempt = match overlay(target, &format!("{options},volatile"), flags) {
        Err(Errno::INVAL) => overlay(target, &options, flags),
        outcome => outcome,
    };
    attempt.map_err(|errno| explain(errno, folder, layers.len()))
}

/// A layer whose files belong to the ids of a user namespace. Kernels before 6.15 take it only if it is mounted somewhere: all are
/// mounted at `target`, one upon the other, where the whole will cover them.
fn open_mapped(path: &Path, target: &Path, user: &UserNamespace) -> Result<OwnedFd> {
    let flags = OpenTreeFlags::OPEN_TREE_CLONE | OpenTreeFlags::OPEN_TREE_CLOEXEC;
    let mount = open_tree(CWD, path, flags).map_err(|errno| at("opening", path)(errno.into()))?;
    let before = fstat(&mount).map_err(|errno| at("looking at", path)(errno.into()))?;
    system::map_ids(&mount, &user.descriptor).map_err(at("mapping the ids of", path))?;
    let after = fstat(&mount).map_err(|errno| at("looking at", path)(errno.into()))?;
    if before.st_uid < user.map.count && user.map.first + before.st_uid != after.st_uid {
        return Err(wrong("the container's network was prepared for other ids than the container's"));
    }
    move_mount(&mount, "", CWD, target, MoveMountFlags::MOVE_MOUNT_F_EMPTY_PATH)
        .map_err(|errno| at("mounting", path)(errno.into()))?;
    Ok(mount)
}

fn overlay(target: &Path, options: &str, flags: MountFlags) -> rustix::io::Result<()> {
    let options = std::ffi::CString::new(options).map_err(|_| Errno::INVAL)?;
    mount("overlay", target, "overlay", flags, Some(options.as_c_str()))
}

fn explain(errno: Errno, folder: &Folder, layers: usize) -> berth_runtime::protocol::Failure {
    let path = folder.path().display();
    match errno {
        Errno::INVAL => wrong(format!(
            "{layers} layers cannot be mounted with {path} above them: its file system cannot be the upper layer of an overlay \
             (as overlayfs and NFS cannot); keep the data folder on ext4 or xfs"
        )),
        Errno::NODEV => wrong("this kernel has no overlayfs: load its module, overlay"),
        errno => refused(format!("mounting {layers} layers for {path}"))(errno),
    }
}

fn open_folder(path: &Path) -> Result<OwnedFd> {
    let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
    rustix::fs::open(path, flags, Mode::empty()).map_err(|errno| at("opening", path)(errno.into()))
}

/// The file system of a container, as seen from outside or from within.
pub(crate) struct Root {
    folder: OwnedFd,
    /// Whose the folders are that are made in it; this process's if nobody's.
    owner: Option<u32>,
}

impl Root {
    pub(crate) fn open(path: &Path, owner: Option<u32>) -> Result<Self> {
        Ok(Self { folder: open_folder(path)?, owner })
    }

    fn resolve(&self, path: &Path, flags: OFlags) -> rustix::io::Result<OwnedFd> {
        openat2(&self.folder, path, flags | OFlags::CLOEXEC, Mode::empty(), ResolveFlags::IN_ROOT | ResolveFlags::NO_MAGICLINKS)
    }

    /// A folder, to be listed; nothing if there is none.
    pub(crate) fn folder(&self, path: &Path) -> Option<OwnedFd> {
        self.resolve(path, OFlags::RDONLY | OFlags::DIRECTORY).ok()
    }

    /// The content of a file; nothing if there is none, or it is none of any use: a folder, a pipe, far too large, not text.
    pub(crate) fn read(&self, path: &str) -> Option<String> {
        let fd = self.resolve(Path::new(path), OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY).ok()?;
        if !FileType::from_raw_mode(fstat(&fd).ok()?.st_mode).is_file() {
            return None;
        }
        let mut text = Vec::new();
        File::from(fd).take(LARGEST).read_to_end(&mut text).ok()?;
        Some(String::from_utf8_lossy(&text).into_owned())
    }

    /// Makes a folder and those around it, where they are not there, and returns its path without detours.
    pub(crate) fn make_folders(&self, path: &str) -> Result<(PathBuf, OwnedFd)> {
        let clean = clean(path)?;
        let relative = clean.strip_prefix("/").unwrap_or(&clean);
        let mut here = open_root(self.folder.as_fd())?;
        let mut walked = PathBuf::from("/");
        for name in relative {
            walked.push(name);
            here = self.enter_or_make(here.as_fd(), name, &walked)?;
        }
        Ok((clean, here))
    }

    fn enter_or_make(&self, parent: BorrowedFd<'_>, name: &OsStr, walked: &Path) -> Result<OwnedFd> {
        let problem = |errno: Errno| wrong(format!("the working directory {} cannot be made: {errno}", walked.display()));
        match self.resolve(walked, OFlags::PATH | OFlags::DIRECTORY) {
            Ok(found) => Ok(found),
            Err(Errno::NOENT) => {
                mkdirat(parent, name, Mode::from_raw_mode(0o755)).map_err(problem)?;
                if let Some(id) = self.owner {
                    let (user, group) = (Some(Uid::from_raw(id)), Some(Gid::from_raw(id)));
                    chownat(parent, name, user, group, AtFlags::SYMLINK_NOFOLLOW).map_err(problem)?;
                }
                self.resolve(walked, OFlags::PATH | OFlags::DIRECTORY).map_err(problem)
            }
            Err(errno) => Err(problem(errno)),
        }
    }
}

fn open_root(root: BorrowedFd<'_>) -> Result<OwnedFd> {
    rustix::io::fcntl_dupfd_cloexec(root, 0).map_err(refused("walking through the container's folders"))
}

/// A path without `.` and `..`, as Docker cleans it.
fn clean(path: &str) -> Result<PathBuf> {
    let path = Path::new(if path.is_empty() { "/" } else { path });
    if !path.is_absolute() {
        return Err(wrong(format!("the working directory {} is not absolute", path.display())));
    }
    let mut clean = PathBuf::from("/");
    for component in path.components() {
        match component {
            Component::Normal(name) => clean.push(name),
            Component::ParentDir => {
                clean.pop();
            }
            Component::RootDir | Component::CurDir | Component::Prefix(_) => {}
        }
    }
    Ok(clean)
}
