//! What a process in a container may do, and the taking away of the rest.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::Path;

use berth_runtime::{Capability, ContainerSpec, ProcessSpec, ResourceLimit};
use rustix::process::{Resource, Rlimit, getrlimit};
use rustix::thread::{
    CapabilitySet, CapabilitySets, capabilities, clear_ambient_capability_set, set_capabilities, set_no_new_privs,
};
use serde_json::{Value, json};

use crate::failure::{Result, failed, refused, wrong};
use crate::launcher::Prepared;
use crate::seccomp::Filter;
use crate::system;

/// How a process in a container is confined.
#[derive(Debug, Clone)]
pub(crate) struct Confinement {
    /// The bounding set, and for root the permitted and effective ones. All other sets are empty.
    pub(crate) capabilities: CapabilitySet,
    pub(crate) root: bool,
    pub(crate) no_new_privileges: bool,
    /// Nothing for a privileged container.
    pub(crate) filter: Option<Filter>,
    /// The profile of AppArmor.
    pub(crate) apparmor: Option<String>,
}

impl Confinement {
    pub(crate) fn of(spec: &ContainerSpec, process: &ProcessSpec, root: bool, prepared: &mut Prepared) -> Result<Self> {
        let (unified, filters) = (prepared.cgroups.is_unified(), &mut prepared.filters);
        let (capabilities, filter) = if spec.privileged {
            (available()?, None)
        } else {
            let wanted = capability_set(&process.capabilities)?;
            let given = wanted & available()?;
            // Version 2's list of devices is a program that the library loads only with more libraries. Without a list nobody may
            // make device nodes, and those of images are not opened: see `root::mount_layers`.
            let given = if unified { given - CapabilitySet::MKNOD } else { given };
            (given, Some(filters.get(wanted)?.clone()))
        };
        let (no_new_privileges, apparmor) = (process.no_new_privileges, process.apparmor.clone());
        Ok(Self { capabilities, root, no_new_privileges, filter, apparmor })
    }

    /// What this process must still be able to do when it applies this: install a filter, and lower its bounding set.
    pub(crate) fn needed(&self) -> CapabilitySet {
        self.capabilities | CapabilitySet::SYS_ADMIN | CapabilitySet::SETPCAP
    }

    /// Confines this process for good. The filter comes first, while capabilities are there that allow it without
    /// no_new_privileges; it allows all that comes after.
    pub(crate) fn apply(&self) -> Result<()> {
        if let Some(profile) = &self.apparmor {
            await_profile(profile)?;
        }
        if self.no_new_privileges {
            set_no_new_privs(true).map_err(refused("setting no_new_privileges"))?;
        }
        if let Some(filter) = &self.filter {
            system::install_filter(filter).map_err(failed("installing the system call filter"))?;
        }
        clear_ambient_capability_set().map_err(refused("clearing the ambient capabilities"))?;
        for number in 0..64 {
            let kept = self.capabilities.bits() & (1 << number) != 0;
            match system::in_bounding_set(number) {
                Ok(true) if !kept => {
                    system::drop_from_bounding_set(number).map_err(failed("lowering the capability bounding set"))?;
                }
                Ok(_) => {}
                // No such capability, and none after it.
                Err(_) => break,
            }
        }
        let kept = if self.root { self.capabilities } else { CapabilitySet::empty() };
        let sets = CapabilitySets { effective: kept, permitted: kept, inheritable: CapabilitySet::empty() };
        set_capabilities(None, sets).map_err(refused("giving up capabilities"))
    }
}

/// Has the kernel confine the program that this process becomes next. By the container's own `/proc`, where this process is itself.
fn await_profile(profile: &str) -> Result<()> {
    let order = format!("exec {profile}");
    // The kernel's name for AppArmor alone, and before Linux 5.8 the one for whichever module there is.
    let places = ["/proc/self/attr/apparmor/exec", "/proc/self/attr/exec"].map(Path::new);
    let place = places.into_iter().find(|place| place.exists()).unwrap_or(places[1]);
    fs::write(place, order).map_err(failed(format!("taking on the AppArmor profile {profile}: is it loaded?")))
}

/// The set of some names.
pub(crate) fn capability_set(names: &BTreeSet<Capability>) -> Result<CapabilitySet> {
    let mut set = CapabilitySet::empty();
    for capability in names {
        let name = capability.0.as_str();
        set |= CapabilitySet::from_name(name).ok_or_else(|| wrong(format!("there is no capability {name}")))?;
    }
    Ok(set)
}

/// What this process has, and can thus give.
fn available() -> Result<CapabilitySet> {
    Ok(capabilities(None).map_err(refused("reading this process's capabilities"))?.permitted)
}

const RESOURCES: [(&str, Resource); 16] = [
    ("as", Resource::As),
    ("core", Resource::Core),
    ("cpu", Resource::Cpu),
    ("data", Resource::Data),
    ("fsize", Resource::Fsize),
    ("locks", Resource::Locks),
    ("memlock", Resource::Memlock),
    ("msgqueue", Resource::Msgqueue),
    ("nice", Resource::Nice),
    ("nofile", Resource::Nofile),
    ("nproc", Resource::Nproc),
    ("rss", Resource::Rss),
    ("rtprio", Resource::Rtprio),
    ("rttime", Resource::Rttime),
    ("sigpending", Resource::Sigpending),
    ("stack", Resource::Stack),
];

/// The limits of a process, lowered to what this process can give.
pub(crate) fn limits(asked: &[ResourceLimit]) -> Result<Vec<(&str, Resource, Rlimit)>> {
    asked.iter().map(limit).collect()
}

/// The same, as an OCI specification has them.
pub(crate) fn limits_text(asked: &[ResourceLimit]) -> Result<Vec<Value>> {
    let value = |value: Option<u64>| value.unwrap_or(u64::MAX);
    let text = |(name, _, limit): (&str, Resource, Rlimit)| json!({ "type": format!("RLIMIT_{}", name.to_uppercase()), "soft": value(limit.current), "hard": value(limit.maximum) });
    Ok(limits(asked)?.into_iter().map(text).collect())
}

fn limit(asked: &ResourceLimit) -> Result<(&str, Resource, Rlimit)> {
    let name = asked.name.as_str();
    let known = RESOURCES.iter().find(|(known, _)| *known == name);
    let resource = known.ok_or_else(|| wrong(format!("there is no resource limit {name}")))?.1;
    if asked.soft > asked.hard {
        return Err(wrong(format!("the soft limit of {name}, {}, is above the hard one, {}", asked.soft, asked.hard)));
    }
    let hard = asked.hard.min(getrlimit(resource).maximum.unwrap_or(u64::MAX));
    let finite = |value: u64| (value != u64::MAX).then_some(value);
    Ok((name, resource, Rlimit { current: finite(asked.soft.min(hard)), maximum: finite(hard) }))
}

/// The name of an error, as people know it.
pub(crate) fn describe(errno: rustix::io::Errno) -> String {
    let text = io::Error::from(errno).to_string();
    text.split(" (os error").next().unwrap_or_default().to_lowercase()
}
