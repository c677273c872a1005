//! One more process in a running container. Ours and not the library's, whose own forgets the filter and the user namespace.

use std::fs::{self, File, TryLockError};
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

use berth_runtime::cgroup::Gathering;
use berth_runtime::protocol::{Answer, Order, read_frame, write_frame};
use berth_runtime::{ContainerSpec, Folder, ProcessSpec, TIMED_OUT};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{Gid, Uid};
use rustix::process::{
    DumpableBehavior, Pid, PidfdFlags, Signal, WaitOptions, fchdir, kill_process, pidfd_open, set_dumpable_behavior, setrlimit,
    setsid, waitpid,
};
use rustix::thread::{
    CapabilitySets, ThreadNameSpaceType, capabilities, move_into_thread_name_spaces, set_capabilities, set_keep_capabilities,
    set_thread_groups, set_thread_res_gid, set_thread_res_uid,
};

use crate::confinement::{self, Confinement};
use crate::executor::report;
use crate::failure::{Result, at, broken, failed, of_cgroup, refused, wrong};
use crate::groups::{self, Born};
use crate::identity::Identity;
use crate::launcher::Prepared;
use crate::oci::{self, Joining};
use crate::program::Program;
use crate::root::Root;
use crate::running::first_process;
use crate::system;

/// All that is needed to join a container.
struct Target {
    spec: ContainerSpec,
    cgroup: String,
    /// Its first process, and the number of that.
    process: OwnedFd,
    first: i32,
    /// Held until the process is another program: as long as the container must not be taken away.
    _lock: File,
}

/// Runs what comes on the socket, and waits until it is over. The descriptors are its three and a pipe for its exit code.
pub(crate) fn run(folder: &Path, mut socket: UnixStream, descriptors: impl Iterator<Item = OwnedFd>, prepared: &mut Prepared) {
    let descriptors: Vec<OwnedFd> = descriptors.collect();
    let answered = match begin(folder, &mut socket, descriptors, prepared) {
        Ok(running) => {
            let answer = Answer::Executed { pid: running.pid.as_raw_nonzero().get().unsigned_abs() };
            let heard = write_frame(&mut socket, &answer);
            drop(socket);
            running.wait();
            heard
        }
        Err(failure) => write_frame(&mut socket, &Answer::Failed(failure)),
    };
    // Whoever asked may be gone.
    let _ = answered;
}

/// A process that is waited for.
struct Running {
    pid: Pid,
    /// For its exit code.
    exit: File,
    /// How long it may run, and what ends with it.
    limit: Option<(Duration, Gathering)>,
}

impl Running {
    fn wait(mut self) {
        let in_time = self.limit.as_ref().is_none_or(|(within, gathering)| {
            let ends = ends_within(self.pid, *within);
            if !ends {
                // It alone, if not all of them can be: somebody waits for it.
                let _ = gathering.kill();
                let _ = kill_process(self.pid, Signal::KILL);
            }
            ends
        });
        let code = crate::hold::collect(self.pid);
        let _ = self.exit.write_all(&(if in_time { code } else { TIMED_OUT }).to_le_bytes());
        if let Some((_, gathering)) = self.limit {
            // What cannot be removed now goes with the container.
            let _ = gathering.end();
        }
    }
}

/// Waits for the end of a process, which is a child of this one, for so long; whether it came.
fn ends_within(pid: Pid, within: Duration) -> bool {
    let Ok(process) = pidfd_open(pid, PidfdFlags::empty()) else { return false };
    let until = std::time::Instant::now() + within;
    loop {
        let left = until.saturating_duration_since(std::time::Instant::now());
        let timeout = Timespec::try_from(left).ok();
        match poll(&mut [PollFd::new(&process, PollFlags::IN)], timeout.as_ref()) {
            Ok(0) => return false,
            Ok(_) => return true,
            Err(rustix::io::Errno::INTR) => {}
            Err(_) => return false,
        }
    }
}

