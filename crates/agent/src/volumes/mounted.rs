//! Volumes that are mounts of this machine: made once, found again after a restart, and undone before their folder goes.

use std::ffi::CString;
use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use rustix::mount::{MountFlags, UnmountFlags, mount, unmount};

/// Whether something is mounted at a folder.
pub(super) fn is_mounted(folder: &Path) -> io::Result<bool> {
    let parent = folder.parent().unwrap_or(folder);
    match (fs::symlink_metadata(folder), fs::symlink_metadata(parent)) {
        (Ok(folder), Ok(parent)) => Ok(folder.dev() != parent.dev()),
        (Err(error), _) | (_, Err(error)) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        (Err(error), _) | (_, Err(error)) => Err(error),
    }
}

/// Mounts memory at a folder.
pub(super) fn mount_memory(folder: &Path, options: &str) -> io::Result<()> {
    let options = CString::new(options).map_err(io::Error::other)?;
    mount("tmpfs", folder, "tmpfs", MountFlags::NODEV | MountFlags::NOSUID, Some(options.as_c_str())).map_err(io::Error::from)
}

/// Undoes what is mounted at a folder. Containers that still run keep it until they end.
pub(super) fn undo(folder: &Path) -> io::Result<()> {
    while is_mounted(folder)? {
        unmount(folder, UnmountFlags::DETACH)?;
    }
    Ok(())
}
