//! The end of everything that was made for a container.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Signal, pidfd_send_signal};

use super::{failed, of_cgroup, standing};
use crate::cgroup::Cgroups;
use crate::error::RuntimeError;
use crate::folder::{Exit, Folder, read_record};
use crate::oci;
use crate::output::continue_after;
use crate::process::Mark;
use crate::spec::{ContainerSpec, Rootfs};

/// How long processes that were killed may take to be gone.
const PATIENCE: Duration = Duration::from_secs(20);

pub(super) fn delete(folder: &Folder, cgroups: &Cgroups, root: &str) -> Result<(), RuntimeError> {
    let path = folder.path();
    if !path.try_exists().map_err(failed("looking for", path))? {
        return Ok(());
    }
    end(folder, cgroups, root)?;
    for below in changes(folder)? {
        remove_tree(&below)?;
    }
    // Last of all the files that say what there may be: until then, all this can be done again.
    for below in [folder.bundle(), folder.library(), folder.output()] {
        remove_tree(&below)?;
    }
    remove_tree(path)
}

/// Leaves of a container that is over what it is to be, what it changed in its file system and what it wrote. Its end is forgotten last:
/// until then it is over for whoever looks.
pub(super) fn clear_for_another_life(folder: &Folder, cgroups: &Cgroups, root: &str) -> Result<(), RuntimeError> {
    end(folder, cgroups, root)?;
    continue_output(folder)?;
    remove_file(&folder.holder())?;
    let [_, work] = changes(folder)?;
    for below in [work, folder.bundle(), folder.library()] {
        remove_tree(&below)?;
    }
    remove_file(&folder.exit())
}

/// Where a container's changes are: the upper layer, and what overlayfs has beside it. Without a specification nothing was made.
fn changes(folder: &Folder) -> Result<[PathBuf; 2], RuntimeError> {
    let nowhere = Rootfs { layers: Vec::new(), read_only: true, changes: None };
    let rootfs = standing::spec(folder)?.map_or(nowhere, |spec| spec.rootfs);
    Ok([folder.upper(&rootfs), folder.work(&rootfs)])
}

/// Output goes on behind what was written before, also where that is read and gone.
fn continue_output(folder: &Folder) -> Result<(), RuntimeError> {
    let Some(exit) = read_record::<Exit>(&folder.exit())? else { return Ok(()) };
    let output = folder.output();
    continue_after(&output, exit.last_segment).map_err(failed("noting the last segment in", &output))
}

fn remove_file(path: &Path) -> Result<(), RuntimeError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(failed("removing", path)(error)),
        _ => Ok(()),
    }
}

/// Ends all that runs in a container and removes its cgroups.
fn end(folder: &Folder, cgroups: &Cgroups, root: &str) -> Result<(), RuntimeError> {
    end_processes(folder)?;
    // Without its specification nothing was made but the folder.
    let spec = standing::spec(folder)?;
    let cgroup = spec.as_ref().map(|spec| format!("{root}/{}/{}", spec.group, spec.id));
    if let Some(cgroup) = &cgroup {
        cgroups.kill(cgroup).map_err(of_cgroup)?;
    }
    settle(folder, cgroups, cgroup.as_deref())?;
    if let Some(ContainerSpec { runtime: Some(program), id, .. }) = &spec {
        oci::delete(program, folder, id)?;
    }
    if let Some(cgroup) = &cgroup {
        cgroups.remove(cgroup).map_err(of_cgroup)?;
    }
    Ok(())
}

/// Kills the shim, which would otherwise write an end that nobody wants, then the container's first process, and with it all of its
/// namespace.
fn end_processes(folder: &Folder) -> Result<(), RuntimeError> {
    let Some(holder) = standing::holder(folder)? else { return Ok(()) };
    if holder.boot_id != standing::boot_id()? {
        return Ok(());
    }
    for process in [Some(holder.shim), holder.container].into_iter().flatten() {
        end_process(process, folder)?;
    }
    Ok(())
}

