//! What a cgroup has taken, asked for again and again: its files stay open, and nothing is allocated for a look.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::PathBuf;

use super::{CgroupError, Cgroups, failed};
use crate::outcome::Usage;

/// Where a path's numbers stand. Its files are open for as long as it lives.
#[derive(Debug)]
pub struct Meter {
    version: Version,
    cpu: Gauge,
    memory: Gauge,
    memory_parts: Gauge,
    pids: Gauge,
    /// Not every kernel counts transfers.
    transfers: Option<Gauge>,
}

/// Whose files they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Version {
    One,
    Two,
}

/// Files that a meter holds open, at most.
pub const FILES: usize = 5;

impl Cgroups {
    /// A meter of a path; nothing if it is not there.
    ///
    /// # Errors
    /// The kernel refuses.
    pub fn meter(&self, path: &str) -> Result<Option<Meter>, CgroupError> {
        let (version, files) = if self.is_unified() {
            let files = [("", "cpu.stat"), ("", "memory.current"), ("", "memory.stat"), ("", "pids.current"), ("", "io.stat")];
            (Version::Two, files)
        } else {
            let files = [
                ("cpuacct", "cpuacct.usage"),
                ("memory", "memory.usage_in_bytes"),
                ("memory", "memory.stat"),
                ("pids", "pids.current"),
                ("blkio", "blkio.throttle.io_service_bytes"),
            ];
            (Version::One, files)
        };
        let [cpu, memory, memory_parts, pids, transfers] =
            files.map(|(controller, name)| Gauge::open(self.folder(controller, path).unwrap_or_default().join(name)));
        let opened = || {
            Ok(Meter { version, cpu: cpu?, memory: memory?, memory_parts: memory_parts?, pids: pids?, transfers: transfers.ok() })
        };
        present(opened())
    }

    /// The file of a path that counts what was killed because memory was full: see [`Self::killed`].
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

impl Meter {
    /// What was taken until now; nothing if the path is gone. `text` is what is read into.
    ///
    /// # Errors
    /// The kernel refuses.
    pub fn read(&self, text: &mut Vec<u8>) -> Result<Option<Usage>, CgroupError> {
        present(match self.version {
            Version::One => self.legacy(text),
            Version::Two => self.unified(text),
        })
    }

    fn unified(&self, text: &mut Vec<u8>) -> Result<Usage, CgroupError> {
        let (mut read_bytes, mut written_bytes) = (0, 0);
        // A kernel without it, or a disk that goes away meanwhile, is no reason to know nothing.
        if let Some(Ok(text)) = self.transfers.as_ref().map(|gauge| gauge.read(text)) {
            for word in text.split_whitespace() {
                match word.split_once('=') {
                    Some(("rbytes", bytes)) => read_bytes += bytes.parse().unwrap_or(0),
                    Some(("wbytes", bytes)) => written_bytes += bytes.parse().unwrap_or(0),
                    _ => {}
                }
            }
        }
        let inactive = value(self.memory_parts.read(text)?, "inactive_file");
        Ok(Usage {
            cpu_nanos: value(self.cpu.read(text)?, "usage_usec").saturating_mul(1000),
            memory: number(self.memory.read(text)?).saturating_sub(inactive),
            pids: number(self.pids.read(text)?),
            read_bytes,
            written_bytes,
        })
    }

    fn legacy(&self, text: &mut Vec<u8>) -> Result<Usage, CgroupError> {
        let (mut read_bytes, mut written_bytes) = (0, 0);
        if let Some(Ok(text)) = self.transfers.as_ref().map(|gauge| gauge.read(text)) {
            for line in text.lines() {
                let mut words = line.split_whitespace().skip(1);
                match (words.next(), words.next().and_then(|bytes| bytes.parse::<u64>().ok())) {
                    (Some("Read"), Some(bytes)) => read_bytes += bytes,
                    (Some("Write"), Some(bytes)) => written_bytes += bytes,
                    _ => {}
                }
            }
        }
        let inactive = value(self.memory_parts.read(text)?, "total_inactive_file");
        Ok(Usage {
            cpu_nanos: number(self.cpu.read(text)?),
            memory: number(self.memory.read(text)?).saturating_sub(inactive),
            pids: number(self.pids.read(text)?),
            read_bytes,
            written_bytes,
        })
    }
}

/// A file of numbers.
#[derive(Debug)]
struct Gauge {
    path: PathBuf,
    file: File,
}

impl Gauge {
    fn open(path: PathBuf) -> Result<Self, CgroupError> {
        match File::open(&path) {
            Ok(file) => Ok(Self { path, file }),
            Err(error) => Err(failed("opening", &path)(error)),
        }
    }

    /// What it says now.
    fn read<'a>(&self, text: &'a mut Vec<u8>) -> Result<&'a str, CgroupError> {
        /// As much as the kernel writes at once.
        const PAGE: usize = 4 << 10;
        let mut length = 0;
        loop {
            if text.len() < length + PAGE {
                text.resize(length + PAGE, 0);
            }
            let room = text.get_mut(length..).unwrap_or_default();
            match self.file.read_at(room, u64::try_from(length).unwrap_or(u64::MAX)) {
                Ok(0) => break,
                Ok(read) => length += read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(failed("reading", &self.path)(error)),
            }
        }
        // The kernel writes ASCII.
        Ok(std::str::from_utf8(text.get(..length).unwrap_or_default()).unwrap_or_default())
    }
}

/// Nothing for what is gone, or went while it was read (ENODEV).
fn present<T>(outcome: Result<T, CgroupError>) -> Result<Option<T>, CgroupError> {
    const ENODEV: i32 = 19;
    match outcome {
        Ok(found) => Ok(Some(found)),
        Err(error) if error.source.kind() == io::ErrorKind::NotFound || error.source.raw_os_error() == Some(ENODEV) => Ok(None),
        Err(error) => Err(error),
    }
}

fn number(text: &str) -> u64 {
    text.trim().parse().unwrap_or(0)
}

/// The value of a key in lines of `key value`.
fn value(lines: &str, key: &str) -> u64 {
    let found = lines.lines().filter_map(|line| line.split_once(' ')).find(|(name, _)| *name == key);
    found.map_or(0, |(_, value)| number(value))
}
