//! The agent's own files: replaced as a whole, never changed in place.

use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use rustix::fs::{IFlags, ioctl_getflags, ioctl_setflags};

/// A file of the agent's own cannot be read or written.
#[derive(Debug, thiserror::Error)]
#[error("{doing} {}: {problem}", path.display())]
pub struct FileError {
    /// The verb.
    pub(crate) doing: &'static str,
    /// The file.
    pub(crate) path: PathBuf,
    /// What is wrong.
    pub(crate) problem: String,
}

impl FileError {
    pub(crate) fn new(doing: &'static str, path: &Path, problem: impl ToString) -> Self {
        Self { doing, path: path.to_owned(), problem: problem.to_string() }
    }
}

/// What a write outlives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outlives {
    /// This process.
    Process,
    /// The machine's power.
    Power,
}

/// Replaces a file, so that whoever reads it sees the old or the new one whole. It has one writer.
pub(crate) fn replace(path: &Path, bytes: &[u8], outlives: Outlives) -> Result<(), FileError> {
    let new = path.with_extension("new");
    let fail = |doing, path: &Path| {
        let path = path.to_owned();
        move |error: std::io::Error| FileError::new(doing, &path, error)
    };
    let mut options = OpenOptions::new();
    let mut file = options.write(true).create(true).truncate(true).mode(0o600).open(&new).map_err(fail("opening", &new))?;
    file.write_all(bytes).map_err(fail("writing", &new))?;
    if outlives == Outlives::Power {
        file.sync_data().map_err(fail("syncing", &new))?;
    }
    fs::rename(&new, path).map_err(fail("replacing", path))?;
    match path.parent() {
        Some(folder) if outlives == Outlives::Power => {
            File::open(folder).and_then(|folder| folder.sync_data()).map_err(fail("syncing", folder))
        }
        _ => Ok(()),
    }
}

/// Reads a file, if it is there.
pub(crate) fn read(path: &Path) -> Result<Option<Vec<u8>>, FileError> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(FileError::new("reading", path, error)),
    }
}

/// Makes a folder for the folders of tasks, as [`make_folder`] does, and tells the file system that those have nothing to do with each other
/// (`chattr +T`): ext4 spreads them over the disk then. Beside each other, ext4 without a journal looks for each new inode past all
/// that were removed in the last minute, which was a quarter of a busy machine's time. Other file systems do without the hint.
pub(crate) fn make_folder_of_tasks(path: &Path) -> Result<(), FileError> {
    make_folder(path)?;
    let folder = File::open(path).map_err(|error| FileError::new("opening", path, error))?;
    let hinted = ioctl_getflags(&folder).and_then(|flags| ioctl_setflags(&folder, flags | IFlags::TOPDIR));
    if let Err(error) = hinted {
        tracing::debug!(folder = %path.display(), %error, "the file system takes no hint where to put folders");
    }
    Ok(())
}

/// Makes a folder that nobody else may look into, unless it is there.
pub(crate) fn make_folder(path: &Path) -> Result<(), FileError> {
    let made = fs::DirBuilder::new().recursive(true).mode(0o700).create(path);
    made.map_err(|error| FileError::new("making", path, error))
}

/// Removes a folder and what is in it, if it is there.
pub(crate) fn remove_folder(path: &Path) -> Result<(), FileError> {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(FileError::new("removing", path, error)),
        _ => Ok(()),
    }
}

/// The folders in a folder; none if it is not there.
pub(crate) fn folders(path: &Path) -> Result<Vec<PathBuf>, FileError> {
    let entries = match fs::read_dir(path) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(FileError::new("listing", path, error)),
    };
    let mut folders = Vec::new();
    for entry in entries {
        let entry = entry.map_err(|error| FileError::new("listing", path, error))?;
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            folders.push(entry.path());
        }
    }
    Ok(folders)
}
