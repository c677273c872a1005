//! Control groups: version 2, version 1, and both at once ("hybrid", where version 1 has the controllers).
//!
//! A path here is one inside every hierarchy, absolute: `/berth/1a2b3c/task/container`.

mod devices;
mod gathering;
mod hierarchy;
mod limits;
mod members;
mod meter;

pub use gathering::Gathering;
pub use hierarchy::{Cgroups, Seen};
pub use meter::{FILES, Meter};

use std::io;
use std::path::{Path, PathBuf};

/// What could not be done to which file of a cgroup.
#[derive(Debug, thiserror::Error)]
#[error("{verb} {}: {source}", path.display())]
pub struct CgroupError {
    /// What was being done.
    pub verb: &'static str,
    /// To what.
    pub path: PathBuf,
    /// What the kernel said.
    pub source: io::Error,
}

fn failed(verb: &'static str, path: &Path) -> impl FnOnce(io::Error) -> CgroupError {
    move |source| CgroupError { verb, path: path.to_owned(), source }
}

#[cfg(test)]
mod tests;
