//! Which capabilities a container has.

use std::collections::BTreeSet;

use berth_api::acs::docker::HostConfig;
use berth_runtime::Capability;

use super::error::FieldError;

const ALL: &str = "ALL";

/// What Linux knows, up to 5.9; nothing was added since.
const KNOWN: [&str; 41] = [
    "AUDIT_CONTROL",
    "AUDIT_READ",
    "AUDIT_WRITE",
    "BLOCK_SUSPEND",
    "BPF",
    "CHECKPOINT_RESTORE",
    "CHOWN",
    "DAC_OVERRIDE",
    "DAC_READ_SEARCH",
    "FOWNER",
    "FSETID",
    "IPC_LOCK",
    "IPC_OWNER",
    "KILL",
    "LEASE",
    "LINUX_IMMUTABLE",
    "MAC_ADMIN",
    "MAC_OVERRIDE",
    "MKNOD",
    "NET_ADMIN",
    "NET_BIND_SERVICE",
    "NET_BROADCAST",
    "NET_RAW",
    "PERFMON",
    "SETFCAP",
    "SETGID",
    "SETPCAP",
    "SETUID",
    "SYSLOG",
    "SYS_ADMIN",
    "SYS_BOOT",
    "SYS_CHROOT",
    "SYS_MODULE",
    "SYS_NICE",
    "SYS_PACCT",
    "SYS_PTRACE",
    "SYS_RAWIO",
    "SYS_RESOURCE",
    "SYS_TIME",
    "SYS_TTY_CONFIG",
    "WAKE_ALARM",
];

/// Docker's rule: `ALL` added is all but what is dropped, `ALL` dropped is what is added and nothing else; otherwise what is dropped
/// goes from the default, and what is added comes on top.
pub(super) fn of(host: &HostConfig) -> Result<BTreeSet<Capability>, FieldError> {
    let added = names("linuxParameters.capabilities.add", &host.cap_add)?;
    let dropped = names("linuxParameters.capabilities.drop", &host.cap_drop)?;
    let kept = |from: &[&'static str]| -> BTreeSet<&'static str> {
        from.iter().copied().filter(|name| !dropped.contains(name)).collect()
    };
    let set = if added.contains(ALL) {
        kept(&KNOWN)
    } else if dropped.contains(ALL) {
        added
    } else {
        &kept(&Capability::DEFAULT) | &added
    };
    Ok(set.into_iter().map(|name| Capability(name.to_owned())).collect())
}

fn names(field: &'static str, given: &[String]) -> Result<BTreeSet<&'static str>, FieldError> {
    let known = |given: &String| {
        let upper = given.to_ascii_uppercase();
        let name = upper.strip_prefix("CAP_").unwrap_or(&upper);
        let found = std::iter::once(&ALL).chain(&KNOWN).find(|known| **known == name);
        found.copied().ok_or_else(|| FieldError::new(field, format!("there is no capability {given}")))
    };
    given.iter().map(known).collect()
}
