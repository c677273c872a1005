//! A small first process for a container: it starts the program, hands on what signals it gets, looks after processes whose parent is
//! gone, and ends as the program does. Without a program it holds the container's namespaces for others.

use std::ffi::{CString, OsString};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::process::ExitCode;

use berth_runtime::protocol::Failure;
use rustix::fs::{CWD, Mode, OFlags, openat};
use rustix::io::{Errno, FdFlags, fcntl_setfd};
use rustix::process::{Pid, Signal, WaitOptions, WaitStatus, kill_process, setpgid, wait};
use rustix::termios::tcsetpgrp;

use crate::executor::report;
use crate::failure::{Result, refused};
use crate::program::Program;
use crate::system::{self, Forked};

/// The mode of this program.
pub(crate) const MODE: &str = "init";
/// Its name among the container's processes.
const NAME: &[u8] = b"berth-init";

/// This program, as it is outside of the container.
#[derive(Debug)]
pub(crate) struct Init(OwnedFd);

impl Init {
    pub(crate) fn open() -> Result<Self> {
        let program = openat(CWD, "/proc/self/exe", OFlags::PATH | OFlags::CLOEXEC, Mode::empty());
        program.map(Self).map_err(refused("opening this program"))
    }

    pub(crate) fn descriptor(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }

    /// Becomes it, for a program or none. Why the program cannot begin goes into the pipe. Returns only with an error.
    pub(crate) fn become_it(&self, program: &Program, failure: &OwnedFd) -> Failure {
        let number = failure.as_raw_fd().to_string();
        let own = [NAME, MODE.as_bytes(), number.as_bytes()].into_iter().filter_map(|word| CString::new(word).ok());
        let arguments: Vec<CString> = own.chain(program.arguments().iter().cloned()).collect();
        let kept = fcntl_setfd(failure, FdFlags::empty());
        let errno = kept.err().unwrap_or_else(|| system::execveat(self.0.as_fd(), &arguments, program.environment()));
        refused("starting the container's init")(errno)
    }
}

/// In the container.
pub(crate) fn run(arguments: &[OsString]) -> ExitCode {
    let words: Option<Vec<String>> = arguments.iter().map(|word| word.to_str().map(str::to_owned)).collect();
    let Some([number, program @ ..]) = words.as_deref() else { return ExitCode::from(2) };
    // Not one of the standard streams.
    let Some(number) = number.parse().ok().filter(|number| *number > 2) else { return ExitCode::from(2) };
    // Whoever started this may have left this program itself open, too.
    let _ = system::close_later(3);
    let failure = system::inherited(number);
    let before = system::block_signals();
    if program.is_empty() {
        drop(failure);
        return look_after(None);
    }
    match system::fork() {
        Ok(Forked::Child) => begin(program, &failure, &before),
        Ok(Forked::Parent(child)) => {
            drop(failure);
            look_after(Some(child))
        }
        Err(error) => {
            report(&failure, &Failure::system("forking the container's program", &error));
            ExitCode::FAILURE
        }
    }
}

/// In the child: becomes the program, or says why not.
fn begin(program: &[String], failure: &OwnedFd, mask: &system::Signals) -> ! {
    // The keys of a terminal are for the program. Fails without one.
    let _ = setpgid(None, None).and_then(|()| tcsetpgrp(rustix::stdio::stdin(), rustix::process::getpid()));
    system::default_signals();
    system::set_signals(mask);
    let environment: Vec<String> =
        std::env::vars_os().filter_map(|(name, value)| Some(format!("{}={}", name.to_str()?, value.to_str()?))).collect();
    let why = match fcntl_setfd(failure, FdFlags::CLOEXEC).map_err(refused("hiding a pipe")) {
        Ok(()) => match Program::new(program, &environment, "/") {
            Ok(program) => program.become_it(),
            Err(failure) => failure,
        },
        Err(failure) => failure,
    };
    report(failure, &why);
    std::process::exit(if let Failure::Program { code, .. } = why { code } else { 1 })
}

/// Until the program is over; without one, until this process is killed.
fn look_after(program: Option<Pid>) -> ExitCode {
    loop {
        let signal = system::next_signal();
        if signal == libc::SIGCHLD {
            if let Some(code) = collect(program) {
                return code;
            }
            continue;
        }
        if let (Some(program), Some(signal)) = (program, Signal::from_named_raw(signal)) {
            // It may be gone: then its end is on the way here.
            let _ = kill_process(program, signal);
        }
    }
}

/// Looks after all that is over; the end of the program among them.
fn collect(program: Option<Pid>) -> Option<ExitCode> {
    let mut code = None;
    loop {
        match wait(WaitOptions::NOHANG) {
            Ok(Some((pid, status))) if Some(pid) == program => code = Some(code_of(status)),
            Ok(Some(_)) | Err(Errno::INTR) => {}
            Ok(None) | Err(_) => return code,
        }
    }
}

/// As shells count it.
fn code_of(status: WaitStatus) -> ExitCode {
    let signal = status.terminating_signal().map(|signal| 128 + signal);
    let code = status.exit_status().or(signal).unwrap_or(255);
    ExitCode::from(u8::try_from(code).unwrap_or(255))
}