fn end_process(process: Mark, folder: &Folder) -> Result<(), RuntimeError> {
    let doing = failed("killing the processes of", folder.path());
    let Some(fd) = process.alive().map_err(failed("killing the processes of", folder.path()))? else { return Ok(()) };
    match pidfd_send_signal(&fd, Signal::KILL) {
        Ok(()) => {}
        Err(rustix::io::Errno::SRCH) => return Ok(()),
        Err(errno) => return Err(doing(errno.into())),
    }
    let timeout = Timespec { tv_sec: PATIENCE.as_secs().cast_signed(), tv_nsec: 0 };
    match poll(&mut [PollFd::new(&fd, PollFlags::IN)], Some(&timeout)) {
        Ok(0) => Err(doing(io::ErrorKind::TimedOut.into())),
        Ok(_) | Err(rustix::io::Errno::INTR) => Ok(()),
        Err(errno) => Err(doing(errno.into())),
    }
}

/// Waits until nobody is at the container any more: what a killed shim had begun ends when it notices, or is killed in its cgroup.
fn settle(folder: &Folder, cgroups: &Cgroups, cgroup: Option<&str>) -> Result<(), RuntimeError> {
    let path = folder.path();
    let file = File::open(path).map_err(failed("opening", path))?;
    let until = Instant::now() + PATIENCE;
    let mut pause = Duration::from_micros(200);
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(()),
            Err(TryLockError::Error(error)) => return Err(failed("locking", path)(error)),
            Err(TryLockError::WouldBlock) if Instant::now() > until => {
                return Err(failed("waiting for", path)(io::ErrorKind::TimedOut.into()));
            }
            Err(TryLockError::WouldBlock) => {}
        }
        // One that began just now may have written who it is since.
        end_processes(folder)?;
        if let Some(cgroup) = cgroup {
            cgroups.kill(cgroup).map_err(of_cgroup)?;
        }
        thread::sleep(pause);
        pause = (pause * 2).min(Duration::from_millis(20));
    }
}

/// Removes a folder and all in it. A container may have nested folders deeper than a stack or a table of descriptors goes, so folders
/// are moved to the top before they are emptied. One that is not there is no error.
///
/// # Errors
/// The file system refuses.
pub fn remove_tree(path: &Path) -> Result<(), RuntimeError> {
    let mut waiting = vec![path.to_owned()];
    let mut moved = 0_u64;
    while let Some(next) = waiting.last().cloned() {
        let entries = match fs::read_dir(&next) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                waiting.pop();
                continue;
            }
            Err(error) => return Err(failed("listing", &next)(error)),
        };
        let depth = waiting.len();
        for entry in entries {
            let entry = entry.map_err(failed("listing", &next))?;
            let inner = entry.path();
            if !entry.file_type().map_err(failed("looking at", &inner))?.is_dir() {
                fs::remove_file(&inner).map_err(failed("removing", &inner))?;
            } else if next == path {
                waiting.push(inner);
            } else {
                waiting.push(hoist(&inner, path, &mut moved)?);
            }
        }
        if waiting.len() == depth {
            fs::remove_dir(&next).map_err(failed("removing", &next))?;
            waiting.pop();
        }
    }
    Ok(())
}

/// Moves a folder to the top of a tree, under a name that is free.
fn hoist(inner: &Path, top: &Path, moved: &mut u64) -> Result<PathBuf, RuntimeError> {
    loop {
        *moved += 1;
        let to = top.join(format!(".removed-{moved}"));
        // A folder can take the place of an empty one, which is as good as free.
        match fs::rename(inner, &to) {
            Ok(()) => return Ok(to),
            Err(error) if matches!(error.kind(), io::ErrorKind::DirectoryNotEmpty | io::ErrorKind::NotADirectory) => {}
            Err(error) => return Err(failed("moving", inner)(error)),
        }
    }
}

#[cfg(test)]
mod tests;
