//! What goes wrong with files, and why a write has no result.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::frame::FrameError;

/// Why a file could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// The operating system refused.
    #[error("{doing} {path}: {cause}", path = path.display())]
    File {
        /// What was being done, such as `reading`.
        doing: &'static str,
        /// With which file.
        path: PathBuf,
        /// What the system said.
        #[source]
        cause: io::Error,
    },
    /// What a file holds is not what was written to it.
    #[error("{path} is damaged at byte {at}: {cause}", path = path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// Where in it.
        at: u64,
        /// What is wrong there.
        #[source]
        cause: FrameError,
    },
    /// The file is none of ours, or of a version that this one cannot read.
    #[error("{path} is not a file of this version of the log store", path = path.display())]
    Format {
        /// The file.
        path: PathBuf,
    },
    /// Another process works in the folder.
    #[error("{path}: another process writes logs here", path = path.display())]
    Locked {
        /// Its lock.
        path: PathBuf,
    },
    /// The writing thread panicked.
    #[error("the thread that writes logs panicked")]
    Panicked,
}

impl LogError {
    /// An error of the operating system, with what was being done.
    pub(crate) fn file(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |cause| Self::File { doing, path: path.to_owned(), cause }
    }

    /// A frame that cannot be read.
    pub(crate) fn damaged(path: &Path, at: u64) -> impl FnOnce(FrameError) -> Self {
        move |cause| Self::Damaged { path: path.to_owned(), at, cause }
    }

    /// Whether a file was not there.
    pub(crate) fn is_not_found(&self) -> bool {
        matches!(self, Self::File { cause, .. } if cause.kind() == io::ErrorKind::NotFound)
    }
}

/// Why the store takes no more writes: after a failed sync nobody knows what is on disk before it is read again.
#[derive(Debug, Clone)]
pub struct Failure(pub(crate) Arc<LogError>);

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the log store has stopped: {}", self.0)
    }
}

impl std::error::Error for Failure {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&*self.0)
    }
}

/// Why a write was not done.
#[derive(Debug, Clone, thiserror::Error)]
pub enum WriteError {
    /// There is a stream of that name.
    #[error("the stream exists")]
    StreamExists,
    /// There is no stream of that name.
    #[error("there is no such stream")]
    NoStream,
    /// The group was deleted.
    #[error("the group was deleted")]
    NoGroup,
    /// Too many events, too many bytes, times out of order or out of what can be stored.
    #[error("not a batch: {0}")]
    Batch(&'static str),
    /// Nothing was written, most likely because the disk is full. Trying again later is safe.
    #[error("nothing could be written: {0}")]
    NotWritten(#[source] Arc<LogError>),
    /// A file could not be read.
    #[error(transparent)]
    Read(Arc<LogError>),
    /// The store has stopped; what became of the write shows at the next start.
    #[error(transparent)]
    Failed(Failure),
    /// The store was closed before.
    #[error("the log store is closed")]
    Closed,
}
