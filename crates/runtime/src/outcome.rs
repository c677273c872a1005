//! What has become of a container.

use std::time::SystemTime;

use serde::{Deserialize, Serialize};

/// How a container stands, as its folder and the kernel tell. After `Running` only `Ended` and `Lost` can come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// There is none, or none that came as far as being created: nothing of it ever ran. [`Runtime::delete`] clears what is left.
    ///
    /// [`Runtime::delete`]: crate::Runtime::delete
    Absent,
    /// Somebody is at it; it becomes another standing by itself, soon. Seen after a restart in the middle of `create` or `start`.
    Unsettled,
    /// Made, and waits to be started.
    Created,
    /// Its first process runs.
    Running {
        /// The process, in the host's numbering.
        pid: u32,
        /// When its program began.
        started_at: SystemTime,
    },
    /// It ran and is over.
    Ended(Ended),
    /// It ran, and nobody knows how it ended: its shim was killed, or the machine was started again. Nothing of it runs any more
    /// after [`Runtime::delete`].
    ///
    /// [`Runtime::delete`]: crate::Runtime::delete
    Lost {
        /// Why, in words for people.
        why: String,
    },
}

/// How a container ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ended {
    /// As shells count it: the program's own, or 128 and the signal's number.
    pub code: i32,
    /// Whether the kernel killed something in it because its memory was full.
    pub out_of_memory: bool,
    /// When its program began.
    pub started_at: SystemTime,
    /// When it ended.
    pub ended_at: SystemTime,
    /// Bytes of output that were lost because nobody read them.
    pub output_dropped: u64,
}

/// A step on the way to a running container, as whoever took it measured it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// What was done.
    pub name: String,
    /// When it began, in nanoseconds since 1970.
    pub began_nanos: u64,
    /// How long it took, in nanoseconds.
    pub took_nanos: u64,
}

/// What a container has taken until now.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Usage {
    /// Nanoseconds of processor time.
    pub cpu_nanos: u64,
    /// Bytes of memory, without what can be dropped at once (inactive file cache).
    pub memory: u64,
    /// Processes and threads.
    pub pids: u64,
    /// Bytes read from block devices.
    pub read_bytes: u64,
    /// Bytes written to block devices.
    pub written_bytes: u64,
}
