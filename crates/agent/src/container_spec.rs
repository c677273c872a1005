//! What a container of a task is to the runtime: a task's words and an image's defaults, put together as Docker does.
//!
//! - Pure but for [`EtcFiles::write`]: no clock, no environment, no question to the machine; what is known of it comes in as [`NodeFacts`].
//! - Nothing is ignored in silence: what cannot be done is a [`SpecError`] that names container and field.

mod capabilities;
mod connection;
mod devices;
mod docker;
mod error;
mod etc_files;
mod health_check;
mod limits;
mod process;
mod refusals;
mod resources;
mod sharing;
mod signal;
mod sysctls;
mod tmpfs;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::path::Path;

use berth_api::acs;
use berth_runtime::{ContainerSpec, Network, Output, Rootfs, Space};

use crate::images::Resolved;
use docker::Wanted;
use error::FieldError;

pub use connection::{Connection, NetworkMode, is_fargate, network_mode};
pub use error::SpecError;
pub use etc_files::{EtcFile, EtcFiles};
pub use health_check::{check_command, checks};
pub use resources::{group, runtime_id};
pub use sharing::{holder, share};
pub use signal::stop_signal;

/// What is known of this machine.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NodeFacts {
    /// Its name.
    pub hostname: String,
    /// Its `/etc/hosts`.
    pub hosts: String,
    /// Its `/etc/resolv.conf`.
    pub resolv_conf: String,
    /// The most that a process here can be given, by the names of `ulimits`.
    pub hard_limits: BTreeMap<&'static str, u64>,
    /// How many processes and threads there can be on it.
    pub processes: Option<u64>,
    /// The one that systemd-resolved was given, which names those whom it asks.
    pub upstream_resolv_conf: String,
}

impl NodeFacts {
    /// Asks the machine. Files that are not there are empty.
    #[must_use]
    pub fn read() -> Self {
        let text = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
        let hostname = rustix::system::uname().nodename().to_string_lossy().into_owned();
        Self {
            hostname,
            hosts: text("/etc/hosts"),
            resolv_conf: text("/etc/resolv.conf"),
            hard_limits: limits::of_this_process(),
            processes: limits::processes(&["pid_max", "threads-max"].map(|name| text(&format!("/proc/sys/kernel/{name}")))),
            upstream_resolv_conf: text("/run/systemd/resolve/resolv.conf"),
        }
    }
}

/// Bytes of `/dev/shm` where nothing is said.
const SHM_BYTES: u64 = 64 << 20;

/// What a container is to the runtime. Its [`etc_files`] have to be written to `etc` before it is made.
///
/// # Errors
/// A field asks for what cannot be, or cannot be done here.
pub fn of(
    task: &acs::Task,
    container: &acs::Container,
    image: &Resolved,
    node: &NodeFacts,
    connection: &Connection,
    log: Output,
    etc: &Path,
) -> Result<ContainerSpec, SpecError> {
    assemble(task, container, image, node, connection, log, etc).map_err(|error| error.of(&container.name))
}

/// What a container asks for and gets less of on this machine, in words for its operator.
///
/// # Errors
/// As [`of`].
pub fn lowered(container: &acs::Container, node: &NodeFacts) -> Result<Vec<String>, SpecError> {
    let wanted = Wanted::of(container).map_err(|error| error.of(&container.name))?;
    Ok(limits::lowered(&wanted.host, &node.hard_limits))
}

/// The files of a container's own in `/etc`.
///
/// # Errors
/// As [`of`].
pub fn etc_files(
    task: &acs::Task,
    container: &acs::Container,
    node: &NodeFacts,
    connection: &Connection,
) -> Result<EtcFiles, SpecError> {
    let files = || {
        let wanted = Wanted::of(container)?;
        Ok(EtcFiles::of(connection, &wanted.host, &hostname(task, &wanted, connection, node), node))
    };
    files().map_err(|error: FieldError| error.of(&container.name))
}

fn assemble(
    task: &acs::Task,
    container: &acs::Container,
    image: &Resolved,
    node: &NodeFacts,
    connection: &Connection,
    log: Output,
    etc: &Path,
) -> Result<ContainerSpec, FieldError> {
    let wanted = Wanted::of(container)?;
    refusals::check(task, &wanted)?;
    refusals::check_fargate(task, &wanted, connection)?;
    health_check::command(&wanted)?;
    let (host, network) = (&wanted.host, connection.network.clone());
    let hostname = hostname(task, &wanted, connection, node);
    let read_only = host.readonly_rootfs == Some(true);
    let shm = host.shm_size.filter(|bytes| *bytes > 0);
    Ok(ContainerSpec {
        id: runtime_id(task, container),
        group: group(task).name,
        rootfs: Rootfs { layers: image.layers.clone(), read_only, changes: None },
        process: process::of(&wanted, &image.config, &hostname, &connection.environment)?,
        init: host.init == Some(true),
        open_input: wanted.config.open_stdin == Some(true),
        // As `share` has them.
        processes: Space::Own,
        ipc: Space::Own,
        binds: EtcFiles::of(connection, host, &hostname, node).binds(etc, read_only),
        tmpfs: tmpfs::of(host)?,
        devices: devices::of(host)?,
        sysctls: sysctls::of(host, &network, sharing::shares_ipc_with_host(task))?,
        // On the host's network a container has the host's name, unless it asks for another one.
        // On the host's network a container has the host's name, unless it asks for another one.
        hostname: (network != Network::Host || hostname != node.hostname).then_some(hostname),
        network,
        shm_bytes: shm.and_then(|bytes| u64::try_from(bytes).ok()).unwrap_or(SHM_BYTES),
        privileged: host.privileged == Some(true),
        limits: resources::of(container, host, node)?,
        id_map: connection.ids,
        output: log,
        runtime: None,
    })
}

/// The name of the machine that the container sees.
fn hostname(task: &acs::Task, wanted: &Wanted<'_>, connection: &Connection, node: &NodeFacts) -> String {
    match (wanted.config.hostname.as_ref().or(connection.hostname.as_ref()), &connection.network) {
        (Some(name), _) if !name.is_empty() => name.clone(),
        (_, Network::Host) => node.hostname.clone(),
        // As Docker's short ids.
        _ => group(task).name.chars().take(12).collect(),
    }
}
