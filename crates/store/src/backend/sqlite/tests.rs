use std::os::unix::fs::PermissionsExt;

use tempfile::TempDir;

use super::*;
use crate::backend::RowChange;

fn folder() -> (TempDir, PathBuf) {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("store.db");
    (folder, path)
}

fn set(revision: u64) -> ChangeSet {
    ChangeSet { revision, rows: vec![RowChange { table: 1, key: b"key".as_slice().into(), value: Some(vec![1]) }] }
}

#[test]
fn second_opener_is_refused_until_the_first_is_gone() {
    let (_folder, path) = folder();
    let first = Sqlite::open(&path, "one").unwrap();
    let refused = Sqlite::open(&path, "one").unwrap_err();
    assert!(matches!(refused, BackendError::InUse { .. }));
    assert!(refused.to_string().contains("in use by another process"));
    Box::new(first).close().unwrap();
    Sqlite::open(&path, "one").unwrap();
}

#[test]
fn newer_format_is_refused_and_left_alone() {
    let (_folder, path) = folder();
    let sqlite = Sqlite::open(&path, "one").unwrap();
    sqlite.connection.execute("UPDATE meta SET value = 2 WHERE name = 'format'", []).unwrap();
    drop(sqlite);
    for _ in 0..2 {
        let refused = Sqlite::open(&path, "one").unwrap_err();
        assert!(matches!(refused, BackendError::NewerFormat { found: 2, known: 1, .. }), "{refused}");
    }
}

#[test]
fn other_installations_database_is_refused() {
    let (_folder, path) = folder();
    drop(Sqlite::open(&path, "one").unwrap());
    let refused = Sqlite::open(&path, "two").unwrap_err();
    assert!(refused.to_string().ends_with("belongs to installation one, not to two"));
}

#[test]
fn other_file_is_refused() {
    let (_folder, path) = folder();
    std::fs::write(&path, "not a database, but longer than the header of one would be: ".repeat(9)).unwrap();
    assert!(matches!(Sqlite::open(&path, "one"), Err(BackendError::Sqlite { .. })));
}

#[test]
fn missing_folder_is_named() {
    let refused = Sqlite::open(Path::new("/nonexistent/store.db"), "one").unwrap_err();
    assert!(refused.to_string().contains("/nonexistent/store.db"), "{refused}");
}

#[test]
fn files_are_their_owners_only() {
    let (folder, path) = folder();
    let mut sqlite = Sqlite::open(&path, "one").unwrap();
    let token = sqlite.lease("me").unwrap().token;
    sqlite.commit(&[set(1)], token).unwrap();
    for entry in folder.path().read_dir().unwrap() {
        let entry = entry.unwrap();
        assert_eq!(entry.metadata().unwrap().permissions().mode() & 0o777, 0o600, "{entry:?}");
    }
}

#[test]
fn each_opening_has_a_higher_token_and_older_ones_are_fenced() {
    let (_folder, path) = folder();
    let mut sqlite = Sqlite::open(&path, "one").unwrap();
    let old = sqlite.lease("me").unwrap().token;
    sqlite.commit(&[set(1)], old).unwrap();
    let new = sqlite.lease("me").unwrap().token;
    assert!(new > old);
    assert!(matches!(sqlite.commit(&[set(2)], old), Err(BackendError::Fenced { .. })));
    assert_eq!(sqlite.load(&mut |_, _, _| Ok(())).unwrap(), 1, "a fenced commit leaves nothing");
    sqlite.commit(&[set(2)], new).unwrap();
}

#[test]
fn commits_are_synced() {
    const FULL: i64 = 2;
    let (_folder, path) = folder();
    let sqlite = Sqlite::open(&path, "one").unwrap();
    let mode: String = sqlite.connection.pragma_query_value(None, "journal_mode", |row| row.get(0)).unwrap();
    let synchronous: i64 = sqlite.connection.pragma_query_value(None, "synchronous", |row| row.get(0)).unwrap();
    assert_eq!((mode.as_str(), synchronous), ("wal", FULL));
}

#[test]
fn it_cannot_be_followed() {
    let (_folder, path) = folder();
    assert!(matches!(Sqlite::open(&path, "one").unwrap().watch(0), Err(BackendError::NotShared)));
}
