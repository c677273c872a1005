//! The process that forks one shim for each container.
//!
//! It does once what every shim needs: it leaves the cgroup of whoever started it, and makes the filter of most containers. A
//! shim is then a fork away, and shares all of that.

use std::ffi::{CString, OsStr, OsString};
use std::io::IoSliceMut;
use std::mem::MaybeUninit;
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;
use std::process::ExitCode;

use berth_runtime::Capability;
use berth_runtime::cgroup::Cgroups;
use berth_runtime::folder::VERSION;
use berth_runtime::protocol::{Answer, Failure, Greeting, MAX_DESCRIPTORS, PACKET, Request, What, write_frame};
use rustix::fs::{CWD, Mode, OFlags};
use rustix::io::Errno;
use rustix::mount::{OpenTreeFlags, open_tree};
use rustix::net::{RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendFlags, recvmsg, send};
use rustix::process::{DumpableBehavior, chdir, set_dumpable_behavior, setsid, umask};
use rustix::thread::set_thread_groups;

use crate::confinement;
use crate::failure::{Result, broken, failed, of_cgroup, refused, wrong};
use crate::seccomp::Filters;
use crate::system::{self, Forked};
use crate::{exec, shim};

/// The mode of a launcher that has become itself once more.
pub(crate) const READ_ONLY: &str = "launcher-read-only";

/// What every shim inherits.
pub(crate) struct Prepared {
    /// The cgroup below which all is made.
    pub(crate) cgroup: String,
    pub(crate) cgroups: Cgroups,
    pub(crate) filters: Filters,
    /// A folder of mounts that no container is to be made with.
    pub(crate) namespaces: Option<PathBuf>,
}

/// Becomes this program once more, from a mount of its folder that cannot be written. A process that was started in a container as
/// `/proc/self/exe` is this program, and there are kernels (6.11, 6.12) on which a running program's file can be written: that
/// would be the way to root on the host. Returns if the kernel cannot do that (before 5.12), and then goes on as it is.
pub(crate) fn run_read_only(cgroup: &OsStr, namespaces: Option<&OsString>) -> ExitCode {
    // What whoever started the agent left open is nothing for containers.
    let _ = system::close_later(3);
    let again = || {
        let program = std::env::current_exe().ok()?;
        let flags = OpenTreeFlags::OPEN_TREE_CLONE | OpenTreeFlags::OPEN_TREE_CLOEXEC;
        let folder = open_tree(CWD, program.parent()?, flags).ok()?;
        system::add_mount_attributes(&folder, libc::MOUNT_ATTR_RDONLY).ok()?;
        let path = format!("/proc/self/fd/{}/{}", folder.as_raw_fd(), program.file_name()?.to_str()?);
        let words = [b"berth-shim".as_slice(), READ_ONLY.as_bytes(), cgroup.as_bytes()];
        let words = words.into_iter().chain(namespaces.map(|path| path.as_bytes()));
        let words: Vec<CString> = words.filter_map(|word| CString::new(word).ok()).collect();
        system::execve(&CString::new(path).ok()?, &words, &[]);
        Some(())
    };
    again();
    run(cgroup, namespaces)
}

/// Takes requests from the socket that is this program's standard input, until its other end is closed.
pub(crate) fn run(cgroup: &OsStr, namespaces: Option<&OsString>) -> ExitCode {
    // In another place, so that the standard input of what comes is empty.
    let Ok(socket) = rustix::io::fcntl_dupfd_cloexec(rustix::stdio::stdin(), 3) else { return ExitCode::FAILURE };
    let mut prepared = match prepare(cgroup, namespaces.map(PathBuf::from)) {
        Ok(prepared) => prepared,
        Err(failure) => {
            greet(&socket, &Greeting::Failed(failure));
            return ExitCode::FAILURE;
        }
    };
    if !greet(&socket, &Greeting::Ready { version: VERSION }) {
        return ExitCode::SUCCESS;
    }
    loop {
        let Some((request, descriptors)) = receive(&socket) else { return ExitCode::SUCCESS };
        match request {
            Err(failure) => answer_failure(descriptors, failure),
            Ok(request) => match system::fork() {
                Err(error) => answer_failure(descriptors, failed("forking a shim")(error)),
                Ok(Forked::Parent(_)) => drop(descriptors),
                Ok(Forked::Child) => {
                    drop(socket);
                    serve(&request, descriptors, &mut prepared);
                    return ExitCode::SUCCESS;
                }
            },
        }
    }
}

