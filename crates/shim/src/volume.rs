//! A volume that is used for the first time: it begins with what the image has where it is mounted, as Docker's do.
//!
//! The container does not run yet and nothing is mounted in its file system: nobody changes what is copied here. What the image says
//! is not believed all the same: every name is looked up in its folder, and links are never followed.

use std::fs::{self, File};
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::{Path, PathBuf};

use berth_runtime::{Bind, ContainerSpec, remove_tree};
use rustix::fs::{
    AtFlags, Dir, FileType, Gid, Mode, OFlags, Stat, Timespec, Timestamps, Uid, XattrFlags, chownat, fchmod, fchown, fgetxattr,
    flistxattr, fsetxattr, fstat, futimens, mkdirat, mknodat, openat, readlinkat, statat, symlinkat, utimensat,
};

use crate::failure::{Result, at, refused, wrong};
use crate::root::Root;
use crate::stage::Stage;

/// Folders in each other, at most: each takes two descriptors.
const DEEPEST: usize = 200;

/// Fills those of a container's volumes that have never been filled.
pub(crate) fn fill(stage: &Stage, spec: &ContainerSpec) -> Result<()> {
    let first = |bind: &&Bind| bind.fill.as_ref().is_some_and(|mark| !mark.exists());
    if !spec.binds.iter().any(|bind| first(&bind)) {
        return Ok(());
    }
    let owner = stage.user.as_ref().map(|user| user.map.first);
    let root = Root::open(&stage.rootfs, owner)?;
    for bind in spec.binds.iter().filter(first) {
        if let Some(mark) = &bind.fill {
            fill_one(&root, bind, mark, owner)?;
        }
    }
    Ok(())
}

fn fill_one(root: &Root, bind: &Bind, mark: &Path, owner: Option<u32>) -> Result<()> {
    let lock = mark.with_extension("lock");
    // Another container of the task may be at it.
    let held = File::create(&lock).map_err(at("opening", &lock))?;
    held.lock().map_err(at("locking", &lock))?;
    if mark.exists() {
        return Ok(());
    }
    empty(&bind.source)?;
    let to = File::open(&bind.source).map_err(at("opening", &bind.source))?;
    match root.folder(&bind.target) {
        Some(from) => {
            let mut copy = Copy { at: bind.target.clone() };
            copy.folder(from.as_fd(), to.as_fd(), 0)?;
        }
        // Of its own root, if that is not the host's.
        None => std::os::unix::fs::fchown(&to, owner, owner).map_err(at("giving away", &bind.source))?,
    }
    File::create(mark).map(drop).map_err(at("making", mark))
}

/// Removes what is left of an attempt that was cut off.
fn empty(folder: &Path) -> Result<()> {
    for entry in fs::read_dir(folder).map_err(at("listing", folder))? {
        let path = entry.map_err(at("listing", folder))?.path();
        let metadata = path.symlink_metadata().map_err(at("looking at", &path))?;
        if metadata.is_dir() {
            remove_tree(&path).map_err(|error| wrong(error.to_string()))?;
        } else {
            fs::remove_file(&path).map_err(at("removing", &path))?;
        }
    }
    Ok(())
}

/// Copies folders; whose, when and how they may be used goes with them.
struct Copy {
    /// Where it is, in the container, for messages.
    at: PathBuf,
}

impl Copy {
    fn failed(&self) -> impl FnOnce(rustix::io::Errno) -> berth_runtime::protocol::Failure {
        refused(format!("copying {} of the image into a volume", self.at.display()))
    }

    fn folder(&mut self, from: BorrowedFd<'_>, to: BorrowedFd<'_>, depth: usize) -> Result<()> {
        if depth > DEEPEST {
            return Err(wrong(format!("{} of the image is nested deeper than {DEEPEST} folders", self.at.display())));
        }
        for entry in Dir::read_from(from).map_err(self.failed())? {
            let entry = entry.map_err(self.failed())?;
            let name = entry.file_name();
            if matches!(name.to_bytes(), b"." | b"..") {
                continue;
            }
            self.at.push(Path::new(std::ffi::OsStr::new(&*name.to_string_lossy())));
            self.one(from, to, name, depth)?;
            self.at.pop();
        }
        let stat = fstat(from).map_err(self.failed())?;
        self.dress(from, to, &stat)
    }

