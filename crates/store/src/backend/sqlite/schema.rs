//! What the database file contains.

use std::path::Path;

use rusqlite::{Connection, OptionalExtension, params};

use super::{BackendError, failure};

/// The format this version writes. A change that an older version would misread raises it.
pub(super) const FORMAT: u64 = 1;

/// Pages the log may have before it is written back into the database: about 4 MiB. Commits wait meanwhile, so fewer
/// pages make shorter pauses; the same page is then written back more often.
const CHECKPOINT_PAGES: i64 = 1_000;

/// KiB of pages kept in memory. Task ids are random: each commit touches pages all over the table.
const CACHE_KIB: i64 = 16_384;

/// Sets the connection up, makes the tables of a new database and checks those of an old one.
pub(super) fn prepare(connection: &Connection, path: &Path, installation: &str) -> Result<(), BackendError> {
    let at = |doing| move |cause| failure(doing, path, cause);
    // Exclusive: the log's index is then kept in our memory and not in a file. Full: every commit is synced.
    connection.pragma_update(None, "locking_mode", "EXCLUSIVE").map_err(at("setting up"))?;
    connection.pragma_update(None, "journal_mode", "WAL").map_err(at("setting up"))?;
    connection.pragma_update(None, "synchronous", "FULL").map_err(at("setting up"))?;
    connection.pragma_update(None, "cache_size", -CACHE_KIB).map_err(at("setting up"))?;
    connection.pragma_update(None, "wal_autocheckpoint", CHECKPOINT_PAGES).map_err(at("setting up"))?;
    let found: Option<String> = match has_meta(connection).map_err(at("reading"))? {
        true => {
            let found = number(connection, "format").map_err(at("reading the format of"))?;
            if found > FORMAT {
                return Err(BackendError::NewerFormat { path: path.to_owned(), found, known: FORMAT });
            }
            let sql = "SELECT value FROM meta WHERE name = 'installation'";
            Some(connection.query_row(sql, [], |row| row.get(0)).map_err(at("reading the installation of"))?)
        }
        false => None,
    };
    match found {
        None => create(connection, installation).map_err(at("making the tables of")),
        Some(found) if found == installation => Ok(()),
        Some(found) => {
            let (path, expected) = (path.to_owned(), installation.to_owned());
            Err(BackendError::OtherInstallation { path, found, expected })
        }
    }
}

fn has_meta(connection: &Connection) -> rusqlite::Result<bool> {
    let sql = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'meta'";
    connection.query_row(sql, [], |_| Ok(())).optional().map(|found| found.is_some())
}

fn create(connection: &Connection, installation: &str) -> rusqlite::Result<()> {
    let transaction = connection.unchecked_transaction()?;
    transaction.execute_batch(
        "CREATE TABLE meta (name TEXT PRIMARY KEY, value NOT NULL) WITHOUT ROWID;
         CREATE TABLE rows (tbl INTEGER NOT NULL, key BLOB NOT NULL, value BLOB NOT NULL, PRIMARY KEY (tbl, key))
         WITHOUT ROWID;
         INSERT INTO meta VALUES ('revision', 0), ('token', 0);",
    )?;
    let put = "INSERT INTO meta VALUES (?1, ?2)";
    transaction.execute(put, params!["format", FORMAT])?;
    transaction.execute(put, params!["installation", installation])?;
    transaction.commit()
}

pub(super) fn number(connection: &Connection, name: &str) -> rusqlite::Result<u64> {
    connection.prepare_cached("SELECT value FROM meta WHERE name = ?1")?.query_row([name], |row| row.get(0))
}

pub(super) fn set_number(connection: &Connection, name: &str, value: u64) -> rusqlite::Result<()> {
    connection.prepare_cached("UPDATE meta SET value = ?2 WHERE name = ?1")?.execute(params![name, value]).map(drop)
}
