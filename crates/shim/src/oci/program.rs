//! One run of the runtime's program.

use std::ffi::CString;
use std::fs::File;
use std::io::{Read, Seek};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use berth_runtime::Folder;
use rustix::fs::{MemfdFlags, memfd_create};
use rustix::process::{Pid, Signal, WaitOptions, WaitStatus, set_parent_process_death_signal, waitpid};

use super::refusal;
use crate::failure::{Result, broken, failed, refused};
use crate::system;

/// Where descriptors are out of the way of those that the program gets.
const APART: i32 = 100;
/// The first descriptor that the container's process gets besides its standard streams.
pub(super) const FIRST_KEPT: i32 = 3;
/// What is read of a log, at most.
const LOG: u64 = 64 << 10;

/// A runtime, for one container.
#[derive(Debug, Clone, Copy)]
pub(super) struct Runtime<'a> {
    pub(super) program: &'a Path,
    pub(super) folder: &'a Folder,
    /// The program that is to run in the container, for messages.
    pub(super) of: &'a str,
}

/// What a run is given.
pub(super) struct Given<'a> {
    pub(super) stdio: [BorrowedFd<'a>; 3],
    /// Handed on to the container's process, from [`FIRST_KEPT`] on.
    pub(super) kept: Vec<BorrowedFd<'a>>,
    /// For itself alone: held as long as it works, and closed before the container's program begins.
    pub(super) own: Vec<BorrowedFd<'a>>,
}

impl Runtime<'_> {
    /// Runs it to its end. It dies with this process.
    pub(super) fn run(&self, words: &[&[u8]], given: &Given<'_>) -> Result<()> {
        let verb = words.first().map(|word| String::from_utf8_lossy(word).into_owned()).unwrap_or_default();
        let doing = format!("{} {verb}", self.program.display());
        let log = memfd_create("log", MemfdFlags::CLOEXEC).map_err(refused(doing.as_str()))?;
        let status = match system::fork().map_err(failed(doing.as_str()))? {
            system::Forked::Child => {
                // Only its status tells, where not even the log can be placed.
                let _ = self.become_it(words, given, &log);
                std::process::exit(127)
            }
            system::Forked::Parent(child) => wait(child).map_err(refused(doing.as_str()))?,
        };
        if status.exit_status() == Some(0) {
            return Ok(());
        }
        let mut text = String::new();
        let mut log = File::from(log);
        log.rewind().and_then(|()| log.take(LOG).read_to_string(&mut text)).map_err(failed(doing.as_str()))?;
        Err(match (refusal::last_error(&text), status.terminating_signal()) {
            (Some(message), _) => refusal::of(&message, &doing, self.of),
            (None, Some(signal)) => broken(&doing, &format!("it was ended by signal {signal}")),
            (None, None) => broken(&doing, &format!("it ended with {} and no word", status.exit_status().unwrap_or_default())),
        })
    }

    /// In the child. Returns only with an error.
    fn become_it(&self, words: &[&[u8]], given: &Given<'_>, log: &OwnedFd) -> Result<()> {
        let doing = "running an OCI runtime";
        // Nobody would hear of what it does.
        set_parent_process_death_signal(Some(Signal::KILL)).map_err(refused(doing))?;
        let all = given.stdio.iter().chain(&given.kept).chain(&given.own).copied().chain([log.as_fd()]);
        let apart = all.map(|fd| rustix::io::fcntl_dupfd_cloexec(fd, APART)).collect::<rustix::io::Result<Vec<_>>>();
        let apart = apart.map_err(refused(doing))?;
        for (number, fd) in (0..).zip(&apart) {
            system::place(fd, number).map_err(failed(doing))?;
        }
        let root = self.folder.library();
        let log = format!("/proc/self/fd/{}", apart.len() - 1);
        let global = [b"--root", root.as_os_str().as_bytes(), b"--log", log.as_bytes(), b"--log-format", b"json"];
        let all = [self.program.as_os_str().as_bytes()].into_iter().chain(global).chain(words.iter().copied());
        let arguments: Vec<CString> = all.filter_map(|word| CString::new(word).ok()).collect();
        let path = c"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin".to_owned();
        let Some(program) = arguments.first().cloned() else { return Ok(()) };
        system::default_signals();
        let errno = system::execve(&program, &arguments, &[path]);
        // To where what is wrong is looked for.
        let _ = rustix::io::write(apart.last().map_or(rustix::stdio::stderr(), AsFd::as_fd), errno.to_string().as_bytes());
        Ok(())
    }
}

fn wait(child: Pid) -> rustix::io::Result<WaitStatus> {
    loop {
        match waitpid(Some(child), WaitOptions::empty()) {
            Ok(Some((_, status))) => return Ok(status),
            Ok(None) | Err(rustix::io::Errno::INTR) => {}
            Err(errno) => return Err(errno),
        }
    }
}
