//! What this machine is.

use std::fs;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use berth_model::Timestamp;
use berth_plan::node::Uptime;
use rustix::time::{ClockId, clock_gettime};

use crate::error::AgentError;

/// What this machine is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Machine {
    /// Processors that this process may use.
    pub(crate) processors: u32,
    /// Memory in MiB.
    pub(crate) memory: u32,
    /// Names the time since it was started.
    pub(crate) boot: String,
}

impl Machine {
    pub(crate) fn read() -> Result<Self, AgentError> {
        let fail = |what, problem: String| AgentError::Machine { what, problem };
        let processors = std::thread::available_parallelism().map_err(|error| fail("the processors", error.to_string()))?;
        let read = |what, path| fs::read_to_string(path).map_err(|error| fail(what, format!("{path}: {error}")));
        let memory = read("the memory", "/proc/meminfo")?;
        let boot = read("the boot id", "/proc/sys/kernel/random/boot_id")?;
        Ok(Self {
            processors: u32::try_from(processors.get()).unwrap_or(u32::MAX),
            memory: total(&memory).ok_or_else(|| fail("the memory", "/proc/meminfo has no MemTotal".to_owned()))?,
            boot: boot.trim().to_owned(),
        })
    }
}

/// All memory in MiB, of a meminfo's lines such as `MemTotal:  16384 kB`.
fn total(meminfo: &str) -> Option<u32> {
    let line = meminfo.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    u32::try_from(kib / 1024).ok()
}

/// Time since the machine was started, sleep included.
pub(crate) fn uptime() -> Uptime {
    let time = clock_gettime(ClockId::Boottime);
    let seconds = u64::try_from(time.tv_sec).unwrap_or(0);
    Uptime(Duration::new(seconds, u32::try_from(time.tv_nsec).unwrap_or(0)))
}

/// What people call the time.
pub(crate) fn wall() -> Timestamp {
    timestamp(SystemTime::now())
}

pub(crate) fn timestamp(time: SystemTime) -> Timestamp {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_what_the_kernel_says_in_whole_mib() {
        assert_eq!(total("MemTotal:       16307720 kB\nMemFree: 1 kB\n"), Some(15925));
        assert_eq!(total("MemFree: 1 kB\n"), None);
        assert_eq!(total("MemTotal: many kB\n"), None);
    }

    #[test]
    fn this_machine_is_something() {
        let machine = Machine::read().unwrap();
        assert!(machine.processors > 0 && machine.memory > 0 && machine.boot.len() == 36, "{machine:?}");
        assert!(uptime() <= uptime());
    }
}
