//! Settings of the kernel, which a container may have where its namespaces are its own.

use std::collections::BTreeMap;

use berth_api::acs::docker::HostConfig;
use berth_runtime::Network;

use super::error::FieldError;

const FIELD: &str = "systemControls";
/// Those of the namespace for messages and shared memory, besides `fs.mqueue.*`.
const IPC: [&str; 8] = [
    "kernel.msgmax",
    "kernel.msgmnb",
    "kernel.msgmni",
    "kernel.sem",
    "kernel.shmall",
    "kernel.shmmax",
    "kernel.shmmni",
    "kernel.shm_rmid_forced",
];

/// `shares_ipc`: with the host.
pub(super) fn of(host: &HostConfig, network: &Network, shares_ipc: bool) -> Result<BTreeMap<String, String>, FieldError> {
    for (name, value) in &host.sysctls {
        let refused = |why: &str| Err(FieldError::new(FIELD, format!("sysctl '{name}' {why}")));
        let letters = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '.' | '_' | '-');
        let of_network = name.starts_with("net.");
        let of_ipc = name.starts_with("fs.mqueue.") || IPC.contains(&name.as_str());
        if !name.chars().all(letters) || name.split('.').any(str::is_empty) || value.contains('\0') {
            return refused("is no setting of the kernel");
        }
        if !of_network && !of_ipc {
            return refused("is not separately kernel namespaced");
        }
        if of_network && *network == Network::Host {
            return refused("not allowed in host network namespace");
        }
        if of_ipc && shares_ipc {
            return refused("not allowed in host ipc namespace");
        }
    }
    Ok(host.sysctls.clone())
}
