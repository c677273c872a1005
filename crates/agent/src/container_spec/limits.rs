//! Limits of a container's first process, as `setrlimit` has them.

use berth_api::acs::docker::HostConfig;
use berth_runtime::ResourceLimit;

use super::error::FieldError;

/// What the kernel knows by name.
const KNOWN: [&str; 15] = [
    "core",
    "cpu",
    "data",
    "fsize",
    "locks",
    "memlock",
    "msgqueue",
    "nice",
    "nofile",
    "nproc",
    "rss",
    "rtprio",
    "rttime",
    "sigpending",
    "stack",
];

/// Open files where nothing is said: Fargate's figure, on every launch type.
const OPEN_FILES: u64 = 65_535;

pub(super) fn of(host: &HostConfig) -> Result<Vec<ResourceLimit>, FieldError> {
    let mut limits = Vec::with_capacity(host.ulimits.len() + 1);
    for given in &host.ulimits {
        let refused = |problem: String| FieldError::new("ulimits", problem);
        if !KNOWN.contains(&given.name.as_str()) {
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
