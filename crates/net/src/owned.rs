//! Network namespaces that belong to a user namespace of their own.

#![expect(unsafe_code, reason = "a process that shares our memory is made here, which does nothing but be there")]

use std::fs::File;
use std::os::fd::OwnedFd;

use nix::libc;
use nix::sched::CloneFlags;
use nix::sys::signal::{SigSet, SigmaskHow, Signal, kill};
use nix::sys::wait::{WaitPidFlag, waitpid};
use nix::unistd::Pid;

use crate::{IdBlock, NetError};

/// How often it is tried: whoever ends processes by what they look like takes the child for one of ours.
const ATTEMPTS: usize = 3;

/// Makes a user namespace with these ids, and a network namespace in it, which keeps it alive.
pub(crate) fn born_with(ids: IdBlock) -> Result<OwnedFd, NetError> {
    let mut born = attempt(ids);
    for _ in 1..ATTEMPTS {
        match born {
            Ok(_) => break,
            Err(_) => born = attempt(ids),
        }
    }
    born
}

/// A namespace of either kind is made for a process: a child that shares memory and open files with us, and is ended once both are open.
fn attempt(ids: IdBlock) -> Result<OwnedFd, NetError> {
    let doing = || NetError::errno("making a user namespace");
    let mut stack = vec![0u8; 16 << 10];
    let parent = Pid::this().as_raw();
    let flags = CloneFlags::CLONE_VM | CloneFlags::CLONE_FILES | CloneFlags::CLONE_NEWUSER | CloneFlags::CLONE_NEWNET;
    // A signal handler must not run in the child, on memory of ours.
    let before = SigSet::all().thread_swap_mask(SigmaskHow::SIG_SETMASK).map_err(doing())?;
    // SAFETY: the child runs on its own stack, which outlives it (`waitpid` below), and calls nothing that allocates or locks.
    let child = unsafe { nix::sched::clone(Box::new(move || wait_for_the_end(parent)), &mut stack, flags, None) };
    before.thread_set_mask().map_err(doing())?;
    let child = child.map_err(doing())?;
    let opened = give_ids(child, ids);
    kill(child, Signal::SIGKILL).map_err(doing())?;
    waitpid(child, Some(WaitPidFlag::__WALL)).map_err(doing())?;
    opened
}

/// All signals are blocked but the one that ends it, which also comes when its parent ends.
fn wait_for_the_end(parent: libc::pid_t) -> isize {
    // SAFETY: plain system calls.
    unsafe {
        libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL, 0, 0, 0);
        while libc::getppid() == parent {
            libc::pause();
        }
    }
    0
}

fn give_ids(child: Pid, ids: IdBlock) -> Result<OwnedFd, NetError> {
    for name in ["uid_map", "gid_map"] {
        let path = format!("/proc/{child}/{name}");
        std::fs::write(&path, format!("0 {ids} {}\n", IdBlock::COUNT)).map_err(NetError::kernel(format!("writing {path}")))?;
    }
    let path = format!("/proc/{child}/ns/net");
    File::open(&path).map(OwnedFd::from).map_err(NetError::kernel(format!("opening {path}")))
}
