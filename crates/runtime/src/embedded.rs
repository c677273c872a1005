//! The runtime that is part of Berth: a launcher, and a shim for each container, which makes it itself or has an OCI runtime make it.

mod delete;
mod launcher;
mod standing;

use std::collections::HashMap;
use std::fs;
use std::io::{self, Read};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::DirBuilderExt;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rustix::process::{Signal, pidfd_send_signal};

use crate::cgroup::{CgroupError, Cgroups};
use crate::error::RuntimeError;
use crate::folder::{Folder, Phase, time_of, write_record};
use crate::oci::{self, OciRuntimes};
use crate::outcome::{Standing, Step};
use crate::protocol::{self, Answer, Order, What};
use crate::runtime::{ExecStdio, Executed, Meter, Runtime};
use crate::spec::{ContainerSpec, Group, ProcessSpec};
use launcher::Launcher;

pub use delete::remove_tree;

/// What the embedded runtime needs to know.
#[derive(Debug, Clone)]
pub struct EmbeddedOptions {
    /// The `berth-shim` executable.
    pub shim: PathBuf,
    /// The cgroup below which all is made, absolute, in every hierarchy: `/berth/1a2b3c`.
    pub cgroup: String,
    /// A folder of mounts, the namespaces of networks, that is taken out of the mounts that containers are made from: what it costs to
    /// make one is not to grow with the number of others.
    pub namespaces: Option<PathBuf>,
    /// What makes the containers of this node, if not the shims themselves.
    pub runtimes: OciRuntimes,
}

/// Containers held by shims of `berth-shim`, which a launcher forks. Any number may work on the same machine, and on the same
/// folders one after the other; containers that were created but not started end with the one that created them.
#[derive(Debug)]
pub struct Embedded {
    options: EmbeddedOptions,
    cgroups: Cgroups,
    launcher: Mutex<Option<Launcher>>,
    /// Sockets to the shims of containers that wait to be started.
    created: Mutex<HashMap<PathBuf, UnixStream>>,
    /// Of containers that were started, until somebody asks or they are deleted.
    steps: Mutex<HashMap<PathBuf, Vec<Step>>>,
}

impl Embedded {
    /// Starts the launcher.
    ///
    /// # Errors
    /// There are no cgroups, or the launcher cannot work.
    pub fn open(options: EmbeddedOptions) -> Result<Self, RuntimeError> {
        let cgroups = Cgroups::find().map_err(of_cgroup)?;
        let launcher = Launcher::start(&options)?;
        Ok(Self { options, cgroups, launcher: Mutex::new(Some(launcher)), created: Mutex::default(), steps: Mutex::default() })
    }

    /// Ends the launcher, which leaves its cgroup empty. The next call that needs one starts another.
    pub fn end_launcher(&self) {
        *lock(&self.launcher) = None;
    }

    fn group_path(&self, name: &str) -> String {
        format!("{}/{name}", self.options.cgroup)
    }

    /// Sends a request, to a new launcher if the old one is gone, and returns the socket on which it is answered.
    fn request(&self, folder: &Path, what: What, more: &[OwnedFd]) -> Result<UnixStream, RuntimeError> {
        let mut slot = lock(&self.launcher);
        for _ in 0..2 {
            let launcher = match slot.take() {
                Some(launcher) => launcher,
                None => Launcher::start(&self.options)?,
            };
            if let Some(socket) = launcher.request(folder, what, more)? {
                *slot = Some(launcher);
                return Ok(socket);
            }
        }
        Err(RuntimeError::Shim { doing: "asking the launcher".to_owned(), problem: "it ends again and again".to_owned() })
    }

    fn prepare(&self, folder: &Folder, spec: &ContainerSpec) -> Result<(), RuntimeError> {
        if !folder.path().is_absolute() {
            return Err(RuntimeError::Specification { what: format!("the folder {} is not absolute", folder.path().display()) });
        }
        check_name(&spec.id)?;
        check_name(&spec.group)?;
        make_folder(folder.path(), 0o700)?;
        make_folder(&folder.output(), 0o700)?;
        // What makes it is written down: another agent with other settings finds the container as it is.
        let spec = ContainerSpec { runtime: self.options.runtimes.of(spec), ..spec.clone() };
        let bytes = serde_json::to_vec(&spec).map_err(|error| RuntimeError::Specification { what: error.to_string() })?;
        write_record(&folder.spec(), &bytes, false).map_err(failed("writing", &folder.spec()))
    }

