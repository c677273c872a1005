//! What a closure of `Store::update` works with.

use std::collections::BTreeMap;
use std::ops::Deref;

use crate::backend::{ChangeSet, RowChange};
use crate::row::CborError;
use crate::{Key, Shared, State, Stored, Touched};

/// How many rows one update may write: etcd takes 128 operations in a transaction, some of which are the store's own.
pub const MOST_ROWS: usize = 100;

/// How many bytes of keys and values one update may write: etcd takes requests of 1.5 MiB.
pub const MOST_BYTES: usize = 1 << 20;

/// The newest state with its own writes on top. Reads are those of [`State`].
#[derive(Debug)]
pub struct Transaction {
    state: State,
    rows: Written,
    touched: Touched,
    failure: Option<CborError>,
}

/// Values by table and key, so that writing a row twice is one change; no value for a deleted row.
type Written = BTreeMap<(u8, Box<[u8]>), Option<Vec<u8>>>;

/// Why the store itself refuses a change set.
#[derive(Debug)]
pub(crate) enum Refused {
    TooManyRows(usize),
    TooManyBytes(usize),
    Encoding(CborError),
}

/// A change set and the state it leads to.
#[derive(Debug)]
pub(crate) struct Finished {
    pub(crate) state: State,
    pub(crate) set: ChangeSet,
    pub(crate) touched: Touched,
}

impl Transaction {
    pub(crate) fn new(state: State) -> Self {
        Self { state, rows: Written::new(), touched: Touched::default(), failure: None }
    }

    /// Writes a record over the one with its key; answers what was there. Writing what is there already is no change.
    pub fn put<R: Stored>(&mut self, record: R) -> Option<Shared<R>> {
        let key = record.key();
        let old = self.state.get::<R>(&key);
        if let Some(old) = old.filter(|old| ***old == record) {
            return Some(old.clone());
        }
        let row = Shared::replacing(old, record);
        let value = row.to_cbor().map_err(|error| self.failure.get_or_insert(error)).ok();
        self.log::<R>(&key, value);
        self.state.replace(&key, Some(row))
    }

    /// Deletes a record; answers what was there.
    pub fn delete<R: Stored>(&mut self, key: &R::Key) -> Option<Shared<R>> {
        self.state.get::<R>(key)?;
        self.log::<R>(key, None);
        self.state.replace(key, None)
    }

    /// Changes a record in place; answers whether there is one. `change` leaves the key as it is.
    pub fn modify<R: Stored>(&mut self, key: &R::Key, change: impl FnOnce(&mut R)) -> bool {
        let Some(row) = self.state.get::<R>(key) else { return false };
        let mut record = R::clone(row);
        change(&mut record);
        debug_assert_eq!(record.key(), *key, "a record's key never changes");
        self.put(record);
        true
    }

    fn log<R: Stored>(&mut self, key: &R::Key, value: Option<Vec<u8>>) {
        if self.rows.insert((R::TABLE, key.to_bytes()), value).is_none() {
            R::touched_mut(&mut self.touched).push(key.clone());
        }
    }

    /// The change set; nothing if nothing was written.
    pub(crate) fn finish(mut self) -> Result<Option<Finished>, Refused> {
        if let Some(error) = self.failure {
            return Err(Refused::Encoding(error));
        }
        if self.rows.len() > MOST_ROWS {
            return Err(Refused::TooManyRows(self.rows.len()));
        }
        let bytes = self.rows.iter().map(|((_, key), value)| key.len() + value.as_ref().map_or(0, Vec::len)).sum();
        if bytes > MOST_BYTES {
            return Err(Refused::TooManyBytes(bytes));
        }
        if self.rows.is_empty() {
            return Ok(None);
        }
        self.state.revision += 1;
        let rows = self.rows.into_iter().map(|((table, key), value)| RowChange { table, key, value });
        let set = ChangeSet { revision: self.state.revision, rows: rows.collect() };
        Ok(Some(Finished { state: self.state, set, touched: self.touched }))
    }
}

impl Deref for Transaction {
    type Target = State;

    fn deref(&self) -> &State {
        &self.state
    }
}
