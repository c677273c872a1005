//! A container's making and start by a runtime.

use std::fs::{self, File};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use berth_runtime::{ContainerSpec, Folder};

use super::program::{FIRST_KEPT, Given, Runtime};
use crate::failure::{Result, at, broken, failed};
use crate::init::Init;
use crate::system;

/// Where an init of ours says why the program cannot begin.
pub(super) const FAILURE: i32 = FIRST_KEPT;
/// This program, for an init.
pub(super) const INIT: i32 = FIRST_KEPT + 1;

/// What there is to be made.
pub(crate) struct Making<'a> {
    pub(crate) program: &'a Path,
    pub(crate) folder: &'a Folder,
    pub(crate) spec: &'a ContainerSpec,
    /// Where it is to be said why the program cannot begin.
    pub(crate) failure: OwnedFd,
    /// Held by all that work on the container.
    pub(crate) lock: BorrowedFd<'a>,
    /// Its standard streams; nothing if it has a console.
    pub(crate) stdio: Option<[OwnedFd; 3]>,
    /// The socket to which its terminal is sent.
    pub(crate) console: Option<PathBuf>,
}

/// Has a container made of its bundle, and returns its first process, which waits to be started and is a child of this one.
pub(crate) fn make(making: Making<'_>) -> Result<i32> {
    let Making { program, folder, spec, failure, lock, stdio, console } = making;
    let library = folder.library();
    fs::create_dir(&library).map_err(at("making", &library))?;
    let runtime = Runtime { program, folder, of: name(spec) };
    let nothing = File::options().read(true).write(true).open("/dev/null").map_err(failed("opening /dev/null"))?;
    let stdio = match &stdio {
        Some([input, output, error]) => [input.as_fd(), output.as_fd(), error.as_fd()],
        None => [nothing.as_fd(); 3],
    };
    let init = spec.init.then(Init::open).transpose()?;
    let kept: Vec<BorrowedFd<'_>> = init.iter().flat_map(|init| [failure.as_fd(), init.descriptor()]).collect();
    let (bundle, record, count) = (folder.bundle(), folder.bundle().join("pid"), kept.len().to_string());
    let mut words = vec![b"create".as_slice(), b"--bundle", bundle.as_os_str().as_bytes()];
    words.extend([b"--pid-file", record.as_os_str().as_bytes()]);
    if !kept.is_empty() {
        words.extend([b"--preserve-fds".as_slice(), count.as_bytes()]);
    }
    // The name of a socket is short, a path need not be.
    let parent = console.as_ref().map(|_| File::open(folder.path()).map_err(at("opening", folder.path()))).transpose()?;
    let name = |path: &PathBuf| path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let number = parent.as_ref().map(AsRawFd::as_raw_fd).unwrap_or_default();
    let console = console.as_ref().map(|path| format!("/proc/{}/fd/{number}/{}", std::process::id(), name(path)));
    if let Some(console) = &console {
        words.extend([b"--console-socket".as_slice(), console.as_bytes()]);
    }
    words.push(spec.id.as_bytes());
    // The container is a child of the runtime, which is about to end.
    system::adopt_orphans(true).map_err(failed("adopting what is left behind"))?;
    let made = runtime.run(&words, &Given { stdio, kept, own: vec![lock] });
    system::adopt_orphans(false).map_err(failed("leaving orphans to others"))?;
    made?;
    process_of(&record)
}

/// The process whose number a runtime has written down.
pub(super) fn process_of(record: &Path) -> Result<i32> {
    let text = fs::read_to_string(record).map_err(at("reading", record))?;
    text.trim().parse().map_err(|_| broken(&format!("reading {}", record.display()), &format!("{text:?} is no process")))
}

/// Starts a container that was made.
pub(crate) fn start(program: &Path, folder: &Folder, spec: &ContainerSpec) -> Result<()> {
    let runtime = Runtime { program, folder, of: name(spec) };
    let nothing = File::options().read(true).write(true).open("/dev/null").map_err(failed("opening /dev/null"))?;
    let given = Given { stdio: [nothing.as_fd(); 3], kept: Vec::new(), own: Vec::new() };
    runtime.run(&[b"start", spec.id.as_bytes()], &given)
}

/// Of the program, for messages.
fn name(spec: &ContainerSpec) -> &str {
    spec.process.args.first().map(String::as_str).unwrap_or_default()
}
