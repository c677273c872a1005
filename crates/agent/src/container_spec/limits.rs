//! Limits of a container's first process, as `setrlimit` has them.

use std::collections::BTreeMap;

use berth_api::acs::docker::{HostConfig, Ulimit};
use berth_runtime::ResourceLimit;
use rustix::process::{Resource, getrlimit};

use super::error::FieldError;

/// What the kernel knows by name.
const KNOWN: [(&str, Resource); 15] = [
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

/// Open files where nothing is said: Fargate's figure, on every launch type.
const OPEN_FILES: u64 = 65_535;

/// The least of several settings of the kernel, of which each alone limits how many processes there are.
pub(super) fn processes(settings: &[String]) -> Option<u64> {
    settings.iter().filter_map(|setting| setting.trim().parse().ok()).min()
}

pub(super) fn of(host: &HostConfig) -> Result<Vec<ResourceLimit>, FieldError> {
    let mut limits = Vec::with_capacity(host.ulimits.len() + 1);
    for given in &host.ulimits {
        let refused = |problem: String| FieldError::new("ulimits", problem);
        if KNOWN.iter().all(|(known, _)| *known != given.name) {
            return Err(refused(format!("there is no limit {}", given.name)));
        }
        // -1 is no limit.
        let value = |value: i64| u64::try_from(value).or(if value == -1 { Ok(u64::MAX) } else { Err(()) });
        let (Ok(soft), Ok(hard)) = (value(given.soft), value(given.hard)) else {
            return Err(refused(format!("{} is below zero", given.name)));
        };
        if soft > hard {
            return Err(refused(format!("{}: the soft limit {} is above the hard limit {}", given.name, given.soft, given.hard)));
        }
        limits.push(ResourceLimit { name: given.name.clone(), soft, hard });
    }
    if limits.iter().all(|limit| limit.name != "nofile") {
        limits.push(ResourceLimit { name: "nofile".to_owned(), soft: OPEN_FILES, hard: OPEN_FILES });
    }
    Ok(limits)
}

/// This process's own hard limits, above which nothing can be given. What has none is left out.
pub(super) fn of_this_process() -> BTreeMap<&'static str, u64> {
    KNOWN.iter().filter_map(|&(name, resource)| Some((name, getrlimit(resource).maximum?))).collect()
}

/// What a container asks for and does not get, in words: the runtime lowers it to `most`.
pub(super) fn lowered(host: &HostConfig, most: &BTreeMap<&'static str, u64>) -> Vec<String> {
    let lowered = |given: &Ulimit| {
        let most = *most.get(given.name.as_str())?;
        let asked = u64::try_from(given.hard).unwrap_or(u64::MAX);
        (asked > most).then(|| format!("ulimit {} of {} is lowered to this agent's own, {most}", given.name, given.hard))
    };
    host.ulimits.iter().filter_map(lowered).collect()
}
