//! How long work is followed and called off.

use std::fmt;
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};

/// How far an import or an unpacking is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// Bytes of the archive that came in.
    Received {
        /// So far.
        bytes: u64,
    },
    /// The archive is in; its manifests are being read.
    Resolving,
    /// A layer is being fetched from a registry.
    Fetching {
        /// Which one, from 0, the lowest.
        layer: usize,
        /// Of how many.
        layers: usize,
        /// Of its blob, received so far.
        bytes: u64,
        /// The blob's size.
        total: u64,
    },
    /// A layer is being unpacked.
    Unpacking {
        /// Which one, from 0, the lowest.
        layer: usize,
        /// Of how many.
        layers: usize,
        /// Of its blob, read so far.
        bytes: u64,
        /// The blob's size.
        total: u64,
    },
    /// A layer is there, now or from before.
    Unpacked {
        /// Which one, from 0, the lowest.
        layer: usize,
        /// Of how many.
        layers: usize,
    },
}

/// Who wants to know how far work is, and may call it off.
#[derive(Clone, Copy)]
pub struct Watch<'a> {
    cancelled: &'a AtomicBool,
    /// Beside: the rest of the same work has failed.
    stopped: &'a AtomicBool,
    progress: &'a (dyn Fn(Progress) + Sync),
}

/// The text of an `io::Error` that stands for a call-off where only those fit.
const CALLED_OFF: &str = "called off";

static NEVER: AtomicBool = AtomicBool::new(false);

impl<'a> Watch<'a> {
    /// Work ends soon after `cancelled` becomes true; `progress` is called from several threads, and should return at once.
    #[must_use]
    pub fn new(cancelled: &'a AtomicBool, progress: &'a (dyn Fn(Progress) + Sync)) -> Self {
        Self { cancelled, stopped: &NEVER, progress }
    }

    /// Nobody looks.
    #[must_use]
    pub fn nobody() -> Watch<'static> {
        Watch { cancelled: &NEVER, stopped: &NEVER, progress: &|_| {} }
    }

    /// As this one, and ends also when `stopped` becomes true.
    pub(crate) fn or(self, stopped: &'a AtomicBool) -> Self {
        Self { stopped, ..self }
    }

    pub(crate) fn is_cancelled(&self) -> bool {
        self.cancelled.load(Ordering::Relaxed) || self.stopped.load(Ordering::Relaxed)
    }

    /// An error if the work was called off.
    pub(crate) fn check(&self) -> io::Result<()> {
        if self.is_cancelled() { Err(io::Error::other(CALLED_OFF)) } else { Ok(()) }
    }

    pub(crate) fn report(&self, progress: Progress) {
        (self.progress)(progress);
    }
}

impl fmt::Debug for Watch<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watch").field("cancelled", self.cancelled).finish_non_exhaustive()
    }
}