    /// Has what lies in a folder made.
    fn make(&self, folder: &Path) -> Result<(), RuntimeError> {
        let mut socket = self.request(folder, What::Create, &[])?;
        match answer(&mut socket, "creating", folder)? {
            Answer::Created => {
                lock(&self.created).insert(folder.to_owned(), socket);
                Ok(())
            }
            other => Err(unexpected(other, "creating", folder)),
        }
    }

    fn holder_of_running(&self, folder: &Path) -> Result<crate::Holder, RuntimeError> {
        let standing = self.look(folder)?;
        let holder = standing::holder(&Folder::new(folder))?;
        match (standing, holder) {
            (Standing::Running { .. }, Some(holder)) => Ok(holder),
            (other, _) => Err(RuntimeError::Standing { folder: folder.to_owned(), standing: standing::word(&other) }),
        }
    }
}

impl Runtime for Embedded {
    fn make_group(&self, group: &Group) -> Result<(), RuntimeError> {
        check_name(&group.name)?;
        let path = self.group_path(&group.name);
        self.cgroups.make(&path).map_err(of_cgroup)?;
        self.cgroups.limit(&path, group.cpu_millis, group.memory).map_err(of_cgroup)
    }

    fn remove_group(&self, name: &str) -> Result<(), RuntimeError> {
        check_name(name)?;
        self.cgroups.remove(&self.group_path(name)).map_err(of_cgroup)
    }

    fn create(&self, folder: &Path, spec: &ContainerSpec) -> Result<(), RuntimeError> {
        self.prepare(&Folder::new(folder), spec)?;
        self.make(folder)
    }

    fn recreate(&self, folder: &Path) -> Result<(), RuntimeError> {
        lock(&self.created).remove(folder);
        delete::clear_for_another_life(&Folder::new(folder), &self.cgroups, &self.options.cgroup)?;
        self.make(folder)
    }

    fn specification(&self, folder: &Path) -> Result<Option<ContainerSpec>, RuntimeError> {
        standing::spec(&Folder::new(folder))
    }

    fn start(&self, folder: &Path) -> Result<Standing, RuntimeError> {
        let Some(mut socket) = lock(&self.created).remove(folder) else {
            let standing = standing::word(&self.look(folder)?);
            return Err(RuntimeError::Standing { folder: folder.to_owned(), standing });
        };
        let doing = || format!("starting the container in {}", folder.display());
        protocol::write_frame(&mut socket, &Order::Start).map_err(gone(doing()))?;
        match answer(&mut socket, "starting", folder)? {
            Answer::Started { pid, nanos, steps } => {
                lock(&self.steps).insert(folder.to_owned(), steps);
                Ok(Standing::Running { pid, started_at: time_of(nanos) })
            }
            other => Err(unexpected(other, "starting", folder)),
        }
    }

    fn take_steps(&self, folder: &Path) -> Vec<Step> {
        lock(&self.steps).remove(folder).unwrap_or_default()
    }

    fn look(&self, folder: &Path) -> Result<Standing, RuntimeError> {
        let waits = lock(&self.created).contains_key(folder);
        standing::look(&Folder::new(folder), waits)
    }

    fn watch(&self, folder: &Path) -> Result<Option<OwnedFd>, RuntimeError> {
        let Some(holder) = standing::holder(&Folder::new(folder))? else { return Ok(None) };
        if holder.boot_id != standing::boot_id()? {
            return Ok(None);
        }
        holder.shim.alive().map_err(failed("watching the shim of", folder))
    }

    fn signal(&self, folder: &Path, signal: i32) -> Result<(), RuntimeError> {
        let Some(holder) = standing::holder(&Folder::new(folder))? else { return Ok(()) };
        let Some(container) = holder.container.filter(|_| holder.phase >= Phase::Created) else { return Ok(()) };
        if holder.boot_id != standing::boot_id()? {
            return Ok(());
        }
        let doing = "sending a signal to the container in";
        let Some(process) = container.open().map_err(failed(doing, folder))? else { return Ok(()) };
        let what = || RuntimeError::Specification { what: format!("there is no signal {signal}") };
        let named = Signal::from_named_raw(signal).ok_or_else(what)?;
        let folder_of = Folder::new(folder);
        if let Some(ContainerSpec { runtime: Some(program), id, .. }) = standing::spec(&folder_of)? {
            // The process that is known here need not be the container's own: a sandbox may be around it.
            let sent = oci::kill(&program, &folder_of, &id, signal);
            let is_over = || container.alive().is_ok_and(|process| process.is_none());
            return sent.or_else(|error| if is_over() { Ok(()) } else { Err(error) });
        }
        match pidfd_send_signal(process, named) {
            Ok(()) | Err(rustix::io::Errno::SRCH) => Ok(()),
            Err(errno) => Err(failed(doing, folder)(errno.into())),
        }
    }

