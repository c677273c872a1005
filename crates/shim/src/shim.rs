//! One container, from its making to its start.

use std::ffi::CString;
use std::fs::{self, File};
use std::io::{self, PipeReader, Read, Write};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::path::Path;

use berth_runtime::cgroup::Cgroups;
use berth_runtime::folder::{VERSION, now_nanos};
use berth_runtime::protocol::{Answer, Failure, Order, read_frame, write_frame};
use berth_runtime::{ContainerSpec, Folder, Holder, Mark, Network, Output, Phase, Space, WhenFull, boot_id};
use libcontainer::notify_socket::{NOTIFY_FILE, NotifySocket};
use rustix::mount::{MountPropagationFlags, mount_change};
use rustix::process::{WaitOptions, waitpid};
use rustix::thread::{LinkNameSpaceType, UnshareFlags, move_into_link_name_space};

use crate::bundle::{self, First};
use crate::confinement::Confinement;
use crate::devices::Node;
use crate::failure::{Result, at, broken, failed, of_cgroup, of_library, refused};
use crate::identity::Identity;
use crate::launcher::Prepared;
use crate::oci::Making;
use crate::program::Program;
use crate::root::Root;
use crate::stage::{self, Stage};
use crate::steps::Steps;
use crate::streams::Streams;
use crate::worker::{self, Work};
use crate::{devices, hold, oci, system, volume};

/// A container that is made and waits.
struct Made {
    process: Mark,
    /// What the container writes, if it is kept.
    output: Option<[OwnedFd; 2]>,
    /// Why its program could not begin, in the end.
    failure: PipeReader,
}

struct Shim {
    folder: Folder,
    spec: ContainerSpec,
    cgroup: String,
    /// Of the host.
    mounts: OwnedFd,
    holder: Holder,
    /// Where it is written.
    holders: File,
    cgroups: Cgroups,
    steps: Steps,
}

/// Makes a container, waits for the order to start it, and holds it until it is over.
pub(crate) fn run(folder: &Path, mut socket: UnixStream, prepared: &mut Prepared) {
    let folder = Folder::new(folder);
    // Held, by all that come of this process, for as long as something is being made.
    let lock = match lock(&folder) {
        Ok(lock) => lock,
        Err(failure) => return answer(&mut socket, Answer::Failed(failure)),
    };
    let mut shim = match Shim::new(folder, prepared) {
        Ok(shim) => shim,
        Err(failure) => return answer(&mut socket, Answer::Failed(failure)),
    };
    let outcome = match shim.make(&socket, lock.as_fd(), prepared) {
        // An OCI runtime finds out what is wrong with a program when it makes the container. It is said when that is started, as always.
        Err(failure @ Failure::Program { .. }) => shim.refuse_start(failure, &mut socket),
        made => made.and_then(|made| shim.start(made, &mut socket)),
    };
    match outcome {
        Ok(Some((made, started))) => {
            // Nothing more is being made. Unlocked, not closed, and before anybody hears of it: the container's first process may still be
            // closing its copy, and whoever hears of the start may want to enter at once. What fails here fails when it is closed.
            let _ = lock.unlock();
            let pid = made.process.pid.unsigned_abs();
            answer(&mut socket, Answer::Started { pid, nanos: started, steps: shim.steps.take() });
            // The socket is closed by becoming another program.
            shim.hold(made, started);
        }
        Ok(None) => shim.take_down(),
        Err(failure) => {
            shim.take_down();
            answer(&mut socket, Answer::Failed(failure));
        }
    }
}

fn answer(socket: &mut UnixStream, answer: Answer) {
    // Whoever asked may be gone.
    let _ = write_frame(socket, &answer);
}

fn lock(folder: &Folder) -> Result<File> {
    let path = folder.path();
    let file = File::open(path).map_err(at("opening", path))?;
    file.lock().map_err(at("locking", path))?;
    Ok(file)
}

impl Shim {
    fn new(folder: Folder, prepared: &Prepared) -> Result<Self> {
        let steps = Steps::begin();
        let path = folder.spec();
        let bytes = fs::read(&path).map_err(at("reading", &path))?;
        let spec: ContainerSpec =
            serde_json::from_slice(&bytes).map_err(|error| broken(&format!("reading {}", path.display()), &error))?;
        let own = |error| Failure::system("looking at this process", &error);
        let pid = rustix::process::getpid().as_raw_nonzero().get();
        let holder = Holder {
            version: VERSION,
            boot_id: boot_id().map_err(own)?,
            shim: Mark::of(pid).map_err(own)?,
            container: None,
            phase: Phase::Creating,
            started_nanos: None,
        };
        let mounts = Path::new("/proc/self/ns/mnt");
        let mounts = File::open(mounts).map_err(at("opening", mounts))?.into();
        let cgroup = format!("{}/{}/{}", prepared.cgroup, spec.group, spec.id);
        let path = folder.holder();
        let holders = File::options().append(true).create(true).open(&path).map_err(at("opening", &path))?;
        let mut shim = Self { folder, spec, cgroup, mounts, holder, holders, cgroups: prepared.cgroups.clone(), steps };
        shim.record()?;
        shim.steps.done("prepare");
        Ok(shim)
    }