fn prepare(cgroup: &OsStr, namespaces: Option<PathBuf>) -> Result<Prepared> {
    let cgroup =
        cgroup.to_str().filter(|path| path.starts_with('/')).ok_or_else(|| wrong("the cgroup is not an absolute path"))?;
    for number in [0, 1] {
        nothing(number)?;
    }
    // Keys of the terminal are for whoever started this. Fails for the first process of a group, which needs none.
    let _ = setsid();
    chdir("/").map_err(refused("entering /"))?;
    umask(Mode::from_raw_mode(0o022));
    set_thread_groups(&[]).map_err(refused("giving up supplementary groups"))?;
    set_dumpable_behavior(DumpableBehavior::NotDumpable).map_err(refused("closing this process to others"))?;
    // Shims are on their own: nobody waits for them.
    system::ignore_signal(libc::SIGCHLD, true);
    for signal in [libc::SIGINT, libc::SIGTERM, libc::SIGHUP] {
        system::ignore_signal(signal, false);
    }
    let cgroups = Cgroups::find().map_err(|error| of_cgroup(&error))?;
    cgroups.enter(&format!("{cgroup}/shim")).map_err(|error| of_cgroup(&error))?;
    let mut filters = Filters::default();
    filters.prepare(confinement::capability_set(&Capability::default_set())?)?;
    Ok(Prepared { cgroup: cgroup.to_owned(), cgroups, filters, namespaces })
}

/// Makes a standard stream lead nowhere.
pub(crate) fn nothing(number: i32) -> Result<()> {
    let null =
        rustix::fs::open("/dev/null", OFlags::RDWR | OFlags::CLOEXEC, Mode::empty()).map_err(refused("opening /dev/null"))?;
    system::place(&null, number).map_err(failed("closing a standard stream"))
}

fn greet(socket: &OwnedFd, greeting: &Greeting) -> bool {
    let packet = serde_json::to_vec(greeting).unwrap_or_default();
    send(socket, &packet, SendFlags::NOSIGNAL).is_ok()
}

/// The next request with its descriptors; nothing when there will be none.
fn receive(socket: &OwnedFd) -> Option<(Result<Request>, Vec<OwnedFd>)> {
    let mut packet = vec![0; PACKET];
    // Room for more than there should be, so that too many are noticed.
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(MAX_DESCRIPTORS + 1))];
    loop {
        let mut control = RecvAncillaryBuffer::new(&mut space);
        match recvmsg(socket, &mut [IoSliceMut::new(&mut packet)], &mut control, RecvFlags::CMSG_CLOEXEC) {
            Ok(received) if received.bytes == 0 => return None,
            Ok(received) => {
                let rights = |message| match message {
                    RecvAncillaryMessage::ScmRights(rights) => Some(rights),
                    _ => None,
                };
                let descriptors: Vec<OwnedFd> = control.drain().filter_map(rights).flatten().collect();
                let request = Request::decode(packet.get(..received.bytes).unwrap_or_default(), descriptors.len());
                return Some((request.map_err(|error| broken("reading a request", &error)), descriptors));
            }
            Err(Errno::INTR) => {}
            Err(_) => return None,
        }
    }
}

fn answer_failure(descriptors: Vec<OwnedFd>, failure: Failure) {
    if let Some(socket) = descriptors.into_iter().next() {
        // Whoever asked may be gone.
        let _ = write_frame(&mut std::os::unix::net::UnixStream::from(socket), &Answer::Failed(failure));
    }
}

/// In a process of its own: does what is asked for, and returns when there is nothing left to do.
fn serve(request: &Request, descriptors: Vec<OwnedFd>, prepared: &mut Prepared) {
    system::ignore_signal(libc::SIGCHLD, false);
    let alone = setsid().map_err(refused("making a session")).and_then(|_| nothing(2));
    if let Err(failure) = alone {
        return answer_failure(descriptors, failure);
    }
    let mut descriptors = descriptors.into_iter();
    let Some(socket) = descriptors.next().map(std::os::unix::net::UnixStream::from) else { return };
    match request.what {
        What::Create => shim::run(&request.folder, socket, prepared),
        What::Exec => exec::run(&request.folder, socket, descriptors, prepared),
    }
}
