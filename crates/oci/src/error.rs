//! What can go wrong, by operation, and whose fault it is.

use std::io;
use std::path::PathBuf;

use crate::archive::ArchiveError;
use crate::digest::Digest;

/// Whose fault an error is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The image, or whoever sent it: trying again does not help.
    Image,
    /// The machine: its disk, its rights, its limits.
    Machine,
    /// Somebody called the work off.
    Cancelled,
}

/// What the content store could not do.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The file system refused.
    #[error("{doing} {}: {cause}", path.display())]
    Io {
        /// What was being done.
        doing: &'static str,
        /// To what.
        path: PathBuf,
        /// Why it failed.
        #[source]
        cause: io::Error,
    },
    /// Another process has this store open.
    #[error("{} is in use by another process; stop it first", .0.display())]
    Locked(PathBuf),
    /// A newer version made this store.
    #[error("{} has format {found}; this version reads {known}", path.display())]
    Format {
        /// The store's folder.
        path: PathBuf,
        /// What it says.
        found: String,
        /// What this version writes.
        known: &'static str,
    },
    /// The stream that a blob came from failed.
    #[error("receiving a blob: {0}")]
    Receive(#[source] io::Error),
    /// What came is not what was announced.
    #[error("a blob announced as {expected} is {actual}; the image is damaged or has been changed: get it again")]
    Mismatch {
        /// The announced digest.
        expected: Digest,
        /// The digest of what came.
        actual: Digest,
    },
    /// A blob is larger than the limits, or than was announced.
    #[error("a blob is larger than {limit} bytes")]
    TooLarge {
        /// What it may have.
        limit: u64,
    },
    /// The disk is nearly full.
    #[error("{} has less than {needed} bytes free; remove images that are not needed (`berth image ls`, `berth image rm`)", path.display())]
    DiskFull {
        /// The store's folder.
        path: PathBuf,
        /// What has to be free.
        needed: u64,
    },
    /// The store has no such blob.
    #[error("{0} is not in the store; import the image again")]
    Missing(Digest),
    /// A manifest or configuration in the store cannot be read.
    #[error("{digest}: {problem}")]
    Document {
        /// Which blob.
        digest: Digest,
        /// What is wrong with it.
        problem: String,
    },
    /// The work was called off.
    #[error("called off")]
    Cancelled,
}

impl StoreError {
    /// Whose fault it is.
    #[must_use]
    pub fn fault(&self) -> Fault {
        match self {
            Self::Receive(_) | Self::Mismatch { .. } | Self::TooLarge { .. } | Self::Document { .. } => Fault::Image,
            Self::Io { .. } | Self::Locked(_) | Self::Format { .. } | Self::DiskFull { .. } | Self::Missing(_) => Fault::Machine,
            Self::Cancelled => Fault::Cancelled,
        }
    }
}

/// Makes an `io::Error` say what was being done.
pub(crate) fn doing(doing: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> StoreError {
    let path = path.into();
    move |cause| StoreError::Io { doing, path, cause }
}

/// Why an image could not be imported. Nothing of it stays.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The archive cannot be read.
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    /// A blob could not be stored.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// An index, manifest or configuration is not what it should be.
    #[error("{what}: {problem}")]
    Document {
        /// Which document.
        what: String,
        /// What is wrong with it.
        problem: String,
    },
    /// The archive holds no images.
    #[error("there is no image in it: neither index.json (an OCI layout) nor manifest.json (`docker save`) was found")]
    NoImage,
    /// A document names a file that is not there.
    #[error("{from} names {missing}, which is not there: the archive is incomplete")]
    Incomplete {
        /// Who names it.
        from: String,
        /// What is missing.
        missing: String,
    },
    /// None of the image's builds runs here.
    #[error("the image is for {offered}; this machine is {here}")]
    NoPlatform {
        /// What there is.
        offered: String,
        /// What is needed.
        here: String,
    },
    /// More of something than the limits allow.
    #[error("{what} is beyond the limit of {limit}")]
    Limit {
        /// What there is too much of.
        what: &'static str,
        /// How much may be.
        limit: u64,
    },
    /// The work was called off.
    #[error("called off")]
    Cancelled,
}

impl ImportError {
    /// Whose fault it is.
    #[must_use]
    pub fn fault(&self) -> Fault {
        match self {
            Self::Store(error) => error.fault(),
            Self::Cancelled => Fault::Cancelled,
            _ => Fault::Image,
        }
    }
}

/// Why an image could not be pulled, or imported to be run. Its name means what it meant before.
#[derive(Debug, thiserror::Error)]
pub enum PullError {
    /// A document or blob did not come, or is not what it should be.
    #[error(transparent)]
    Import(#[from] ImportError),
    /// A layer cannot be unpacked.
    #[error(transparent)]
    Unpack(#[from] UnpackError),
}

impl PullError {
    /// Whose fault it is.
    #[must_use]
    pub fn fault(&self) -> Fault {
        match self {
            Self::Import(error) => error.fault(),
            Self::Unpack(error) => error.fault(),
        }
    }

    /// What the registry's stream failed with, if it was that.
    #[must_use]
    pub fn received(&self) -> Option<&io::Error> {
        match self {
            Self::Import(ImportError::Store(StoreError::Receive(error))) => Some(error),
            _ => None,
        }
    }
}

/// Why a layer could not be unpacked. Nothing of it is to be seen.
#[derive(Debug, thiserror::Error)]
#[error("layer {layer}{}: {problem}", entry.as_ref().map(|entry| format!(", entry `{entry}`")).unwrap_or_default())]
pub struct UnpackError {
    /// The layer's diff id.
    pub layer: Digest,
    /// The entry at which it failed, if it was at one.
    pub entry: Option<String>,
    /// What is wrong.
    #[source]
    pub problem: Box<UnpackProblem>,
}

/// What is wrong with a layer or one of its entries.
#[derive(Debug, thiserror::Error)]
pub enum UnpackProblem {
    /// The layer is no archive, or a damaged one.
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The name would lead out of the image, or can be no name.
    #[error("{0}; no runtime unpacks this safely: build the image again with other tools")]
    Name(&'static str),
    /// A link leads to nothing that it may lead to.
    #[error("{0}; build the image again")]
    Link(&'static str),
    /// The file system refused.
    #[error("{doing}: {cause}")]
    Io {
        /// What was being done.
        doing: &'static str,
        /// Why it failed.
        #[source]
        cause: io::Error,
    },
    /// More of something than the limits allow.
    #[error("{what} is beyond the limit of {limit}; an image like this is refused")]
    Limit {
        /// What there is too much of.
        what: &'static str,
        /// How much may be.
        limit: u64,
    },
    /// The content is not what the image's configuration promises.
    #[error("its content is {actual}: configuration and layer disagree; the image is damaged or was put together wrongly")]
    DiffId {
        /// The digest of what was unpacked.
        actual: Digest,
    },
    /// The work was called off.
    #[error("called off")]
    Cancelled,
}

impl UnpackError {
    /// Whose fault it is.
    #[must_use]
    pub fn fault(&self) -> Fault {
        match &*self.problem {
            UnpackProblem::Store(error) => error.fault(),
            UnpackProblem::Io { .. } => Fault::Machine,
            UnpackProblem::Cancelled => Fault::Cancelled,
            UnpackProblem::Archive(_)
            | UnpackProblem::Name(_)
            | UnpackProblem::Link(_)
            | UnpackProblem::Limit { .. }
            | UnpackProblem::DiffId { .. } => Fault::Image,
        }
    }
}