    fn record(&self) -> Result<()> {
        let doing = "writing who holds the container";
        let line = self.holder.to_line().map_err(|error| broken(doing, &error))?;
        (&self.holders).write_all(&line).map_err(failed(doing))
    }

    fn make(&mut self, socket: &UnixStream, lock: BorrowedFd<'_>, prepared: &mut Prepared) -> Result<Made> {
        system::unshare(UnshareFlags::NEWNS).map_err(refused("making a mount namespace"))?;
        // What the host mounts is seen here, what is mounted here is not seen by the host.
        let propagation = MountPropagationFlags::DOWNSTREAM | MountPropagationFlags::REC;
        mount_change("/", propagation).map_err(refused("separating this process's mounts"))?;
        let devices = self.spec.privileged || !prepared.cgroups.is_unified();
        self.steps.done("namespace");
        let stage = Stage::set(&self.folder, &self.spec, devices, prepared.namespaces.as_deref())?;
        volume::fill(&stage, &self.spec)?;
        self.steps.done("layers");
        let (failure, writer) = io::pipe().map_err(failed("making a pipe"))?;
        let nodes = devices::of(&self.spec, !self.cgroups.is_unified())?;
        let (user, confinement, program) = self.prepare(&stage, &nodes, prepared)?;
        self.steps.done("identity");
        self.make_groups(&nodes)?;
        self.steps.done("cgroups");
        // Their owner is known here by the host's number.
        let owner = self.spec.id_map.map_or(user, |map| map.first.saturating_add(user));
        let mut streams = Streams::of(&self.folder, &self.spec, owner)?;
        let (folder, spec, cgroups, cgroup) = (&self.folder, &self.spec, &self.cgroups, &*self.cgroup);
        let (stdio, console, failure_to) = (streams.given.take(), streams.console(), OwnedFd::from(writer));
        let pid = if let Some(program) = &spec.runtime {
            let failure = failure_to;
            let pid = oci::make(Making { program, folder, spec, failure, lock, stdio, console })?;
            // It may know a longer list than there is here.
            self.restrict_devices(&nodes)?;
            pid
        } else {
            let (socket, failure) = (socket.as_raw_fd(), failure_to);
            worker::make(Work {
                bundle: &stage.bundle,
                spec,
                cgroups,
                cgroup,
                confinement,
                program,
                failure,
                socket,
                stdio,
                console,
            })?
        };
        self.steps.done("build");
        let output = streams.output()?;
        let process = Mark::of(pid).map_err(failed("looking at the container's first process"))?;
        if self.spec.network == Network::Loopback {
            turn_loopback_on(process.pid)?;
        }
        self.holder.container = Some(process);
        self.holder.phase = Phase::Created;
        self.record()?;
        self.steps.done("record");
        Ok(Made { process, output, failure })
    }

    /// Finds out who the first process is, and tells the library.
    fn prepare(&self, stage: &Stage, devices: &[Node], prepared: &mut Prepared) -> Result<(u32, Confinement, Program)> {
        let process = &self.spec.process;
        let root = Root::open(&stage.rootfs, self.spec.id_map.map(|map| map.first))?;
        let identity = Identity::find(&root, &process.user)?;
        let (cwd, _) = root.make_folders(&process.cwd)?;
        let confinement = Confinement::of(&self.spec, process, identity.user == 0, prepared)?;
        let holds = self.spec.init && process.args.is_empty();
        let program = if holds { Program::none() } else { Program::new(&process.args, &process.env, &identity.home)? };
        let first = First { identity: &identity, cwd, capabilities: confinement.needed(), devices };
        let mut specification = bundle::specification(&self.spec, stage, &first)?;
        if self.spec.runtime.is_some() {
            let last = oci::Last { confinement: &confinement, program: &program, devices, cgroup: &self.cgroup };
            oci::complete(&mut specification, &self.spec, &last);
        }
        bundle::write(&stage.bundle, &specification)?;
        Ok((identity.user, confinement, program))
    }

    /// Makes the container's groups, with its limits.
    fn make_groups(&self, devices: &[Node]) -> Result<()> {
        let (cgroups, spec) = (&self.cgroups, &self.spec);
        let limited = cgroups.make(&self.cgroup).and_then(|()| cgroups.limit_container(&self.cgroup, &spec.limits));
        limited.map_err(|error| of_cgroup(&error))?;
        self.restrict_devices(devices)
    }

    fn restrict_devices(&self, devices: &[Node]) -> Result<()> {
        if self.spec.privileged {
            return Ok(());
        }
        let restricted = self.cgroups.restrict_devices(&self.cgroup, devices.iter().map(Node::rule));
        restricted.map_err(|error| of_cgroup(&error))
    }