    fn one(&mut self, from: BorrowedFd<'_>, to: BorrowedFd<'_>, name: &std::ffi::CStr, depth: usize) -> Result<()> {
        let stat = statat(from, name, AtFlags::SYMLINK_NOFOLLOW).map_err(self.failed())?;
        let open = |folder, flags| openat(folder, name, flags | OFlags::NOFOLLOW | OFlags::CLOEXEC, Mode::RUSR | Mode::WUSR);
        match FileType::from_raw_mode(stat.st_mode) {
            FileType::Directory => {
                mkdirat(to, name, Mode::RWXU).map_err(self.failed())?;
                let source = open(from, OFlags::RDONLY | OFlags::DIRECTORY).map_err(self.failed())?;
                let target = open(to, OFlags::RDONLY | OFlags::DIRECTORY).map_err(self.failed())?;
                self.folder(source.as_fd(), target.as_fd(), depth + 1)
            }
            FileType::RegularFile => {
                let source = open(from, OFlags::RDONLY | OFlags::NONBLOCK).map_err(self.failed())?;
                let target = open(to, OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL).map_err(self.failed())?;
                self.file(source, target, &stat)
            }
            FileType::Symlink => {
                let target = readlinkat(from, name, Vec::new()).map_err(self.failed())?;
                symlinkat(target, to, name).map_err(self.failed())?;
                self.own(to, name, &stat)
            }
            FileType::Fifo => {
                mknodat(to, name, FileType::Fifo, Mode::from_raw_mode(stat.st_mode & 0o7777), 0).map_err(self.failed())?;
                self.own(to, name, &stat)
            }
            // Sockets are nobody's any more, and devices come from task definitions alone.
            _ => Ok(()),
        }
    }

    fn file(&self, source: OwnedFd, target: OwnedFd, stat: &Stat) -> Result<()> {
        let (mut source, mut target) = (File::from(source), File::from(target));
        io::copy(&mut source, &mut target).map_err(at("copying into a volume", &self.at))?;
        self.dress(source.as_fd(), target.as_fd(), stat)
    }

    /// Owner first: who changes it takes away special bits and capabilities.
    fn dress(&self, from: BorrowedFd<'_>, to: BorrowedFd<'_>, stat: &Stat) -> Result<()> {
        fchown(to, Some(Uid::from_raw(stat.st_uid)), Some(Gid::from_raw(stat.st_gid))).map_err(self.failed())?;
        fchmod(to, Mode::from_raw_mode(stat.st_mode & 0o7777)).map_err(self.failed())?;
        self.attributes(from, to)?;
        futimens(to, &times(stat)).map_err(self.failed())
    }

    fn own(&self, folder: BorrowedFd<'_>, name: &std::ffi::CStr, stat: &Stat) -> Result<()> {
        let (user, group) = (Some(Uid::from_raw(stat.st_uid)), Some(Gid::from_raw(stat.st_gid)));
        chownat(folder, name, user, group, AtFlags::SYMLINK_NOFOLLOW).map_err(self.failed())?;
        utimensat(folder, name, &times(stat), AtFlags::SYMLINK_NOFOLLOW).map_err(self.failed())
    }

    /// Extended attributes, but for those of overlayfs and of the host's own security modules.
    fn attributes(&self, from: BorrowedFd<'_>, to: BorrowedFd<'_>) -> Result<()> {
        let mut names = vec![0_u8; 64 << 10];
        let length = match flistxattr(from, &mut names) {
            Ok(length) => length,
            Err(rustix::io::Errno::NOTSUP) => return Ok(()),
            Err(errno) => return Err(self.failed()(errno)),
        };
        let mut value = vec![0_u8; 64 << 10];
        for name in names.get(..length).unwrap_or_default().split(|&byte| byte == 0) {
            let is_copied =
                name.starts_with(b"user.") || name == b"security.capability" || name.starts_with(b"system.posix_acl_");
            if !is_copied {
                continue;
            }
            let length = fgetxattr(from, name, &mut value).map_err(self.failed())?;
            match fsetxattr(to, name, value.get(..length).unwrap_or_default(), XattrFlags::empty()) {
                // A volume of memory has no user's attributes on older kernels.
                Ok(()) | Err(rustix::io::Errno::NOTSUP) => {}
                Err(errno) => return Err(self.failed()(errno)),
            }
        }
        Ok(())
    }
}

fn times(stat: &Stat) -> Timestamps {
    let time = |seconds: i64, nanos: u64| Timespec { tv_sec: seconds, tv_nsec: i64::try_from(nanos).unwrap_or_default() };
    Timestamps {
        last_access: time(stat.st_atime, stat.st_atime_nsec),
        last_modification: time(stat.st_mtime, stat.st_mtime_nsec),
    }
}
