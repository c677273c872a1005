//! The calls to the kernel that no library offers in a safe form. All `unsafe` of this program is here.
#![allow(unsafe_code, reason = "each block says why it is sound")]

use std::ffi::{CStr, CString};
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};
use std::ptr;

use rustix::io::Errno;
use rustix::process::Pid;
use rustix::thread::UnshareFlags;

/// Where a process is after a fork.
pub(crate) enum Forked {
    Child,
    Parent(Pid),
}

/// Doubles this process, which has a single thread.
pub(crate) fn fork() -> io::Result<Forked> {
    // SAFETY: this program never starts a thread, so the child has all that the parent had, locks included.
    match unsafe { libc::fork() } {
        0 => Ok(Forked::Child),
        pid => Pid::from_raw(pid).filter(|_| pid > 0).map(Forked::Parent).ok_or_else(io::Error::last_os_error),
    }
}

/// Doubles this process, which has a single thread; the child is born in a group of version 2, and in none of those of this process.
pub(crate) fn fork_into(group: &OwnedFd) -> io::Result<Forked> {
    /// Larger than what the C library's constant can hold.
    const CLONE_INTO_CGROUP: u64 = 1 << 33;
    // SAFETY: all zeroes is a valid value of this plain structure.
    let mut arguments: libc::clone_args = unsafe { std::mem::zeroed() };
    arguments.flags = CLONE_INTO_CGROUP;
    arguments.exit_signal = u64::try_from(libc::SIGCHLD).map_err(io::Error::other)?;
    arguments.cgroup = u64::try_from(group.as_raw_fd()).map_err(io::Error::other)?;
    // SAFETY: without CLONE_VM this is a fork: the child has a copy of all memory and goes on from here. As this program never starts a
    // thread, nothing that another one held is missing from it.
    match unsafe { libc::syscall(libc::SYS_clone3, &raw const arguments, size_of::<libc::clone_args>()) } {
        0 => Ok(Forked::Child),
        pid => i32::try_from(pid)
            .ok()
            .and_then(Pid::from_raw)
            .filter(|_| pid > 0)
            .map(Forked::Parent)
            .ok_or_else(io::Error::last_os_error),
    }
}

