//! Network namespaces that belong to a user namespace.

#![expect(unsafe_code, reason = "a process that shares our memory is made here, for three system calls")]

use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};

use nix::errno::Errno;
use nix::libc;
use nix::sched::CloneFlags;
use nix::sys::signal::{SigSet, SigmaskHow};
use nix::sys::wait::{WaitPidFlag, waitpid};

use crate::NetError;

/// Makes a network namespace in a user namespace. Only a process with one thread may enter a user namespace, so a
/// child does it that shares memory and open files with us (as `posix_spawn`'s does) and lives for three system calls.
pub(crate) fn born_within(owner: BorrowedFd<'_>) -> Result<OwnedFd, NetError> {
    let doing = || NetError::errno("making a network namespace in a user namespace");
    let owner = owner.as_raw_fd();
    let mut result: Result<RawFd, Errno> = Err(Errno::EIO);
    let mut stack = vec![0u8; 64 << 10];
    let slot = SharedResult(&raw mut result);
    let child = Box::new(move || {
        let slot = &slot;
        // SAFETY: the parent's thread, whose stack this points into, is stopped until the child is gone (CLONE_VFORK).
        unsafe { *slot.0 = enter_and_open(owner) };
        0
    });
    // A signal handler must not run in the child, on memory of ours.
    let before = SigSet::all().thread_swap_mask(SigmaskHow::SIG_SETMASK).map_err(doing())?;
    let flags = CloneFlags::CLONE_VM | CloneFlags::CLONE_VFORK | CloneFlags::CLONE_FILES;
    // SAFETY: the child runs on its own stack, calls nothing that allocates or locks, and ends by returning.
    let pid = unsafe { nix::sched::clone(child, &mut stack, flags, None) };
    before.thread_set_mask().map_err(doing())?;
    waitpid(pid.map_err(doing())?, Some(WaitPidFlag::__WALL)).map_err(doing())?;
    let fd = result.map_err(doing())?;
    // SAFETY: the child opened it in our table of files and gave it to nobody else.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

#[derive(Debug)]
struct SharedResult(*mut Result<RawFd, Errno>);

fn enter_and_open(owner: RawFd) -> Result<RawFd, Errno> {
    // SAFETY: plain system calls on a descriptor that outlives the child, and on a constant path.
    unsafe {
        Errno::result(libc::setns(owner, CloneFlags::CLONE_NEWUSER.bits()))?;
        Errno::result(libc::unshare(CloneFlags::CLONE_NEWNET.bits()))?;
        Errno::result(libc::open(c"/proc/self/ns/net".as_ptr(), libc::O_RDONLY | libc::O_CLOEXEC))
    }
}
