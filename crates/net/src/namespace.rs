//! Network namespaces, kept as bind mounts: they live on when this process ends.

use std::fs::File;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use nix::errno::Errno;
use nix::mount::{MntFlags, MsFlags, mount, umount2};
use nix::sched::{CloneFlags, setns, unshare};

use crate::{IdBlock, NetError, owned};

const THIS: &str = "/proc/thread-self/ns/net";

/// Makes a namespace, mounts it at `path`, and runs `inside` in it. With ids, it belongs to a user namespace that has these ids.
pub(crate) fn create<T: Send>(
    path: &Path,
    ids: Option<IdBlock>,
    inside: impl FnOnce(BorrowedFd<'_>) -> Result<T, NetError> + Send,
) -> Result<T, NetError> {
    File::create(path).map_err(NetError::kernel(format!("creating {}", path.display())))?;
    elsewhere(|| {
        match ids {
            None => unshare(CloneFlags::CLONE_NEWNET).map_err(NetError::errno("making a network namespace"))?,
            Some(ids) => enter(owned::born_with(ids)?.as_fd())?,
        }
        let namespace = File::open(THIS).map_err(NetError::kernel(format!("opening {THIS}")))?;
        mount(Some(THIS), path, None::<&str>, MsFlags::MS_BIND, None::<&str>)
            .map_err(NetError::errno(format!("mounting a network namespace at {}", path.display())))?;
        inside(namespace.as_fd())
    })
}

/// Runs something in the namespace that is mounted at `path`.
pub(crate) fn within<T: Send>(path: &Path, inside: impl FnOnce() -> Result<T, NetError> + Send) -> Result<T, NetError> {
    let namespace = File::open(path).map_err(NetError::kernel(format!("opening {}", path.display())))?;
    elsewhere(|| {
        enter(namespace.as_fd())?;
        inside()
    })
}

fn enter(namespace: BorrowedFd<'_>) -> Result<(), NetError> {
    setns(namespace, CloneFlags::CLONE_NEWNET).map_err(NetError::errno("entering a network namespace"))
}

/// Covers a folder of namespaces with a small file system of its own, whose mounts no other mount namespace gets to see: whoever copies
/// the machine's mounts for a container takes all of them away in one call, and is slowed down by none. Where namespaces are mounted
/// already, as an older version left them, the folder stays as it is.
pub(crate) fn set_apart(folder: &Path) -> Result<(), NetError> {
    let doing = || format!("looking at {}", folder.display());
    let mut entries = std::fs::read_dir(folder).map_err(NetError::kernel(doing()))?;
    if is_apart(folder)? || entries.any(|entry| entry.is_ok_and(|entry| is_mounted(&entry.path()))) {
        return Ok(());
    }
    let flags = MsFlags::MS_NOSUID | MsFlags::MS_NODEV | MsFlags::MS_NOEXEC;
    let covering = || NetError::errno(format!("mounting a file system at {}", folder.display()));
    mount(Some("berth-netns"), folder, Some("tmpfs"), flags, Some("mode=700,size=1m")).map_err(covering())?;
    mount(None::<&str>, folder, None::<&str>, MsFlags::MS_PRIVATE, None::<&str>).map_err(covering())
}

/// Uncovers a folder whose namespaces are discarded.
pub(crate) fn uncover(folder: &Path) -> Result<(), NetError> {
    if is_apart(folder)? {
        umount2(folder, MntFlags::MNT_DETACH).map_err(NetError::errno(format!("unmounting {}", folder.display())))?;
    }
    Ok(())
}

/// The folder is of another file system than what is around it.
fn is_apart(folder: &Path) -> Result<bool, NetError> {
    let device = |path: &Path| std::fs::metadata(path).map(|found| found.dev());
    let around = folder.parent().unwrap_or(folder);
    let both = device(folder).and_then(|own| Ok(own != device(around)?));
    both.map_err(NetError::kernel(format!("looking at {}", folder.display())))
}

/// A namespace is mounted at `path`: the file has a content that no other file system has.
pub(crate) fn is_mounted(path: &Path) -> bool {
    nix::sys::statfs::statfs(path).is_ok_and(|found| found.filesystem_type() == nix::sys::statfs::NSFS_MAGIC)
}

/// Unmounts a namespace; it ends with the last process in it. What is not there is gone already.
pub(crate) fn discard(path: &Path) {
    if let Err(errno) = umount2(path, MntFlags::MNT_DETACH)
        && !matches!(errno, Errno::EINVAL | Errno::ENOENT)
    {
        tracing::warn!(path = %path.display(), %errno, "a network namespace was not unmounted");
    }
    if let Err(error) = std::fs::remove_file(path)
        && error.kind() != std::io::ErrorKind::NotFound
    {
        tracing::warn!(path = %path.display(), %error, "a network namespace's file was not removed");
    }
}

/// A namespace belongs to a thread, so each change of it has a thread of its own.
fn elsewhere<T: Send>(work: impl FnOnce() -> Result<T, NetError> + Send) -> Result<T, NetError> {
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().name("berth-netns".to_owned()).spawn_scoped(scope, work);
        let thread = thread.map_err(NetError::kernel("starting a thread"))?;
        thread.join().unwrap_or_else(|_| Err(NetError::Invalid { what: "a thread in a network namespace panicked".to_owned() }))
    })
}
