//! An installation's cgroups, `/berth/ID`, in every hierarchy: v1, v2 or both.

use std::collections::BTreeSet;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use nix::errno::Errno;
use nix::sys::signal::{Signal, kill as signal};
use nix::unistd::Pid;

use super::{folders, mounts};

/// What is killed is gone after this time, or something holds it.
const DYING: Duration = Duration::from_secs(10);
const LOOK: Duration = Duration::from_millis(10);

/// The installation's folders in the hierarchies that are mounted, where it has one.
pub(super) fn of(id: &str) -> Result<Vec<PathBuf>> {
    let hierarchies = mounts::all()?.into_iter().filter(|mount| mount.kind == "cgroup" || mount.kind == "cgroup2");
    // A hierarchy that is mounted twice is one all the same.
    let folders: BTreeSet<PathBuf> = hierarchies.map(|mount| mount.target.join("berth").join(id)).collect();
    Ok(folders.into_iter().filter(|folder| folder.is_dir()).collect())
}

/// Kills all processes in cgroups and those below, until there are none; answers how many there were.
pub(super) fn kill(cgroups: &[PathBuf]) -> Result<usize> {
    let began = Instant::now();
    let mut killed = BTreeSet::new();
    loop {
        let mut left = BTreeSet::new();
        for cgroup in cgroups {
            processes(cgroup, &mut left)?;
        }
        if left.is_empty() {
            return Ok(killed.len());
        }
        if began.elapsed() > DYING {
            bail!("these processes do not end when they are killed: {left:?}");
        }
        for pid in &left {
            match signal(Pid::from_raw(*pid), Signal::SIGKILL) {
                Ok(()) | Err(Errno::ESRCH) => {}
                Err(error) => return Err(error).with_context(|| format!("killing process {pid}")),
            }
        }
        killed.extend(left);
        std::thread::sleep(LOOK);
    }
}

fn processes(cgroup: &Path, found: &mut BTreeSet<i32>) -> Result<()> {
    let path = cgroup.join("cgroup.procs");
    match std::fs::read_to_string(&path) {
        // 0 is a process of another pid namespace, which is not ours to kill.
        Ok(text) => found.extend(text.lines().filter_map(|line| line.parse::<i32>().ok()).filter(|pid| *pid > 0)),
        // It went away meanwhile, or is a v2 cgroup of threads.
        Err(error) if error.kind() == ErrorKind::NotFound || error.raw_os_error() == Some(Errno::ENODEV as i32) => return Ok(()),
        Err(error) if error.raw_os_error() == Some(Errno::EOPNOTSUPP as i32) => {}
        Err(error) => return Err(error).with_context(|| format!("reading {}", path.display())),
    }
    folders(cgroup)?.iter().try_for_each(|below| processes(below, found))
}

/// Removes cgroups and those below; answers how many there were.
pub(super) fn remove(cgroups: &[PathBuf]) -> Result<usize> {
    cgroups.iter().map(|cgroup| remove_one(cgroup)).sum()
}

fn remove_one(cgroup: &Path) -> Result<usize> {
    let mut removed = remove(&folders(cgroup)?)?;
    let began = Instant::now();
    loop {
        match std::fs::remove_dir(cgroup) {
            Ok(()) => {
                removed += 1;
                return Ok(removed);
            }
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(removed),
            // The last of its processes is not reaped yet.
            Err(error) if error.kind() == ErrorKind::ResourceBusy && began.elapsed() < DYING => std::thread::sleep(LOOK),
            Err(error) => return Err(error).with_context(|| format!("removing the cgroup {}", cgroup.display())),
        }
    }
}
