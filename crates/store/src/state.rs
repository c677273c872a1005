//! What can be read: by a transaction the newest state, from a view the last durable one.

use std::fmt;
use std::ops::{Deref, RangeBounds};
use std::sync::Arc;

use crate::derived::DerivedSet;
use crate::table::Rows;
use crate::tables::{LoadError, Loading, Tables};
use crate::{Addresses, Counts, Derived, Edit, Shared, Stored};

/// Every table and every derived value at one revision. Cheap to clone.
#[derive(Clone)]
pub struct State {
    tables: Tables,
    counts: Counts,
    addresses: Addresses,
    derived: DerivedSet,
    pub(crate) revision: u64,
}

impl State {
    /// The number of the last change set in it. It rises by one with each, also across restarts.
    #[must_use]
    pub fn revision(&self) -> u64 {
        self.revision
    }

    /// The record of a key.
    #[must_use]
    pub fn get<R: Stored>(&self, key: &R::Key) -> Option<&Shared<R>> {
        R::table(&self.tables).get(key)
    }

    /// How many records there are.
    #[must_use]
    pub fn total<R: Stored>(&self) -> usize {
        R::table(&self.tables).len()
    }

    /// The records whose keys are within bounds, in the order of their keys, from either end.
    pub fn range<R: Stored>(&self, keys: impl RangeBounds<R::Key>) -> impl DoubleEndedIterator<Item = &Shared<R>> {
        R::table(&self.tables).range(keys)
    }

    /// The records with an index value whose keys are within bounds, in the order of their keys, from either end. A page
    /// of a list begins at `(Bound::Excluded(last_key), Bound::Unbounded)`.
    pub fn with<R: Stored>(&self, index: &R::Index, keys: impl RangeBounds<R::Key>) -> Rows<'_, R> {
        R::table(&self.tables).with(index, keys)
    }

    /// How many records have an index value, without counting them.
    #[must_use]
    pub fn count<R: Stored>(&self, index: &R::Index) -> usize {
        R::table(&self.tables).count(index)
    }

    /// The index values within bounds, each with the key of each of its records, in order, from either end.
    pub fn index<R: Stored>(&self, values: impl RangeBounds<R::Index>) -> impl DoubleEndedIterator<Item = (&R::Index, &R::Key)> {
        R::table(&self.tables).index_range(values)
    }

    /// The counts of tasks and instances.
    #[must_use]
    pub fn counts(&self) -> &Counts {
        &self.counts
    }

    /// The addresses that tasks have.
    #[must_use]
    pub fn addresses(&self) -> &Addresses {
        &self.addresses
    }

    /// A derived value; nothing if it was not registered when the store was opened.
    #[must_use]
    pub fn derived<D: Derived>(&self) -> Option<&D> {
        self.derived.get()
    }

    /// Writes a row, and what follows from it; answers what was there.
    pub(crate) fn replace<R: Stored>(&mut self, key: &R::Key, new: Option<Shared<R>>) -> Option<Shared<R>> {
        let old = R::table_mut(&mut self.tables).replace(key, new.clone());
        let change = R::change(Edit { old: old.as_deref(), new: new.as_deref() });
        self.counts.apply(&change);
        self.addresses.apply(&change);
        self.derived.apply(&change);
        old
    }
}

/// A state that is being read from the backend.
#[derive(Debug)]
pub(crate) struct Loader {
    loading: Loading,
    counts: Counts,
    addresses: Addresses,
    derived: DerivedSet,
}

impl Loader {
    pub(crate) fn new(derived: DerivedSet) -> Self {
        Self { loading: Loading::default(), counts: Counts::default(), addresses: Addresses::default(), derived }
    }

    pub(crate) fn take(&mut self, table: u8, key: &[u8], value: &[u8]) -> Result<(), LoadError> {
        self.loading.take(table, key, value, |change| {
            self.counts.apply(change);
            self.addresses.apply(change);
            self.derived.apply(change);
        })
    }

    pub(crate) fn finish(self, revision: u64) -> State {
        State { tables: self.loading.finish(), counts: self.counts, addresses: self.addresses, derived: self.derived, revision }
    }
}

impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("State").field("revision", &self.revision).finish_non_exhaustive()
    }
}

/// A snapshot of the last durable state. It does not change, and holding it keeps what it sees in memory.
#[derive(Debug, Clone)]
pub struct View(pub(crate) Arc<State>);

impl Deref for View {
    type Target = State;

    fn deref(&self) -> &State {
        &self.0
    }
}
