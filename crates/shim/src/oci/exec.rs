//! One more process in a container that a runtime made: the runtime runs it.

use std::fs::{self, File};
use std::io::Write;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use berth_runtime::cgroup::Gathering;
use berth_runtime::{ContainerSpec, Folder, ProcessSpec};
use rustix::fs::{MemfdFlags, memfd_create};
use rustix::process::Pid;

use super::making::process_of;
use super::program::{FIRST_KEPT, Given, Runtime};
use super::specification;
use crate::confinement::Confinement;
use crate::failure::{Result, broken, failed, refused, wrong};
use crate::identity::Identity;
use crate::launcher::Prepared;
use crate::root::Root;
use crate::{stage, system};

/// What is to be run, and where.
pub(crate) struct Joining<'a> {
    pub(crate) program: &'a Path,
    pub(crate) folder: &'a Path,
    pub(crate) spec: &'a ContainerSpec,
    /// The container's first process.
    pub(crate) first: i32,
    pub(crate) process: &'a ProcessSpec,
    pub(crate) stdio: &'a [OwnedFd; 3],
    /// What it and all that it starts are to be in.
    pub(crate) gathering: Option<&'a Gathering>,
}

/// Runs a process, and returns it: it is a child of this one.
pub(crate) fn begin(joining: &Joining<'_>, prepared: &mut Prepared) -> Result<Pid> {
    let Joining { program, folder, spec, first, process, stdio, gathering } = *joining;
    if process.terminal {
        return Err(wrong("a further process in a container gets no terminal yet"));
    }
    stage::stand_in()?;
    let folder = Folder::new(folder);
    let text = specification(first, spec, process, prepared)?;
    let mut specified = File::from(memfd_create("process", MemfdFlags::CLOEXEC).map_err(refused("describing a process"))?);
    specified.write_all(&text).map_err(failed("describing a process"))?;
    let record = Record(folder.bundle().join(format!("exec-{}", std::process::id())));
    let path = format!("/proc/self/fd/{FIRST_KEPT}");
    let mut words = vec![b"exec".as_slice(), b"--detach", b"--process", path.as_bytes()];
    words.extend([b"--pid-file", record.0.as_os_str().as_bytes()]);
    let below = gathering.map(Gathering::name);
    if let Some(below) = &below {
        words.extend([b"--cgroup".as_slice(), below.as_bytes()]);
    }
    words.push(spec.id.as_bytes());
    let of = process.args.first().map(String::as_str).unwrap_or_default();
    let runtime = Runtime { program, folder: &folder, of };
    let given = Given { stdio: stdio.each_ref().map(AsFd::as_fd), kept: Vec::new(), own: vec![specified.as_fd()] };
    system::adopt_orphans(true).map_err(failed("adopting what is left behind"))?;
    runtime.run(&words, &given)?;
    let pid = process_of(&record.0)?;
    system::adopt_orphans(false).map_err(failed("leaving orphans to others"))?;
    Pid::from_raw(pid).ok_or_else(|| broken("running a process", &format!("its number is {pid}")))
}

/// What the runtime is told of a process. Who it is, is looked up in the container's own files, from outside.
fn specification(first: i32, spec: &ContainerSpec, process: &ProcessSpec, prepared: &mut Prepared) -> Result<Vec<u8>> {
    let root = Root::open(&PathBuf::from(format!("/proc/{first}/root")), spec.id_map.map(|map| map.first))?;
    let identity = Identity::find(&root, &process.user)?;
    let (cwd, _) = root.make_folders(&process.cwd)?;
    let confinement = Confinement::of(spec, process, identity.user == 0, prepared)?;
    let process = specification::process(process, &identity, &cwd, &confinement)?;
    serde_json::to_vec(&process).map_err(|error| broken("describing a process", &error))
}

/// A file that is removed when it is of no use any more.
struct Record(PathBuf);

impl Drop for Record {
    fn drop(&mut self) {
        // What stays goes with the container.
        let _ = fs::remove_file(&self.0);
    }
}