/// Whether what this process's descendants leave behind when they end becomes its child.
pub(crate) fn adopt_orphans(adopts: bool) -> io::Result<()> {
    // SAFETY: takes numbers only.
    let outcome = unsafe { libc::prctl(libc::PR_SET_CHILD_SUBREAPER, libc::c_ulong::from(adopts), 0, 0, 0) };
    if outcome == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// Becomes another program. Returns only with an error.
pub(crate) fn execve(program: &CStr, arguments: &[CString], environment: &[CString]) -> Errno {
    let (arguments, environment) = (pointers(arguments), pointers(environment));
    // SAFETY: both arrays end with a null pointer, and all they point to outlives the call.
    unsafe { libc::execve(program.as_ptr(), arguments.as_ptr(), environment.as_ptr()) };
    Errno::from_io_error(&io::Error::last_os_error()).unwrap_or(Errno::IO)
}

/// Becomes the program that a descriptor is of. Returns only with an error.
pub(crate) fn execveat(program: BorrowedFd<'_>, arguments: &[CString], environment: &[CString]) -> Errno {
    let (arguments, environment) = (pointers(arguments), pointers(environment));
    // SAFETY: both arrays end with a null pointer, all they point to outlives the call, and the path is an empty constant.
    unsafe {
        let (arguments, environment) = (arguments.as_ptr(), environment.as_ptr());
        libc::syscall(libc::SYS_execveat, program.as_raw_fd(), c"".as_ptr(), arguments, environment, libc::AT_EMPTY_PATH)
    };
    Errno::from_io_error(&io::Error::last_os_error()).unwrap_or(Errno::IO)
}

/// An array that ends with a null pointer.
fn pointers(strings: &[CString]) -> Vec<*const libc::c_char> {
    strings.iter().map(|string| string.as_ptr()).chain([ptr::null()]).collect()
}

/// Has the kernel run a filter before every system call of this process from now on.
pub(crate) fn install_filter(instructions: &[u8]) -> io::Result<()> {
    let length = u16::try_from(instructions.len() / size_of::<libc::sock_filter>()).map_err(io::Error::other)?;
    let program = libc::sock_fprog { len: length, filter: instructions.as_ptr().cast_mut().cast() };
    // SAFETY: the kernel copies `length` instructions, which are there, without demands on their alignment.
    let outcome = unsafe { libc::syscall(libc::SYS_seccomp, libc::SECCOMP_SET_MODE_FILTER, 0, &raw const program) };
    if outcome == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// Takes a capability, by its number, from what this process can ever get.
pub(crate) fn drop_from_bounding_set(capability: u32) -> io::Result<()> {
    // SAFETY: takes numbers only.
    let outcome = unsafe { libc::prctl(libc::PR_CAPBSET_DROP, libc::c_ulong::from(capability), 0, 0, 0) };
    if outcome == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// Whether a capability, by its number, is among what this process can ever get; an error if the kernel does not know it.
pub(crate) fn in_bounding_set(capability: u32) -> io::Result<bool> {
    // SAFETY: takes numbers only.
    match unsafe { libc::prctl(libc::PR_CAPBSET_READ, libc::c_ulong::from(capability), 0, 0, 0) } {
        0 => Ok(false),
        1 => Ok(true),
        _ => Err(io::Error::last_os_error()),
    }
}

/// Sets what happens with a signal: nothing, or the default.
pub(crate) fn ignore_signal(signal: libc::c_int, ignored: bool) {
    // SAFETY: no handler is installed, and both dispositions are always valid.
    unsafe { libc::signal(signal, if ignored { libc::SIG_IGN } else { libc::SIG_DFL }) };
}

/// Gives all signals back to their defaults: what a program ignores, the program that it becomes ignores too.
pub(crate) fn default_signals() {
    // As the kernel has it, all zeroes: the default, no flags, no mask. The C library keeps two signals to itself.
    let default = [0_u64; 4];
    for signal in 1..=64 {
        // SAFETY: the kernel reads one structure of this size; the old one is not asked for.
        unsafe { libc::syscall(libc::SYS_rt_sigaction, signal, default.as_ptr(), ptr::null_mut::<u64>(), size_of::<u64>()) };
    }
}

/// A set of signals.
pub(crate) struct Signals(libc::sigset_t);

impl Signals {
    fn all() -> Self {
        let mut set = MaybeUninit::uninit();
        // SAFETY: the call fills the set.
        unsafe {
            libc::sigfillset(set.as_mut_ptr());
            Self(set.assume_init())
        }
    }
}

/// Has all signals wait until they are asked for; those that waited before.
pub(crate) fn block_signals() -> Signals {
    let (all, mut before) = (Signals::all(), MaybeUninit::uninit());
    // SAFETY: the call reads one set and fills the other; with valid arguments it cannot fail.
    unsafe {
        libc::sigprocmask(libc::SIG_SETMASK, &raw const all.0, before.as_mut_ptr());
        Signals(before.assume_init())
    }
}

/// Has these signals wait and no others.
pub(crate) fn set_signals(signals: &Signals) {
    // SAFETY: the call reads one set, and the old one is not asked for.
    unsafe { libc::sigprocmask(libc::SIG_SETMASK, &raw const signals.0, ptr::null_mut()) };
}

/// The next signal that waits.
pub(crate) fn next_signal() -> libc::c_int {
    let all = Signals::all();
    // SAFETY: the call reads one set, and what else is known of the signal is not asked for.
    unsafe { libc::sigwaitinfo(&raw const all.0, ptr::null_mut()) }
}

/// Gives this process namespaces of its own.
pub(crate) fn unshare(flags: UnshareFlags) -> rustix::io::Result<()> {
    // SAFETY: the danger is in descriptors that are no longer shared between threads, and there is one thread.
    unsafe { rustix::thread::unshare_unsafe(flags) }
}

/// A descriptor as a certain number, which is taken from whoever has it, open in programs to come.
pub(crate) fn place(fd: impl AsFd, number: RawFd) -> io::Result<()> {
    // SAFETY: the number is not in the hands of an `OwnedFd`: callers give numbers of standard streams, or have left theirs.
    let outcome = unsafe { libc::dup2(fd.as_fd().as_raw_fd(), number) };
    if outcome >= 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// The descriptor that whoever started this program left under a number.
pub(crate) fn inherited(number: RawFd) -> OwnedFd {
    // SAFETY: called once per number, at the start of a mode whose starter promises it.
    unsafe { OwnedFd::from_raw_fd(number) }
}

/// Closes a descriptor that a forked process has from its parent, and that nothing in it will use or close again.
pub(crate) fn close_in_child(fd: RawFd) {
    // SAFETY: the process becomes another program or ends without dropping what its parent owned.
    unsafe { libc::close(fd) };
}

/// Has all descriptors from a number on closed when this process becomes another program. Fails before Linux 5.11.
pub(crate) fn close_later(from: libc::c_uint) -> io::Result<()> {
    // SAFETY: takes numbers only, and no descriptor is closed by it.
    let outcome = unsafe { libc::syscall(libc::SYS_close_range, from, libc::c_uint::MAX, libc::CLOSE_RANGE_CLOEXEC) };
    if outcome == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// Gives a mount more attributes, such as `MOUNT_ATTR_RDONLY`.
pub(crate) fn add_mount_attributes(mount: &OwnedFd, attributes: u64) -> io::Result<()> {
    set_mount(mount, libc::mount_attr { attr_set: attributes, attr_clr: 0, propagation: 0, userns_fd: 0 })
}

/// Has the files of a mount that is in no namespace belong to a user namespace's ids, where they belong to the host's on disk.
pub(crate) fn map_ids(mount: &OwnedFd, user_namespace: &OwnedFd) -> io::Result<()> {
    let fd = u64::try_from(user_namespace.as_raw_fd()).map_err(io::Error::other)?;
    set_mount(mount, libc::mount_attr { attr_set: libc::MOUNT_ATTR_IDMAP, attr_clr: 0, propagation: 0, userns_fd: fd })
}

fn set_mount(mount: &OwnedFd, attributes: libc::mount_attr) -> io::Result<()> {
    let (path, size) = (c"".as_ptr(), size_of::<libc::mount_attr>());
    // SAFETY: the path is an empty constant, and the kernel reads one structure of this size.
    let outcome = unsafe {
        libc::syscall(libc::SYS_mount_setattr, mount.as_raw_fd(), path, libc::AT_EMPTY_PATH, &raw const attributes, size)
    };
    if outcome == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// Doubles this process, the child in a new user namespace that has no ids yet.
pub(crate) fn fork_into_user_namespace() -> io::Result<Forked> {
    let flags = libc::c_long::from(libc::CLONE_NEWUSER | libc::SIGCHLD);
    // SAFETY: without a stack of its own the child goes on where it is, on a copy of all this memory, as after fork; this program never
    // starts a thread, so the child has all that the parent had, locks included.
    match unsafe { libc::syscall(libc::SYS_clone, flags, 0, 0, 0, 0) } {
        0 => Ok(Forked::Child),
        pid => {
            let pid = i32::try_from(pid).ok().filter(|&pid| pid > 0).and_then(Pid::from_raw);
            pid.map(Forked::Parent).ok_or_else(io::Error::last_os_error)
        }
    }
}

/// The user namespace that another namespace belongs to.
pub(crate) fn owner_of(namespace: &OwnedFd) -> io::Result<OwnedFd> {
    const NS_GET_USERNS: libc::Ioctl = 0xb701;
    // SAFETY: this request takes no argument.
    let fd = unsafe { libc::ioctl(namespace.as_raw_fd(), NS_GET_USERNS) };
    if fd < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the kernel opened it for this call, and nobody else has it.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

/// Turns on the loopback interface of this process's network namespace.
pub(crate) fn loopback_up() -> io::Result<()> {
    let socket = rustix::net::socket(rustix::net::AddressFamily::INET, rustix::net::SocketType::DGRAM, None)?;
    // SAFETY: all zeroes is a valid value of this plain structure.
    let mut request: libc::ifreq = unsafe { std::mem::zeroed() };
    for (to, from) in request.ifr_name.iter_mut().zip(b"lo") {
        *to = from.cast_signed();
    }
    let up = libc::c_short::try_from(libc::IFF_UP | libc::IFF_RUNNING).map_err(io::Error::other)?;
    request.ifr_ifru.ifru_flags = up;
    // SAFETY: the structure is the one that this request reads.
    let outcome = unsafe { libc::ioctl(socket.as_raw_fd(), libc::SIOCSIFFLAGS, &raw const request) };
    if outcome == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}
