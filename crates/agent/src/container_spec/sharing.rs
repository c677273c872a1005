//! Namespaces that the containers of a task share, with the host or with each other.
//!
//! What they share with each other has to outlive any one of them: it is held by a container of its own, which is an init and nothing
//! else. In a namespace of processes it is also the first one, and looks after those whose parents are gone.

use std::collections::BTreeSet;
use std::path::Path;

use berth_api::acs;
use berth_runtime::{ContainerSpec, Limits, Output, ProcessSpec, Rootfs, Space};

use super::docker::Wanted;
use super::error::{FieldError, SpecError};
use super::{SHM_BYTES, resources};

/// Nobody, in every image.
const NOBODY: &str = "65534:65534";

/// The mode of a task, where it is one that a task can have.
fn mode<'a>(field: &'static str, given: Option<&'a str>, known: &[&str]) -> Result<Option<&'a str>, FieldError> {
    let given = given.filter(|mode| !mode.is_empty());
    match given.filter(|mode| !known.contains(mode)) {
        Some(other) => Err(FieldError::new(field, format!("there is no mode '{other}'"))),
        None => Ok(given),
    }
}

fn processes(task: &acs::Task) -> Result<Option<&str>, FieldError> {
    mode("pidMode", task.pid_mode.as_deref(), &["host", "task"])
}

fn ipc(task: &acs::Task) -> Result<Option<&str>, FieldError> {
    mode("ipcMode", task.ipc_mode.as_deref(), &["host", "task", "none"])
}

/// Whether the containers share messages and memory with the host.
pub(super) fn shares_ipc_with_host(task: &acs::Task) -> bool {
    task.ipc_mode.as_deref() == Some("host")
}

/// Says in a container's specification whose namespaces it is in. `holder` is the folder of what holds those of the task.
///
/// # Errors
/// There is no such mode.
pub fn share(task: &acs::Task, container: &acs::Container, spec: &mut ContainerSpec, holder: &Path) -> Result<(), SpecError> {
    let space = |mode: Option<&str>| match mode {
        Some("host") => Space::Host,
        Some("task") => Space::Of(holder.to_owned()),
        _ => Space::Own,
    };
    let named = |error: FieldError| error.of(&container.name);
    let (processes, ipc) = (processes(task).map_err(named)?, ipc(task).map_err(named)?);
    (spec.processes, spec.ipc) = (space(processes), space(ipc));
    if ipc == Some("none") {
        spec.shm_bytes = 0;
    }
    Ok(())
}

/// What holds the namespaces that the containers of a task share, given the specification of one of them and a layer without programs; nothing
/// if they share none.
#[must_use]
pub fn holder(task: &acs::Task, spec: &ContainerSpec, layer: &Path) -> Option<ContainerSpec> {
    if ![&spec.processes, &spec.ipc].iter().any(|space| matches!(space, Space::Of(_))) {
        return None;
    }
    let of = |container| Some(Wanted::of(container).ok()?.host.shm_size?.unsigned_abs());
    let asked = task.containers.iter().filter_map(of).filter(|bytes| *bytes > 0).max();
    Some(ContainerSpec {
        id: format!("{}-namespaces", spec.group),
        group: spec.group.clone(),
        rootfs: Rootfs { layers: vec![layer.to_owned()], read_only: true, changes: None },
        process: ProcessSpec {
            args: Vec::new(),
            env: Vec::new(),
            cwd: "/".to_owned(),
            user: NOBODY.to_owned(),
            capabilities: BTreeSet::new(),
            no_new_privileges: true,
            resource_limits: Vec::new(),
            terminal: false,
            apparmor: None,
        },
        init: true,
        open_input: false,
        processes: Space::Own,
        ipc: Space::Own,
        hostname: None,
        network: spec.network.clone(),
        binds: Vec::new(),
        tmpfs: Vec::new(),
        devices: Vec::new(),
        sysctls: Default::default(),
        shm_bytes: asked.unwrap_or(SHM_BYTES),
        privileged: false,
        limits: Limits { cpu_shares: Some(resources::LEAST_SHARES), ..Limits::default() },
        id_map: spec.id_map,
        output: Output::Discard,
        runtime: None,
    })
}
