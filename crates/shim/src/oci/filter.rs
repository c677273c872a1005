//! The profile of system calls, as an OCI specification has it. The runtime makes its own program for the kernel of it.

use rustix::io::Errno;
use rustix::thread::CapabilitySet;
use serde_json::{Value, json};

use crate::profile;

/// The filter of a process with these capabilities: see [`crate::seccomp`], which makes the same of the profile.
pub(super) fn of(capabilities: CapabilitySet) -> Value {
    let mut calls = vec![allow(&profile::ALWAYS.split_whitespace().chain(profile::HERE).collect::<Vec<_>>(), &[])];
    calls.push(allow(&profile::NEWER_NAMES, &[]));
    for (capability, names) in profile::WITH {
        if capabilities.contains(capability) {
            calls.push(allow(names, &[]));
        }
    }
    if capabilities.contains(CapabilitySet::SYS_ADMIN) {
        calls.push(allow(&profile::NEWER_NAMES_WITH_SYS_ADMIN, &[]));
    } else {
        calls.push(allow(
            &["clone"],
            &[json!({ "index": 0, "value": profile::CLONE_NAMESPACES, "valueTwo": 0, "op": "SCMP_CMP_MASKED_EQ" })],
        ));
        let missing = Errno::NOSYS.raw_os_error();
        calls.push(json!({ "names": ["clone3"], "action": "SCMP_ACT_ERRNO", "errnoRet": missing }));
    }
    for value in profile::PERSONALITIES {
        calls.push(allow(&["personality"], &[json!({ "index": 0, "value": value, "op": "SCMP_CMP_EQ" })]));
    }
    calls.push(allow(&["socket"], &[json!({ "index": 0, "value": profile::FAMILIES_BELOW, "op": "SCMP_CMP_LT" })]));
    for family in profile::FAMILIES {
        calls.push(allow(&["socket"], &[json!({ "index": 0, "value": family, "op": "SCMP_CMP_EQ" })]));
    }
    json!({
        "defaultAction": "SCMP_ACT_ERRNO",
        "defaultErrnoRet": Errno::PERM.raw_os_error(),
        "architectures": architectures(),
        "syscalls": calls,
    })
}

fn allow(names: &[&str], when: &[Value]) -> Value {
    json!({ "names": names, "action": "SCMP_ACT_ALLOW", "args": when })
}

#[cfg(target_arch = "x86_64")]
fn architectures() -> &'static [&'static str] {
    &["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"]
}

#[cfg(target_arch = "aarch64")]
fn architectures() -> &'static [&'static str] {
    &["SCMP_ARCH_AARCH64", "SCMP_ARCH_ARM"]
}

/// The runtime's own.
#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
fn architectures() -> &'static [&'static str] {
    &[]
}