    /// Says that the container is made, and waits to be told to start it; whether it is to be.
    fn wait_for_start(socket: &mut UnixStream) -> Result<bool> {
        if write_frame(socket, &Answer::Created).is_err() {
            return Ok(false);
        }
        match read_frame(socket) {
            Ok(Some(Order::Start)) => Ok(true),
            Ok(Some(Order::Exec { .. })) => Err(broken("waiting to start the container", &"it does not run yet")),
            Ok(None) | Err(_) => Ok(false),
        }
    }

    /// A container whose program cannot be run, as is known already.
    fn refuse_start(&mut self, failure: Failure, socket: &mut UnixStream) -> Result<Option<(Made, u64)>> {
        self.holder.phase = Phase::Created;
        self.record()?;
        if Self::wait_for_start(socket)? { Err(failure) } else { Ok(None) }
    }

    /// Starts the container when it is told to; when it began. Nothing: nobody will.
    fn start(&mut self, mut made: Made, socket: &mut UnixStream) -> Result<Option<(Made, u64)>> {
        if !Self::wait_for_start(socket)? {
            return Ok(None);
        }
        self.steps.resume();
        self.holder.phase = Phase::Starting;
        self.record()?;
        if let Some(program) = &self.spec.runtime {
            oci::start(program, &self.folder, &self.spec)?;
        } else {
            let mut waiting = NotifySocket::new(stage::library().join(&self.spec.id).join(NOTIFY_FILE));
            waiting.notify_container_start().map_err(|error| of_library("starting the container", &error))?;
        }
        let mut report = Vec::new();
        made.failure.read_to_end(&mut report).map_err(failed("waiting for the container's program"))?;
        if !report.is_empty() {
            let unreadable = |error| broken("starting the container", &error);
            return Err(serde_json::from_slice(&report).unwrap_or_else(unreadable));
        }
        let started = now_nanos();
        self.holder.phase = Phase::Running;
        self.holder.started_nanos = Some(started);
        self.record()?;
        self.steps.done("program");
        Ok(Some((made, started)))
    }

    /// Becomes the small program that waits. The container's processes stay its children.
    fn hold(&self, made: Made, started: u64) {
        // From here on nothing can be told to anybody: what fails is done without.
        let _ = move_into_link_name_space(self.mounts.as_fd(), Some(LinkNameSpaceType::Mount));
        let output = match self.spec.output {
            Output::Discard => None,
            Output::Keep { segment_bytes, segments, when_full } => Some((segment_bytes, segments, when_full == WhenFull::Block)),
        };
        let counter = self.cgroups.kill_counter(&self.cgroup);
        let members = (self.spec.processes != Space::Own).then(|| self.cgroups.members(&self.cgroup)).flatten();
        let held = hold::Held { folder: self.folder.path().to_owned(), pid: made.process.pid, started, counter, members, output };
        if let Some([out, err]) = &made.output {
            // Its standard streams are free.
            let placed = system::place(out, hold::STDOUT).and_then(|()| system::place(err, hold::STDERR));
            if placed.is_err() {
                return hold::hold(&held, made.output);
            }
        }
        let arguments: Vec<CString> = held.to_arguments().into_iter().filter_map(|word| CString::new(word).ok()).collect();
        system::execve(c"/proc/self/exe", &arguments, &[]);
        hold::hold(&held, made.output);
    }

    /// Ends and removes what was made, but for the folder. What cannot be removed now can be by whoever deletes the container.
    fn take_down(&self) {
        // Where there are groups.
        let _ = move_into_link_name_space(self.mounts.as_fd(), Some(LinkNameSpaceType::Mount));
        let removed = self.cgroups.kill(&self.cgroup).and_then(|()| {
            while waitpid(None, WaitOptions::NOHANG).is_ok_and(|found| found.is_some()) {}
            self.cgroups.remove(&self.cgroup)
        });
        if removed.is_err() {
            return;
        }
        let _ = fs::remove_file(self.folder.holder());
    }
}

/// Turns on the loopback interface of a container, and what Docker allows in one.
fn turn_loopback_on(pid: i32) -> Result<()> {
    let doing = "turning on the container's loopback interface";
    let open = |path: &str| File::open(path).map_err(at("opening", Path::new(path)));
    let (ours, theirs) = (open("/proc/self/ns/net")?, open(&format!("/proc/{pid}/ns/net"))?);
    let enter = |space: &File| move_into_link_name_space(space.as_fd(), Some(LinkNameSpaceType::Network));
    enter(&theirs).map_err(refused(doing))?;
    let outcome = system::loopback_up().map_err(failed(doing));
    // Not there on every kernel, and no container fails for lack of them.
    let _ = fs::write("/proc/sys/net/ipv4/ip_unprivileged_port_start", "0");
    let _ = fs::write("/proc/sys/net/ipv4/ping_group_range", "0 2147483647");
    enter(&ours).map_err(refused(doing))?;
    outcome
}
