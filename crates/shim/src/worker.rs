//! The process that has the library make a container. It is in the container's groups, so that what it forks is born in them, while the
//! shim stays outside: what it needs for itself is not the container's to pay, and it outlives all that happens there.

use std::fs;
use std::io::{self, Read, Write};
use std::os::fd::{OwnedFd, RawFd};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use berth_runtime::ContainerSpec;
use berth_runtime::cgroup::Cgroups;
use berth_runtime::protocol::Failure;
use libcontainer::container::builder::ContainerBuilder;
use libcontainer::syscall::syscall::SyscallType;
use rustix::process::{Signal, WaitOptions, set_parent_process_death_signal, waitpid};

use crate::confinement::Confinement;
use crate::executor::Last;
use crate::failure::{Result, at, broken, failed, of_library, refused};
use crate::groups::{self, Born};
use crate::init::Init;
use crate::program::Program;
use crate::{stage, system};

/// The most bytes of what a worker says, which the smallest of pipes takes at once.
const WORD: usize = 4096;

/// What there is to be made.
pub(crate) struct Work<'a> {
    /// The OCI bundle.
    pub(crate) bundle: &'a Path,
    pub(crate) spec: &'a ContainerSpec,
    pub(crate) cgroups: &'a Cgroups,
    /// The container's, which is there.
    pub(crate) cgroup: &'a str,
    pub(crate) confinement: Confinement,
    pub(crate) program: Program,
    /// As [`Last::failure`].
    pub(crate) failure: OwnedFd,
    /// As [`Last::socket`].
    pub(crate) socket: RawFd,
    /// Its standard streams; nothing if it has a console.
    pub(crate) stdio: Option<[OwnedFd; 3]>,
    /// The socket to which its terminal is sent.
    pub(crate) console: Option<PathBuf>,
}

/// Has a container made, and returns its first process, which waits to be started and is a child of this one. This process's mount
/// namespace loses the machine's groups.
pub(crate) fn make(work: Work<'_>) -> Result<i32> {
    let doing = "creating the container";
    let (mut outcome, mut writer) = io::pipe().map_err(failed("making a pipe"))?;
    // The container is a child of the worker, which is about to end.
    system::adopt_orphans(true).map_err(failed("adopting what is left behind"))?;
    let worker = match groups::fork_into(work.cgroups, work.cgroup)? {
        Born::Child(joined) => {
            let made = joined.and_then(|()| build(work));
            let told = tell(&mut writer, &made);
            std::process::exit(i32::from(told.is_err()));
        }
        Born::Parent(worker) => worker,
    };
    drop(work);
    let status = loop {
        match waitpid(Some(worker), WaitOptions::empty()) {
            Ok(status) => break status,
            Err(rustix::io::Errno::INTR) => {}
            Err(errno) => return Err(refused("waiting for a worker")(errno)),
        }
    };
    // In a namespace of processes that it shares with the host, a container's own orphans are not the shim's.
    system::adopt_orphans(false).map_err(failed("leaving orphans to others"))?;
    // The other end is in the container's first process too until it is its program: what can be read now is all.
    rustix::io::ioctl_fionbio(&outcome, true).map_err(refused(doing))?;
    let mut text = [0; WORD];
    let length = outcome.read(&mut text).unwrap_or_default();
    let ended = |_| match status.and_then(|(_, status)| status.terminating_signal()) {
        Some(signal) => broken(doing, &format!("its worker was ended by signal {signal}: is its memory limit far too low?")),
        None => broken(doing, &"its worker ended without a word"),
    };
    serde_json::from_slice::<Result<i32>>(text.get(..length).unwrap_or_default()).map_err(ended)?
}

/// In the worker: says how it went, in what a pipe takes at once.
fn tell(to: &mut impl Write, made: &Result<i32>) -> io::Result<()> {
    let mut text = serde_json::to_vec(made)?;
    if text.len() > WORD {
        let long = Failure::Shim { doing: "creating the container".to_owned(), problem: "of many words".to_owned() };
        text = serde_json::to_vec(&Err::<i32, _>(long))?;
    }
    to.write_all(&text)
}

/// In the worker.
fn build(work: Work<'_>) -> Result<i32> {
    let Work { bundle, spec, cgroups, cgroup, confinement, program, failure, socket, stdio, console } = work;
    let doing = "creating the container";
    // Nobody would hear of what it does.
    set_parent_process_death_signal(Some(Signal::KILL)).map_err(refused("tying a worker to its shim"))?;
    let groups = Rc::new(groups::take_view(cgroups, cgroup, spec.privileged)?);
    let init = spec.init.then(Init::open).transpose()?.map(Rc::new);
    let last = Last { confinement, program, init, failure: Rc::new(failure), groups, id_map: spec.id_map, socket };
    let library = stage::library();
    fs::create_dir(&library).map_err(at("making", &library))?;
    let mut builder =
        ContainerBuilder::new(spec.id.clone(), SyscallType::default()).with_executor(last).with_console_socket(console);
    if let Some([input, output, error]) = stdio {
        builder = builder.with_stdin(input).with_stdout(output).with_stderr(error);
    }
    let container = builder
        .with_root_path(&library)
        .map_err(|error| of_library(doing, &error))?
        .as_init(bundle.to_owned())
        .with_systemd(false)
        .build()
        .map_err(|error| of_library(doing, &error))?;
    container.pid().map(|pid| pid.as_raw()).ok_or_else(|| broken(doing, &"it has no process"))
}
