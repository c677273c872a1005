//! Where change sets become durable.

mod error;
mod memory;
mod sqlite;

use std::fmt;
use std::time::Duration;

pub use error::BackendError;
pub use memory::Memory;
pub use sqlite::Sqlite;

/// A durable, ordered log of change sets and the rows they lead to. `docs/decisions/0002-store.md` holds it against
/// etcd, call by call.
///
/// Calls block; the store makes them on a thread of its own.
pub trait Backend: Send + 'static {
    /// Takes the lease for a holder, or renews it if it is the holder's already: a name no other process has. There is one
    /// lease for the whole installation, and its token fences every commit.
    ///
    /// # Errors
    /// Another holder has it, or the backend does not work.
    fn lease(&mut self, holder: &str) -> Result<Lease, BackendError>;

    /// Shows every row, in any order, and answers the revision of the last change set.
    ///
    /// # Errors
    /// The backend does not work, or `visit` did not take a row.
    fn load(&mut self, visit: &mut Visit<'_>) -> Result<u64, BackendError>;

    /// Makes a batch durable, in order and each change set whole.
    ///
    /// # Errors
    /// The token is not that of the present lease, or the backend does not work. How much of the batch is durable is then
    /// unknown, and the store stops.
    fn commit(&mut self, batch: &[ChangeSet], token: u64) -> Result<(), BackendError>;

    /// The change sets after the revision that `load` answered, as they become durable, for as long as the backend lasts:
    /// what a standby follows. Several may come as one, with the revision of the last.
    ///
    /// # Errors
    /// The backend does not keep change sets so old, or is not shared between processes at all.
    fn watch(&mut self, after: u64) -> Result<Watch, BackendError>;

    /// Ends in good order.
    ///
    /// # Errors
    /// What is durable is safe, but clean-up failed.
    fn close(self: Box<Self>) -> Result<(), BackendError>;
}

/// Takes up a row: table, key and value.
pub type Visit<'a> = dyn FnMut(u8, &[u8], &[u8]) -> Result<(), BackendError> + 'a;

/// Change sets as they become durable.
pub type Watch = Box<dyn Iterator<Item = Result<ChangeSet, BackendError>> + Send>;

/// The right to commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lease {
    /// Higher than that of any lease before.
    pub token: u64,
    /// How soon it has to be renewed; nothing if it is held until the process ends.
    pub renew_within: Option<Duration>,
}

/// The rows one update wrote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangeSet {
    /// One more than that of the change set before.
    pub revision: u64,
    /// Each row once.
    pub rows: Vec<RowChange>,
}

/// A row to be written, or deleted.
#[derive(Clone, PartialEq, Eq)]
pub struct RowChange {
    /// Its table.
    pub table: u8,
    /// Its key.
    pub key: Box<[u8]>,
    /// Its new value; nothing if it is deleted.
    pub value: Option<Vec<u8>>,
}

impl fmt::Debug for RowChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let size = self.value.as_ref().map(Vec::len);
        write!(f, "{}/{} {size:?}", self.table, self.key.escape_ascii())
    }
}