    fn exec(
        &self,
        folder: &Path,
        process: &ProcessSpec,
        stdio: ExecStdio,
        within: Option<Duration>,
    ) -> Result<Executed, RuntimeError> {
        self.holder_of_running(folder)?;
        let (exit, status) = io::pipe().map_err(failed("making a pipe for", folder))?;
        let descriptors = [stdio.input, stdio.output, stdio.error, status.into()];
        let mut socket = self.request(folder, What::Exec, &descriptors)?;
        drop(descriptors);
        let doing = || format!("running a process in {}", folder.display());
        protocol::write_frame(&mut socket, &Order::Exec { process: process.clone(), within }).map_err(gone(doing()))?;
        match answer(&mut socket, "running a process in", folder)? {
            Answer::Executed { pid } => Ok(Executed { pid, exit: exit.into() }),
            other => Err(unexpected(other, "running a process in", folder)),
        }
    }

    fn meter(&self, folder: &Path) -> Result<Option<Box<dyn Meter>>, RuntimeError> {
        if !matches!(self.look(folder)?, Standing::Running { .. }) {
            return Ok(None);
        }
        let Some(spec) = standing::spec(&Folder::new(folder))? else { return Ok(None) };
        let meter = self.cgroups.meter(&format!("{}/{}", self.group_path(&spec.group), spec.id)).map_err(of_cgroup)?;
        Ok(meter.map(|meter| Box::new(meter) as Box<dyn Meter>))
    }

    fn delete(&self, folder: &Path) -> Result<(), RuntimeError> {
        // The shim of one that waits ends by itself when it hears nothing any more.
        lock(&self.created).remove(folder);
        delete::delete(&Folder::new(folder), &self.cgroups, &self.options.cgroup)
    }
}

/// Names become parts of paths.
fn check_name(name: &str) -> Result<(), RuntimeError> {
    let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    if (1..=64).contains(&name.len()) && name.bytes().all(fits) && name != "shim" {
        return Ok(());
    }
    Err(RuntimeError::Specification { what: format!("{name:?} cannot be the name of a group or container") })
}

fn make_folder(path: &Path, mode: u32) -> Result<(), RuntimeError> {
    fs::DirBuilder::new().mode(mode).create(path).map_err(failed("making", path))
}

fn answer(socket: &mut impl Read, doing: &str, folder: &Path) -> Result<Answer, RuntimeError> {
    let doing = || format!("{doing} the container in {}", folder.display());
    match protocol::read_frame(socket) {
        Ok(Some(Answer::Failed(failure))) => Err(failure.into()),
        Ok(Some(answer)) => Ok(answer),
        Ok(None) => Err(RuntimeError::Shim { doing: doing(), problem: "the shim ended".to_owned() }),
        Err(error) => Err(RuntimeError::Shim { doing: doing(), problem: error.to_string() }),
    }
}

fn unexpected(answer: Answer, doing: &str, folder: &Path) -> RuntimeError {
    let doing = format!("{doing} the container in {}", folder.display());
    RuntimeError::Shim { doing, problem: format!("the shim answered {answer:?}") }
}

fn gone(doing: String) -> impl FnOnce(io::Error) -> RuntimeError {
    move |error| RuntimeError::Shim { doing, problem: error.to_string() }
}

fn failed(verb: &str, path: &Path) -> impl FnOnce(io::Error) -> RuntimeError {
    move |source| RuntimeError::System { doing: format!("{verb} {}", path.display()), source }
}

fn of_cgroup(error: CgroupError) -> RuntimeError {
    error.into()
}

/// What these locks guard is whole between any two instructions.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Descriptors by reference, for sending.
fn borrowed<'a>(first: &'a OwnedFd, more: &'a [OwnedFd]) -> Vec<std::os::fd::BorrowedFd<'a>> {
    std::iter::once(first).chain(more).map(AsFd::as_fd).collect()
}
