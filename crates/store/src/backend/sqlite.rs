//! The embedded backend: one `SQLite` file, owned by one process.

mod schema;

use std::fs::{File, OpenOptions, TryLockError};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, ErrorCode, TransactionBehavior, params};

use super::{Backend, BackendError, ChangeSet, Lease, Visit, Watch};

/// A `SQLite` database in WAL mode that syncs every commit.
#[derive(Debug)]
pub struct Sqlite {
    connection: Connection,
    path: PathBuf,
    /// Keeps other processes out; the system lets go of it when this one ends, however it ends.
    _lock: File,
}

impl Sqlite {
    /// Opens an installation's database, or makes it, readable by its owner only.
    ///
    /// # Errors
    /// It is in use, of a newer format, another installation's or damaged; or the file system refuses.
    pub fn open(path: &Path, installation: &str) -> Result<Self, BackendError> {
        let lock = lock(path)?;
        private_file(path)?;
        let at = |doing| move |cause| failure(doing, path, cause);
        let connection = Connection::open(path).map_err(at("opening"))?;
        schema::prepare(&connection, path, installation)?;
        Ok(Self { connection, path: path.to_owned(), _lock: lock })
    }

    fn at(&self, doing: &'static str) -> impl Fn(rusqlite::Error) -> BackendError + use<> {
        let path = self.path.clone();
        move |cause| failure(doing, &path, cause)
    }
}

/// A lock of our own beside the database: `SQLite`'s would only be noticed at the first write, and by its code alone.
fn lock(path: &Path) -> Result<File, BackendError> {
    let beside = path.with_added_extension("lock");
    let file = private_file(&beside)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(BackendError::InUse { path: path.to_owned() }),
        Err(TryLockError::Error(cause)) => Err(BackendError::File { doing: "locking", path: beside, cause }),
    }
}

fn private_file(path: &Path) -> Result<File, BackendError> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false).mode(0o600);
    options.open(path).map_err(|cause| BackendError::File { doing: "opening", path: path.to_owned(), cause })
}

fn failure(doing: &'static str, path: &Path, cause: rusqlite::Error) -> BackendError {
    let path = path.to_owned();
    match cause.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => BackendError::DiskFull { doing, path, cause },
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => BackendError::InUse { path },
        _ => BackendError::Sqlite { doing, path, cause },
    }
}

impl Backend for Sqlite {
    /// Whoever has the file has the lease; each opening takes the next token.
    fn lease(&mut self, _holder: &str) -> Result<Lease, BackendError> {
        let at = self.at("taking the lease of");
        let sql = "UPDATE meta SET value = value + 1 WHERE name = 'token' RETURNING value";
        let token = self.connection.query_row(sql, [], |row| row.get(0)).map_err(at)?;
        Ok(Lease { token, renew_within: None })
    }

    fn load(&mut self, visit: &mut Visit<'_>) -> Result<u64, BackendError> {
        let at = self.at("reading");
        let mut statement = self.connection.prepare("SELECT tbl, key, value FROM rows ORDER BY tbl, key").map_err(&at)?;
        let mut rows = statement.query([]).map_err(&at)?;
        while let Some(row) = rows.next().map_err(&at)? {
            let blob = |column| row.get_ref(column)?.as_blob().map_err(rusqlite::Error::from);
            visit(row.get(0).map_err(&at)?, blob(1).map_err(&at)?, blob(2).map_err(&at)?)?;
        }
        schema::number(&self.connection, "revision").map_err(&at)
    }

    fn commit(&mut self, batch: &[ChangeSet], token: u64) -> Result<(), BackendError> {
        let at = self.at("committing to");
        let Some(last) = batch.last() else { return Ok(()) };
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(&at)?;
        if schema::number(&transaction, "token").map_err(&at)? != token {
            return Err(BackendError::Fenced { token });
        }
        {
            // Of a table without rowid and without indexes, this overwrites in one search of the tree.
            let put = "REPLACE INTO rows (tbl, key, value) VALUES (?1, ?2, ?3)";
            let mut put = transaction.prepare_cached(put).map_err(&at)?;
            let delete = "DELETE FROM rows WHERE tbl = ?1 AND key = ?2";
            let mut delete = transaction.prepare_cached(delete).map_err(&at)?;
            for row in batch.iter().flat_map(|set| &set.rows) {
                let written = match &row.value {
                    Some(value) => put.execute(params![row.table, &row.key[..], value]),
                    None => delete.execute(params![row.table, &row.key[..]]),
                };
                written.map_err(&at)?;
            }
        }
        schema::set_number(&transaction, "revision", last.revision).map_err(&at)?;
        transaction.commit().map_err(&at)
    }

    fn watch(&mut self, _after: u64) -> Result<Watch, BackendError> {
        Err(BackendError::NotShared)
    }

    fn close(self: Box<Self>) -> Result<(), BackendError> {
        let at = self.at("closing");
        self.connection.close().map_err(|(_, cause)| at(cause))
    }
}

#[cfg(test)]
mod tests;
