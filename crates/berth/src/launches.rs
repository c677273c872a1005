//! How long each step of a launch took. Whoever takes a step says so in an event with the target `launch`; each process collects the
//! steps of a task until its own part is over, and then appends them to a file of its own, where `berth trace` finds them. Nothing of it
//! goes over the network or into the log, and no control plane or agent has to know that of another.

mod collector;
mod file;
mod launch;

pub(crate) use collector::layer;
pub(crate) use file::{Problem, find};
pub(crate) use launch::{Launch, Part};

use std::path::Path;

/// Keeps what is collected in this process in a folder from now on.
pub(crate) fn keep(folder: &Path, part: Part) {
    collector::keep(file::Writer::start(folder.to_owned()), part);
}