fn begin(folder: &Path, socket: &mut UnixStream, descriptors: Vec<OwnedFd>, prepared: &mut Prepared) -> Result<Running> {
    let doing = "reading what is to be run";
    let (process, within) = match read_frame(socket) {
        Ok(Some(Order::Exec { process, within })) => (process, within),
        Ok(_) => return Err(broken(doing, &"it did not come")),
        Err(error) => return Err(failed(doing)(error)),
    };
    let Ok([input, output, error, exit]) = <[OwnedFd; 4]>::try_from(descriptors) else {
        return Err(broken(doing, &"its descriptors did not come"));
    };
    let target = Target::find(folder, &prepared.cgroup)?;
    // Made here, where it can be kept: most processes have what the container's first one has.
    if !target.spec.privileged {
        prepared.filters.get(confinement::capability_set(&process.capabilities)?)?;
    }
    let gather = |within| {
        let name = format!("exec-{}", std::process::id());
        let cgroups = &prepared.cgroups;
        let gathering = match &target.spec.runtime {
            None => cgroups.gather(&target.cgroup, &name),
            Some(_) => cgroups.gather_with_controllers(&target.cgroup, &name),
        };
        gathering.map(|gathering| (within, gathering)).map_err(|error| of_cgroup(&error))
    };
    let limit = within.map(gather).transpose()?;
    if let Some(program) = &target.spec.runtime {
        let (stdio, gathering) = ([input, output, error], limit.as_ref().map(|(_, gathering)| gathering));
        let Target { spec, first, .. } = &target;
        let joining = Joining { program, folder, spec, first: *first, process: &process, stdio: &stdio, gathering };
        return match oci::begin(&joining, prepared) {
            Ok(pid) => Ok(Running { pid, exit: exit.into(), limit }),
            Err(failure) => {
                end(limit);
                Err(failure)
            }
        };
    }
    let (mut failure, writer) = io::pipe().map_err(failed("making a pipe"))?;
    // Only children enter a process namespace.
    move_into_thread_name_spaces(target.process.as_fd(), ThreadNameSpaceType::PROCESS_ID)
        .map_err(refused("entering the container's process namespace"))?;
    match groups::fork_into(&prepared.cgroups, &target.cgroup)? {
        Born::Child(joined) => {
            drop(failure);
            drop(exit);
            let joined = joined.and_then(|()| match &limit {
                Some((_, gathering)) => gathering.enter().map_err(|error| of_cgroup(&error)),
                None => Ok(()),
            });
            let why = match joined.and_then(|()| enter(&target, &process, [input, output, error], prepared)) {
                Ok(program) => program.become_it(),
                Err(failure) => failure,
            };
            report(&writer, &why);
            std::process::exit(1)
        }
        Born::Parent(pid) => {
            drop((input, output, error, writer, target));
            let mut text = Vec::new();
            failure.read_to_end(&mut text).map_err(failed("waiting for the program"))?;
            if text.is_empty() {
                return Ok(Running { pid, exit: exit.into(), limit });
            }
            while matches!(waitpid(Some(pid), WaitOptions::empty()), Err(rustix::io::Errno::INTR)) {}
            end(limit);
            Err(serde_json::from_slice(&text).unwrap_or_else(|error| broken("running a process", &error)))
        }
    }
}

/// Removes what a process that does not run was to be in. What stays goes with the container.
fn end(limit: Option<(Duration, Gathering)>) {
    if let Some((_, gathering)) = limit {
        let _ = gathering.end();
    }
}

impl Target {
    fn find(path: &Path, cgroup: &str) -> Result<Self> {
        let folder = Folder::new(path);
        let lock = File::open(path).map_err(at("opening", path))?;
        match lock.try_lock_shared() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(broken("entering the container", &"it is being made or deleted")),
            Err(TryLockError::Error(error)) => return Err(at("locking", path)(error)),
        }
        let spec: ContainerSpec = read(&folder.spec())?;
        let over = || broken("entering the container", &"it does not run");
        let (first, process) = first_process(&folder)?.ok_or_else(over)?;
        let cgroup = format!("{cgroup}/{}/{}", spec.group, spec.id);
        Ok(Self { spec, cgroup, process, first: first.pid, _lock: lock })
    }
}

