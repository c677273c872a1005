//! What runs in a cgroup, and its end.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use super::{CgroupError, Cgroups, failed};

/// How long killed processes may take to be gone: the kernel may have to write their memory back or wait for a disk.
const PATIENCE: Duration = Duration::from_secs(20);
/// The first pause between two looks at what is left, where the kernel tells nobody; it doubles up to the last.
const PAUSES: (Duration, Duration) = (Duration::from_micros(200), Duration::from_millis(50));

impl Cgroups {
    /// Kills all that runs at or below a path, and waits until it is gone. A path that is not there has nothing.
    ///
    /// # Errors
    /// The kernel refuses, or something cannot be killed.
    pub fn kill(&self, path: &str) -> Result<(), CgroupError> {
        kill_folders(&self.folders(path).collect::<Vec<_>>())
    }

    /// The folder in which [`Self::kill_in`] finds all that runs in a path.
    #[must_use]
    pub fn members(&self, path: &str) -> Option<PathBuf> {
        self.folders(path).next()
    }

    /// Kills all that runs at or below a folder that [`Self::members`] gave, and waits until it is gone.
    ///
    /// # Errors
    /// The kernel refuses, or something cannot be killed.
    pub fn kill_in(folder: &Path) -> Result<(), CgroupError> {
        kill_folders(&[folder.to_owned()])
    }

    /// Removes a path and all below it from all hierarchies. A path that is not there is no error.
    ///
    /// # Errors
    /// Something runs there, or the kernel refuses.
    pub fn remove(&self, path: &str) -> Result<(), CgroupError> {
        for folder in self.folders(path) {
            // Deepest first. The kernel may hold a folder for a moment after its last process is gone.
            for below in below(&folder)?.iter().rev() {
                remove_one(below)?;
            }
        }
        Ok(())
    }
}

/// Kills all that runs at and below folders, until nothing does.
pub(super) fn kill_folders(folders: &[PathBuf]) -> Result<(), CgroupError> {
    let until = Instant::now() + PATIENCE;
    let mut pause = PAUSES.0;
    loop {
        let mut left = None;
        for folder in folders {
            if kill_below(folder)? {
                left = Some(folder);
            }
        }
        let Some(folder) = left else { return Ok(()) };
        if Instant::now() > until {
            return Err(failed("killing what runs in", folder)(io::ErrorKind::TimedOut.into()));
        }
        thread::sleep(pause);
        pause = PAUSES.1.min(pause * 2);
    }
}

pub(super) fn remove_one(folder: &Path) -> Result<(), CgroupError> {
    let mut pause = PAUSES.0;
    loop {
        match fs::remove_dir(folder) {
            Ok(()) => return Ok(()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(error) if error.kind() == io::ErrorKind::ResourceBusy && pause < PAUSES.1 && !runs(folder) => {
                thread::sleep(pause);
                pause *= 2;
            }
            Err(error) => return Err(failed("removing", folder)(error)),
        }
    }
}

fn runs(folder: &Path) -> bool {
    fs::read_to_string(folder.join("cgroup.procs")).is_ok_and(|members| !members.is_empty())
}

/// A folder and those below it, parents before children; nothing if it is not there.
fn below(folder: &Path) -> Result<Vec<PathBuf>, CgroupError> {
    let mut found = vec![folder.to_owned()];
    let mut next = 0;
    while let Some(folder) = found.get(next).cloned() {
        // Two links and no more: nothing is below it. Most are such, and listing one is slow, for it holds dozens of files.
        if fs::symlink_metadata(&folder).is_ok_and(|metadata| metadata.nlink() == 2) {
            next += 1;
            continue;
        }
        match fs::read_dir(&folder) {
            Ok(entries) => {
                let folders = entries.flatten().filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()));
                found.extend(folders.map(|entry| entry.path()));
                next += 1;
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                found.remove(next);
            }
            Err(error) => return Err(failed("listing", &folder)(error)),
        }
    }
    Ok(found)
}

/// Kills what runs at and below a folder; true if there was something.
fn kill_below(folder: &Path) -> Result<bool, CgroupError> {
    let mut any = false;
    for folder in below(folder)? {
        let procs = folder.join("cgroup.procs");
        let members = match fs::read_to_string(&procs) {
            Ok(members) => members,
            Err(error) if error.kind() == io::ErrorKind::NotFound || error.raw_os_error() == Some(19) => continue,
            Err(error) => return Err(failed("reading", &procs)(error)),
        };
        if members.is_empty() {
            continue;
        }
        any = true;
        if fs::write(folder.join("cgroup.kill"), "1").is_ok() {
            continue;
        }
        for pid in members.lines().filter_map(|line| line.parse().ok()).filter_map(Pid::from_raw) {
            // Between the list and the signal a number could only go to another process if the whole range was used up.
            match kill_process(pid, Signal::KILL) {
                Ok(()) | Err(rustix::io::Errno::SRCH) => {}
                Err(errno) => return Err(failed("killing what runs in", &folder)(errno.into())),
            }
        }
    }
    Ok(any)
}
