//! Deleting, a little at a time.
//!
//! ext4 creates files slowly for a while after many were deleted (design/performance.md, traps), so an image that goes must not
//! go at once: collection only moves things to the trash, and whoever runs the store calls `sweep` now and then.

use std::fs::File;
use std::io;
use std::os::fd::{AsFd, BorrowedFd};

use rustix::fs::{AtFlags, Dir, Mode, OFlags, chmodat, openat, unlinkat};
use rustix::io::Errno;

use super::ContentStore;
use crate::error::{StoreError, doing};

const FOLDER: OFlags = OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);

impl ContentStore {
    /// Deletes at most so many files of the trash; answers how many it deleted. Fewer than asked for means that the trash is
    /// empty.
    ///
    /// # Errors
    /// The file system refuses.
    pub fn sweep(&self, at_most: usize) -> Result<usize, StoreError> {
        let path = self.shared.folder.join("trash");
        let mut budget = at_most;
        let mut sweep = || {
            let trash = File::open(&path)?;
            let mut entries = Dir::read_from(&trash)?;
            while let Some(entry) = entries.read() {
                let entry = entry?;
                let name = entry.file_name().to_bytes();
                if name != b"." && name != b".." && !remove_tree(trash.as_fd(), name, &mut budget)? {
                    break;
                }
            }
            io::Result::Ok(())
        };
        sweep().map_err(doing("emptying", path.clone()))?;
        Ok(at_most - budget)
    }
}

/// Removes a file, or a folder with all in it, without following links; false if the budget of files did not suffice.
pub(crate) fn remove_tree(parent: BorrowedFd<'_>, name: &[u8], budget: &mut usize) -> io::Result<bool> {
    if *budget == 0 {
        return Ok(false);
    }
    match unlinkat(parent, name, AtFlags::empty()) {
        Ok(()) | Err(Errno::NOENT) => {
            *budget -= 1;
            return Ok(true);
        }
        // Which of the two a folder gives depends on the file system.
        Err(Errno::ISDIR | Errno::PERM) => {}
        Err(error) => return Err(error.into()),
    }
    let folder = match openat(parent, name, FOLDER, Mode::empty()) {
        // A folder of an image may be closed to everybody but root, who we may not be.
        Err(Errno::ACCESS) => {
            chmodat(parent, name, Mode::RWXU, AtFlags::empty())?;
            openat(parent, name, FOLDER, Mode::empty())?
        }
        other => other?,
    };
    let mut entries = Dir::read_from(&folder)?;
    while let Some(entry) = entries.read() {
        let entry = entry?;
        let inner = entry.file_name().to_bytes();
        if inner == b"." || inner == b".." {
            continue;
        }
        let removed = match remove_tree(folder.as_fd(), inner, budget) {
            // Readable, but not writable.
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
                rustix::fs::fchmod(&folder, Mode::RWXU)?;
                remove_tree(folder.as_fd(), inner, budget)?
            }
            other => other?,
        };
        if !removed {
            return Ok(false);
        }
    }
    if *budget == 0 {
        return Ok(false);
    }
    *budget -= 1;
    unlinkat(parent, name, AtFlags::REMOVEDIR)?;
    Ok(true)
}
