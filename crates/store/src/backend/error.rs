//! What can go wrong in a backend.

use std::io;
use std::path::PathBuf;

/// Why a backend could not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum BackendError {
    /// A file operation failed.
    #[error("{doing} {}: {cause}", path.display())]
    File {
        /// What was being done.
        doing: &'static str,
        /// With which file.
        path: PathBuf,
        /// What the system said.
        cause: io::Error,
    },
    /// The system gave no thread to commit on.
    #[error("starting the commit thread: {cause}")]
    Thread {
        /// What the system said.
        cause: io::Error,
    },
    /// `SQLite` failed.
    #[error("{doing} {}: {cause}", path.display())]
    Sqlite {
        /// What was being done.
        doing: &'static str,
        /// With which database.
        path: PathBuf,
        /// What `SQLite` said.
        cause: rusqlite::Error,
    },
    /// There is no space left.
    #[error(
        "{doing} {}: no space is left on that file system. Everything acknowledged before is safe. Make space there, or \
         move the data folder to a larger file system, then start again",
        path.display()
    )]
    DiskFull {
        /// What was being done.
        doing: &'static str,
        /// With which database.
        path: PathBuf,
        /// What `SQLite` said.
        cause: rusqlite::Error,
    },
    /// Another process has the database open.
    #[error("{} is in use by another process; stop that one first, or use another data folder", path.display())]
    InUse {
        /// Which database.
        path: PathBuf,
    },
    /// A newer version wrote the database.
    #[error("{} has format {found}, and this version knows formats up to {known}; start it with a newer version", path.display())]
    NewerFormat {
        /// Which database.
        path: PathBuf,
        /// Its format.
        found: u64,
        /// The newest format known.
        known: u64,
    },
    /// The database is not this installation's.
    #[error("{} belongs to installation {found}, not to {expected}", path.display())]
    OtherInstallation {
        /// Which database.
        path: PathBuf,
        /// Whose it is.
        found: String,
        /// Whose it should be.
        expected: String,
    },
    /// A row cannot be read.
    #[error("row {} of table {table} is damaged: {cause}", key.escape_ascii())]
    Damaged {
        /// Its table.
        table: u8,
        /// Its key.
        key: Box<[u8]>,
        /// What is wrong with it.
        cause: crate::tables::LoadError,
    },
    /// Another holder has the lease.
    #[error("{holder} holds the lease")]
    LeaseHeld {
        /// Who has it.
        holder: String,
    },
    /// The lease was lost to another holder, and the commit was refused.
    #[error("the lease was lost: token {token} is no longer the present one")]
    Fenced {
        /// The token that was too old.
        token: u64,
    },
    /// The change sets asked for are not kept any more.
    #[error("change sets after revision {after} are not kept any more; load again")]
    Compacted {
        /// After which revision they were asked for.
        after: u64,
    },
    /// One process owns this backend, so nobody can follow it.
    #[error("this backend belongs to one process and cannot be followed")]
    NotShared,
    /// The backend's code panicked.
    #[error("the commit thread panicked")]
    Panicked,
    /// A test told the backend to fail.
    #[error("told to fail: {0}")]
    Told(Box<str>),
}
