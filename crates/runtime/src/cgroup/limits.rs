//! Limits of a group.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::{CgroupError, Cgroups, failed};
use crate::spec::Limits;

/// Microseconds in which a group may use its share of the processors.
const PERIOD: u64 = 100_000;

/// The controllers that groups and containers use, as version 2 names them.
const CONTROLLERS: [&str; 5] = ["cpu", "cpuset", "memory", "pids", "io"];

impl Cgroups {
    /// Sets the limits of a path; nothing: no limit. The path must be there.
    ///
    /// # Errors
    /// The kernel refuses.
    pub fn limit(&self, path: &str, cpu_millis: Option<u64>, memory: Option<u64>) -> Result<(), CgroupError> {
        // Less than a millisecond is refused by the kernel.
        let quota = cpu_millis.map(|millis| (millis.saturating_mul(PERIOD) / 1000).max(1000));
        if self.is_unified() {
            let Some(folder) = self.folder("", path) else { return Ok(()) };
            self.delegate(path)?;
            let quota = quota.map_or_else(|| "max".to_owned(), |quota| quota.to_string());
            write(&folder.join("cpu.max"), &format!("{quota} {PERIOD}"))?;
            return write(&folder.join("memory.max"), &memory.map_or_else(|| "max".to_owned(), |bytes| bytes.to_string()));
        }
        if let Some(folder) = self.folder("cpu", path) {
            write(&folder.join("cpu.cfs_period_us"), &PERIOD.to_string())?;
            write(&folder.join("cpu.cfs_quota_us"), &quota.map_or_else(|| "-1".to_owned(), |quota| quota.to_string()))?;
        }
        if let Some(folder) = self.folder("memory", path) {
            let bytes = memory.map_or_else(|| "-1".to_owned(), |bytes| bytes.to_string());
            write(&folder.join("memory.limit_in_bytes"), &bytes)?;
        }
        Ok(())
    }

    /// Sets what the container of a path may take. The path must be there.
    ///
    /// # Errors
    /// The kernel refuses, or has no controller for what is limited.
    pub fn limit_container(&self, path: &str, limits: &Limits) -> Result<(), CgroupError> {
        let Limits { cpu_shares, memory, memory_reservation, swap: _, swappiness, pids } = limits;
        let unified = self.is_unified();
        if unified {
            self.delegate(path)?;
        }
        // In the order in which they are written: controller, the file's name in version 1 and in version 2, value.
        let values = [
            ("cpu", "cpu.shares", "cpu.weight", cpu_shares.map(|shares| if unified { weight(shares) } else { shares })),
            ("memory", "memory.limit_in_bytes", "memory.max", *memory),
            ("memory", "memory.soft_limit_in_bytes", "memory.low", *memory_reservation),
            ("memory", "memory.memsw.limit_in_bytes", "memory.swap.max", self.swap(path, limits)?),
            ("memory", "memory.swappiness", "memory.swappiness", swappiness.filter(|_| !unified)),
            ("pids", "pids.max", "pids.max", *pids),
        ];
        for (controller, legacy, name, value) in values {
            let Some(value) = value else { continue };
            let file = if unified { name } else { legacy };
            let none = || failed("limiting", Path::new(file))(io::Error::other(format!("there is no controller {controller}")));
            write(&self.folder(controller, path).ok_or_else(none)?.join(file), &value.to_string())?;
        }
        Ok(())
    }

    /// The limit of swap, as the kernel counts it: in version 1, memory is part of it. Nothing if there is none to be taken.
    fn swap(&self, path: &str, limits: &Limits) -> Result<Option<u64>, CgroupError> {
        let (Some(swap), Some(memory)) = (limits.swap, limits.memory) else { return Ok(None) };
        let is_counted =
            |folder: PathBuf| folder.join("memory.memsw.limit_in_bytes").exists() || folder.join("memory.swap.max").exists();
        if self.folder("memory", path).is_some_and(is_counted) {
            return Ok(Some(if self.is_unified() { swap } else { memory.saturating_add(swap) }));
        }
        // A line for each area, below a heading.
        match fs::read_to_string("/proc/swaps") {
            Ok(areas) if areas.lines().count() > 1 => {
                let why = io::Error::other("the kernel does not count it: boot it with swapaccount=1");
                Err(failed("limiting the swap of", Path::new(path))(why))
            }
            _ => Ok(None),
        }
    }

    /// In version 2, a folder's controllers are those that its parent hands down.
    fn delegate(&self, path: &str) -> Result<(), CgroupError> {
        let Some(mount) = &self.unified else { return Ok(()) };
        let mut folder = mount.clone();
        for name in path.split('/').filter(|name| !name.is_empty()) {
            let available = folder.join("cgroup.controllers");
            let available = fs::read_to_string(&available).map_err(failed("reading", &available))?;
            let control = folder.join("cgroup.subtree_control");
            for controller in available.split_whitespace().filter(|name| CONTROLLERS.contains(name)) {
                write(&control, &format!("+{controller}"))?;
            }
            folder.push(name);
        }
        Ok(())
    }
}

/// Shares as version 2 counts them, from 1 to 10,000, as every runtime converts them.
fn weight(shares: u64) -> u64 {
    1 + (shares.clamp(2, 262_144) - 2) * 9_999 / 262_142
}

pub(super) fn write(path: &Path, value: &str) -> Result<(), CgroupError> {
    fs::write(path, value).map_err(failed("writing", path))
}
