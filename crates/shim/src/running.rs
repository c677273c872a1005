//! The first process of a container that runs.

use std::fs;
use std::os::fd::OwnedFd;

use berth_runtime::{Folder, Holder, Mark, Phase, boot_id};

use crate::failure::{Result, at, broken, failed};

/// Finds it; nothing if the container does not run.
pub(crate) fn first_process(folder: &Folder) -> Result<Option<(Mark, OwnedFd)>> {
    let path = folder.holder();
    let text = fs::read(&path).map_err(at("reading", &path))?;
    let holder = Holder::last(&text).map_err(|error| broken(&format!("reading {}", path.display()), &error))?;
    let boot = boot_id().map_err(failed("reading the boot id"))?;
    let runs = holder.filter(|holder| holder.phase == Phase::Running && holder.boot_id == boot);
    let Some(mark) = runs.and_then(|holder| holder.container) else { return Ok(None) };
    let process = mark.alive().map_err(failed("looking at a container's first process"))?;
    Ok(process.map(|process| (mark, process)))
}
