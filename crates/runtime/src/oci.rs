//! Other programs that make containers, by the rules of the Open Container Initiative: runc, crun and their like.
//!
//! The shim has them make and start a container and run processes in it; what ends one comes from here. Their records are in the
//! container's own folder, so nothing of theirs is anywhere else.

use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, PidfdFlags, pidfd_open};

use crate::error::RuntimeError;
use crate::folder::Folder;
use crate::spec::ContainerSpec;

/// How long a signal or the removal of what is over may take.
const PATIENCE: Duration = Duration::from_secs(20);
/// The most bytes of what one says of itself or of its troubles.
const WORDS: usize = 4096;

/// Which containers of a node are made by which OCI runtime: absolute paths. Nothing: by Berth's own.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OciRuntimes {
    /// Those with the host's ids.
    pub usual: Option<PathBuf>,
    /// Those with ids of their own.
    pub own_ids: Option<PathBuf>,
}

impl OciRuntimes {
    /// The one for a container that does not name one itself.
    pub(crate) fn of(&self, spec: &ContainerSpec) -> Option<PathBuf> {
        let chosen = if spec.id_map.is_some() { &self.own_ids } else { &self.usual };
        spec.runtime.as_ref().or(chosen.as_ref()).cloned()
    }

    /// The first line of what such a program says of its version.
    ///
    /// # Errors
    /// It cannot be run, or is none.
    pub fn version(program: &Path) -> Result<String, RuntimeError> {
        let text = run(program, &["--version".as_ref()])?;
        Ok(text.lines().next().unwrap_or_default().to_owned())
    }
}

/// Sends a signal to the first process of a container that it made.
pub(crate) fn kill(program: &Path, folder: &Folder, id: &str, signal: i32) -> Result<(), RuntimeError> {
    let (root, signal) = (folder.library(), signal.to_string());
    run(program, &["--root".as_ref(), &root, "kill".as_ref(), id.as_ref(), signal.as_ref()]).map(drop)
}

/// Has it forget a container and remove what it keeps for it besides processes and cgroups.
pub(crate) fn delete(program: &Path, folder: &Folder, id: &str) -> Result<(), RuntimeError> {
    let root = folder.library();
    // Without a record of its own it knows nothing; and one that was taken off the machine keeps nothing there.
    if !root.join(id).exists() || !program.exists() {
        return Ok(());
    }
    run(program, &["--root".as_ref(), &root, "delete".as_ref(), "--force".as_ref(), id.as_ref()]).map(drop)
}

/// Runs it to its end, and returns what it wrote.
fn run(program: &Path, words: &[&Path]) -> Result<String, RuntimeError> {
    let doing = || {
        let words: Vec<_> = words.iter().map(|word| word.to_string_lossy()).collect();
        format!("running {} {}", program.display(), words.join(" "))
    };
    let failed = |source: io::Error| RuntimeError::System { doing: doing(), source };
    let mut command = Command::new(program);
    command.args(words).env_clear().env("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().map_err(failed)?;
    let status = if ends(&child).map_err(failed)? {
        child.wait().map_err(failed)?
    } else {
        child.kill().and_then(|()| child.wait()).map_err(failed)?;
        return Err(failed(io::ErrorKind::TimedOut.into()));
    };
    if status.success() {
        return Ok(said(child.stdout.take()));
    }
    let problem = said(child.stderr.take());
    let problem = if problem.is_empty() { status.to_string() } else { problem };
    Err(RuntimeError::Shim { doing: doing(), problem })
}

/// Whether it ends in time.
fn ends(child: &Child) -> io::Result<bool> {
    let pid = i32::try_from(child.id()).ok().and_then(Pid::from_raw).ok_or(io::ErrorKind::InvalidInput)?;
    let process = pidfd_open(pid, PidfdFlags::empty())?;
    let timeout = Timespec { tv_sec: PATIENCE.as_secs().cast_signed(), tv_nsec: 0 };
    loop {
        match poll(&mut [PollFd::new(&process, PollFlags::IN)], Some(&timeout)) {
            Ok(ready) => return Ok(ready > 0),
            Err(rustix::io::Errno::INTR) => {}
            Err(errno) => return Err(errno.into()),
        }
    }
}

/// What is in a pipe of a program that is over. Something that it left behind may hold the other end: nobody waits for that.
fn said(pipe: Option<impl Read + std::os::fd::AsFd>) -> String {
    let Some(mut pipe) = pipe.filter(|pipe| rustix::io::ioctl_fionbio(pipe, true).is_ok()) else { return String::new() };
    let mut text = vec![0; WORDS];
    let length = pipe.read(&mut text).unwrap_or_default();
    text.truncate(length);
    String::from_utf8_lossy(&text).trim().to_owned()
}

#[cfg(test)]
mod tests;
