//! The trait behind which containers are made.

use std::fmt;
use std::os::fd::OwnedFd;
use std::path::Path;
use std::time::Duration;

use crate::error::RuntimeError;
use crate::outcome::{Standing, Step, Usage};
use crate::spec::{ContainerSpec, Group, ProcessSpec};

/// Makes, holds and ends containers. Each has a folder, which must be absolute, on a file system that can be an overlay's upper
/// layer, and not be used for anything else; the folder names the container in every call. Calls block; those on different
/// folders may run at the same time, those on the same folder must not.
pub trait Runtime: fmt::Debug + Send + Sync {
    /// Makes the cgroups of a group, or sets their limits if they are there.
    ///
    /// # Errors
    /// The kernel refuses.
    fn make_group(&self, group: &Group) -> Result<(), RuntimeError>;

    /// Removes the cgroups of a group that has no containers any more. One that is not there is no error.
    ///
    /// # Errors
    /// Something still runs in it, or the kernel refuses.
    fn remove_group(&self, name: &str) -> Result<(), RuntimeError>;

    /// Makes a container that waits to be started. The folder is made; it must not exist.
    ///
    /// # Errors
    /// Something of it cannot be made; nothing is left but the folder, which [`Self::delete`] removes.
    fn create(&self, folder: &Path, spec: &ContainerSpec) -> Result<(), RuntimeError>;

    /// Starts a created container. When it returns, the program has begun, and a restart of the caller finds it running.
    ///
    /// # Errors
    /// The program cannot be run (its error says which one and why); the container is over.
    fn start(&self, folder: &Path) -> Result<Standing, RuntimeError>;

    /// What it took to make and start a container, step by step; known once, after [`Self::start`].
    fn take_steps(&self, folder: &Path) -> Vec<Step> {
        let _ = folder;
        Vec::new()
    }

    /// Makes a container that is over once more, to be started again: it is what it was, and what it changed in its file system and what
    /// it wrote stay. Can be repeated after a failure.
    ///
    /// # Errors
    /// As [`Self::create`].
    fn recreate(&self, folder: &Path) -> Result<(), RuntimeError>;

    /// What the container was made to be; nothing if it is not there.
    ///
    /// # Errors
    /// The folder cannot be read.
    fn specification(&self, folder: &Path) -> Result<Option<ContainerSpec>, RuntimeError>;

    /// How the container stands.
    ///
    /// # Errors
    /// The folder cannot be read, or holds what a newer version wrote.
    fn look(&self, folder: &Path) -> Result<Standing, RuntimeError>;

    /// A descriptor that becomes readable when the container's standing may have changed for the last time: look again then.
    /// Nothing if there is nothing to wait for.
    ///
    /// # Errors
    /// The kernel refuses.
    fn watch(&self, folder: &Path) -> Result<Option<OwnedFd>, RuntimeError>;

    /// Sends a signal to the container's first process. One that is over is no error.
    ///
    /// # Errors
    /// The kernel refuses.
    fn signal(&self, folder: &Path, signal: i32) -> Result<(), RuntimeError>;

    /// Runs one more process in a running container, confined as its first one is. If it may only run for some time, it is killed when that
    /// is over, whatever becomes of the caller, and what it started ends with it.
    ///
    /// # Errors
    /// The container does not run, or the program cannot be run.
    fn exec(
        &self,
        folder: &Path,
        process: &ProcessSpec,
        stdio: ExecStdio,
        within: Option<Duration>,
    ) -> Result<Executed, RuntimeError>;

    /// A meter of what a container takes; nothing if it does not run.
    ///
    /// # Errors
    /// The kernel refuses.
    fn meter(&self, folder: &Path) -> Result<Option<Box<dyn Meter>>, RuntimeError>;

    /// What a container has taken; nothing if it does not run. Whoever asks again and again keeps a [`Self::meter`].
    ///
    /// # Errors
    /// The kernel refuses.
    fn usage(&self, folder: &Path) -> Result<Option<Usage>, RuntimeError> {
        self.meter(folder)?.map_or(Ok(None), |meter| meter.read(&mut Vec::new()))
    }

    /// Kills all that runs in a container and removes all that was made for it, the folder last. Can be repeated after a failure, and
    /// a container that is not there is no error.
    ///
    /// # Errors
    /// Something cannot be removed.
    fn delete(&self, folder: &Path) -> Result<(), RuntimeError>;
}

/// Says what one container has taken, as often as it is asked, at little cost.
pub trait Meter: fmt::Debug + Send {
    /// What it has taken until now; nothing once it is gone. `text` is what is read into: whoever asks many meters keeps it.
    ///
    /// # Errors
    /// The kernel refuses.
    fn read(&self, text: &mut Vec<u8>) -> Result<Option<Usage>, RuntimeError>;
}

impl Meter for crate::cgroup::Meter {
    fn read(&self, text: &mut Vec<u8>) -> Result<Option<Usage>, RuntimeError> {
        Self::read(self, text).map_err(RuntimeError::from)
    }
}

/// The three descriptors of a process that is run in a container.
#[derive(Debug)]
pub struct ExecStdio {
    /// Its standard input.
    pub input: OwnedFd,
    /// Its standard output.
    pub output: OwnedFd,
    /// Its standard error.
    pub error: OwnedFd,
}

/// A process that runs in a container.
#[derive(Debug)]
pub struct Executed {
    /// The process, in the host's numbering.
    pub pid: u32,
    /// One little-endian `i32` can be read from it when the process is over, its exit code as [`Ended::code`], or [`TIMED_OUT`]; nothing
    /// if whoever waited for it was killed.
    ///
    /// [`Ended::code`]: crate::Ended::code
    pub exit: OwnedFd,
}

/// What stands for an exit code when a process was killed because its time was over.
pub const TIMED_OUT: i32 = -1;
