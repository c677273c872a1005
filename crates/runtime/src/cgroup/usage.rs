//! What a cgroup has taken.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::{CgroupError, Cgroups, failed};
use crate::outcome::Usage;

impl Cgroups {
    /// What a path has taken; nothing if it is not there.
    ///
    /// # Errors
    /// The kernel refuses.
    pub fn usage(&self, path: &str) -> Result<Option<Usage>, CgroupError> {
        match if self.is_unified() { self.unified_usage(path) } else { self.legacy_usage(path) } {
            Ok(usage) => Ok(Some(usage)),
            // ENODEV: it went while it was read.
            Err(error) if error.source.kind() == io::ErrorKind::NotFound || error.source.raw_os_error() == Some(19) => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn unified_usage(&self, path: &str) -> Result<Usage, CgroupError> {
        let folder = self.folder("", path).unwrap_or_default();
        let (mut read_bytes, mut written_bytes) = (0, 0);
        for word in read(&folder.join("io.stat")).unwrap_or_default().split_whitespace() {
            match word.split_once('=') {
                Some(("rbytes", bytes)) => read_bytes += bytes.parse().unwrap_or(0),
                Some(("wbytes", bytes)) => written_bytes += bytes.parse().unwrap_or(0),
                _ => {}
            }
        }
        let inactive = value(&read(&folder.join("memory.stat"))?, "inactive_file");
        Ok(Usage {
            cpu_nanos: value(&read(&folder.join("cpu.stat"))?, "usage_usec").saturating_mul(1000),
            memory: number(&folder.join("memory.current"))?.saturating_sub(inactive),
            pids: number(&folder.join("pids.current"))?,
            read_bytes,
            written_bytes,
        })
    }

    fn legacy_usage(&self, path: &str) -> Result<Usage, CgroupError> {
        let file = |controller: &str, name: &str| self.folder(controller, path).unwrap_or_default().join(name);
        let (mut read_bytes, mut written_bytes) = (0, 0);
        let transfers = read(&file("blkio", "blkio.throttle.io_service_bytes")).unwrap_or_default();
        for line in transfers.lines() {
            let mut words = line.split_whitespace().skip(1);
            match (words.next(), words.next().and_then(|bytes| bytes.parse::<u64>().ok())) {
                (Some("Read"), Some(bytes)) => read_bytes += bytes,
                (Some("Write"), Some(bytes)) => written_bytes += bytes,
                _ => {}
            }
        }
        let inactive = value(&read(&file("memory", "memory.stat"))?, "total_inactive_file");
        Ok(Usage {
            cpu_nanos: number(&file("cpuacct", "cpuacct.usage"))?,
            memory: number(&file("memory", "memory.usage_in_bytes"))?.saturating_sub(inactive),
            pids: number(&file("pids", "pids.current"))?,
            read_bytes,
            written_bytes,
        })
    }

    /// The file of a path that counts what was killed because memory was full: see [`killed`].
    #[must_use]
    pub fn kill_counter(&self, path: &str) -> Option<PathBuf> {
        let name = if self.is_unified() { "memory.events" } else { "memory.oom_control" };
        self.folder("memory", path).map(|folder| folder.join(name))
    }

    /// How many processes the kernel killed because memory was full, from the content of [`Self::kill_counter`].
    #[must_use]
    pub fn killed(counter: &str) -> u64 {
        value(counter, "oom_kill")
    }
}

fn read(path: &Path) -> Result<String, CgroupError> {
    fs::read_to_string(path).map_err(failed("reading", path))
}

fn number(path: &Path) -> Result<u64, CgroupError> {
    Ok(read(path)?.trim().parse().unwrap_or(0))
}

/// The value of a key in lines of `key value`.
fn value(lines: &str, key: &str) -> u64 {
    let found = lines.lines().filter_map(|line| line.split_once(' ')).find(|(name, _)| *name == key);
    found.and_then(|(_, value)| value.trim().parse().ok()).unwrap_or(0)
}