fn read<T: serde::de::DeserializeOwned>(path: &Path) -> Result<T> {
    let bytes = fs::read(path).map_err(at("reading", path))?;
    serde_json::from_slice(&bytes).map_err(|error| broken(&format!("reading {}", path.display()), &error))
}

/// In the child.
fn enter(target: &Target, process: &ProcessSpec, stdio: [OwnedFd; 3], prepared: &mut Prepared) -> Result<Program> {
    if process.terminal {
        return Err(wrong("a further process in a container gets no terminal yet"));
    }
    setsid().map_err(refused("making a session"))?;
    let limits = confinement::limits(&process.resource_limits)?;
    join_namespaces(target)?;
    if target.spec.id_map.is_some() {
        // Still the host's root, who is nobody here.
        let none = Identity { user: 0, group: 0, groups: Vec::new(), home: String::new() };
        become_user(&none)?;
    }
    let root = Root::open(Path::new("/"), None)?;
    let identity = Identity::find(&root, &process.user)?;
    let (_, cwd) = root.make_folders(&process.cwd)?;
    fchdir(&cwd).map_err(refused("entering the working directory"))?;
    for (name, resource, limit) in limits {
        setrlimit(resource, limit).map_err(refused(format!("setting the limit {name}")))?;
    }
    for (number, fd) in (0..).zip(&stdio) {
        system::place(fd, number).map_err(failed("placing a standard stream"))?;
    }
    let confinement = Confinement::of(&target.spec, process, identity.user == 0, prepared)?;
    let program = Program::new(&process.args, &process.env, &identity.home)?;
    become_user(&identity)?;
    system::default_signals();
    confinement.apply()?;
    Ok(program)
}

fn join_namespaces(target: &Target) -> Result<()> {
    let mut namespaces = ThreadNameSpaceType::MOUNT
        | ThreadNameSpaceType::HOST_NAME_AND_NIS_DOMAIN_NAME
        | ThreadNameSpaceType::INTER_PROCESS_COMMUNICATION
        | ThreadNameSpaceType::CONTROL_GROUP
        | ThreadNameSpaceType::NETWORK;
    if target.spec.id_map.is_some() {
        // First of all, says the kernel's own order; one's own cannot be joined.
        namespaces |= ThreadNameSpaceType::USER;
    }
    move_into_thread_name_spaces(target.process.as_fd(), namespaces).map_err(refused("entering the container's namespaces"))
}

/// Becomes the user, with all capabilities, which are what confining needs.
fn become_user(identity: &Identity) -> Result<()> {
    let doing = "becoming the container's user";
    let groups: Vec<Gid> = identity.groups.iter().map(|&group| Gid::from_raw(group)).collect();
    set_thread_groups(&groups).map_err(refused(doing))?;
    set_keep_capabilities(true).map_err(refused(doing))?;
    let (user, group) = (Uid::from_raw(identity.user), Gid::from_raw(identity.group));
    set_thread_res_gid(group, group, group).map_err(refused(doing))?;
    set_thread_res_uid(user, user, user).map_err(refused(doing))?;
    let permitted = capabilities(None).map_err(refused(doing))?.permitted;
    set_capabilities(
        None,
        CapabilitySets { effective: permitted, permitted, inheritable: rustix::thread::CapabilitySet::empty() },
    )
    .map_err(refused(doing))?;
    // Where a machine lets the memory of programs with other ids be read (fs.suid_dumpable), becoming another user allows it.
    set_dumpable_behavior(DumpableBehavior::NotDumpable).map_err(refused(doing))
}
