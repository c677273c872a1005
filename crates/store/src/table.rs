//! One table: rows by key, and keys by index value.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::RangeBounds;

use imbl::OrdMap;

use crate::postings::{Keys, Postings};
use crate::{Record, Shared};

/// Cheap to clone: a clone shares everything that does not change afterwards.
#[derive(Debug)]
pub struct Table<R: Record> {
    rows: OrdMap<R::Key, Shared<R>>,
    index: OrdMap<R::Index, Postings<R::Key>>,
}

impl<R: Record> Table<R> {
    /// The table of these rows.
    pub(crate) fn of(mut rows: Vec<Shared<R>>) -> Self {
        rows.sort_by_cached_key(|row| row.key());
        let mut groups: BTreeMap<R::Index, Vec<R::Key>> = BTreeMap::new();
        for row in &rows {
            row.indexes(&mut |value| groups.entry(value).or_default().push(row.key()));
        }
        let index = groups.into_iter().map(|(value, keys)| (value, Postings::of(keys))).collect();
        Self { rows: packed(rows.into_iter().map(|row| (row.key(), row)).collect()), index: packed(index) }
    }

    pub(crate) fn get(&self, key: &R::Key) -> Option<&Shared<R>> {
        self.rows.get(key)
    }

    pub(crate) fn len(&self) -> usize {
        self.rows.len()
    }

    pub(crate) fn range(&self, bounds: impl RangeBounds<R::Key>) -> impl DoubleEndedIterator<Item = &Shared<R>> {
        self.rows.range(bounds).map(|(_, row)| row)
    }

    pub(crate) fn count(&self, index: &R::Index) -> usize {
        self.index.get(index).map_or(0, Postings::len)
    }

    pub(crate) fn with(&self, index: &R::Index, bounds: impl RangeBounds<R::Key>) -> Rows<'_, R> {
        let keys = match self.index.get(index) {
            Some(keys) => keys.range(bounds),
            None => Keys::Few([].iter()),
        };
        Rows { rows: &self.rows, keys }
    }

    pub(crate) fn index_range(
        &self,
        bounds: impl RangeBounds<R::Index>,
    ) -> impl DoubleEndedIterator<Item = (&R::Index, &R::Key)> {
        self.index.range(bounds).flat_map(|(index, keys)| keys.range(..).map(move |key| (index, key)))
    }

    /// Replaces the row of this key, and its places in the index where they differ.
    pub(crate) fn replace(&mut self, key: &R::Key, new: Option<Shared<R>>) -> Option<Shared<R>> {
        let after = index_values(new.as_ref());
        let old = match new {
            Some(new) => self.rows.insert(key.clone(), new),
            None => self.rows.remove(key),
        };
        let before = index_values(old.as_ref());
        for gone in before.iter().filter(|value| !after.contains(value)) {
            self.unlist(gone, key);
        }
        for added in after.into_iter().filter(|value| !before.contains(value)) {
            self.list(added, key);
        }
        old
    }

    fn list(&mut self, value: R::Index, key: &R::Key) {
        match self.index.get_mut(&value) {
            Some(keys) => keys.insert(key.clone()),
            None => {
                self.index.insert(value, Postings::one(key.clone()));
            }
        }
    }

    fn unlist(&mut self, value: &R::Index, key: &R::Key) {
        let Some(keys) = self.index.get_mut(value) else { return };
        keys.remove(key);
        if keys.len() == 0 {
            self.index.remove(value);
        }
    }
}

/// A map of sorted entries. Filling it in their order would leave every node half empty, as each is split when it is full
/// and never visited again. Every other entry first makes those halves, and the rest fills them.
fn packed<K: Ord + Clone, V: Clone>(sorted: Vec<(K, V)>) -> OrdMap<K, V> {
    let mut map = OrdMap::new();
    let mut rest = Vec::with_capacity(sorted.len() / 2);
    for (at, (key, value)) in sorted.into_iter().enumerate() {
        if at % 2 == 0 {
            map.insert(key, value);
        } else {
            rest.push((key, value));
        }
    }
    map.extend(rest);
    map
}

/// Records in the order of their keys, from either end.
pub struct Rows<'a, R: Record> {
    rows: &'a OrdMap<R::Key, Shared<R>>,
    keys: Keys<'a, R::Key>,
}

impl<'a, R: Record> Iterator for Rows<'a, R> {
    type Item = &'a Shared<R>;

    fn next(&mut self) -> Option<Self::Item> {
        self.keys.next().and_then(|key| self.rows.get(key))
    }
}

impl<R: Record> DoubleEndedIterator for Rows<'_, R> {
    fn next_back(&mut self) -> Option<Self::Item> {
        self.keys.next_back().and_then(|key| self.rows.get(key))
    }
}

impl<R: Record> fmt::Debug for Rows<'_, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rows").finish_non_exhaustive()
    }
}

fn index_values<R: Record>(row: Option<&Shared<R>>) -> Vec<R::Index> {
    let mut values = Vec::new();
    if let Some(row) = row {
        row.indexes(&mut |value| values.push(value));
    }
    values
}

impl<R: Record> Clone for Table<R> {
    fn clone(&self) -> Self {
        Self { rows: self.rows.clone(), index: self.index.clone() }
    }
}
