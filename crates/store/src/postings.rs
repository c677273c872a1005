//! The keys of one index value.

use std::ops::{Bound, RangeBounds};
use std::slice;
use std::sync::Arc;

use imbl::OrdSet;
use imbl::ordset::RangedIter;
use imbl::shared_ptr::DefaultSharedPtr;

/// From this many keys on, copying the list on each change costs more than a tree.
const MANY: usize = 32;

/// A sorted set of keys that is cheap to clone. Most index values have a few keys (the tasks of an instance), some have
/// all of them (the tasks of a cluster): a list for those, a tree for these.
#[derive(Debug, Clone)]
pub(crate) enum Postings<K: Ord> {
    Few(Arc<[K]>),
    Many(OrdSet<K>),
}

impl<K: Ord + Clone> Postings<K> {
    pub(crate) fn one(key: K) -> Self {
        Self::Few(Arc::new([key]))
    }

    /// Of keys in their order.
    pub(crate) fn of(sorted: Vec<K>) -> Self {
        if sorted.len() <= MANY {
            return Self::Few(sorted.into());
        }
        // Every other one first: see `packed` in `table.rs`.
        let (mut keys, mut rest) = (OrdSet::new(), Vec::with_capacity(sorted.len() / 2));
        for (at, key) in sorted.into_iter().enumerate() {
            if at % 2 == 0 {
                keys.insert(key);
            } else {
                rest.push(key);
            }
        }
        keys.extend(rest);
        Self::Many(keys)
    }

    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Few(keys) => keys.len(),
            Self::Many(keys) => keys.len(),
        }
    }

    pub(crate) fn insert(&mut self, key: K) {
        match self {
            Self::Many(keys) => {
                keys.insert(key);
            }
            Self::Few(keys) => {
                let Err(at) = keys.binary_search(&key) else { return };
                *self = if keys.len() < MANY {
                    Self::Few(keys[..at].iter().cloned().chain([key]).chain(keys[at..].iter().cloned()).collect())
                } else {
                    Self::Many(keys.iter().cloned().chain([key]).collect())
                };
            }
        }
    }

    pub(crate) fn remove(&mut self, key: &K) {
        match self {
            Self::Many(keys) => {
                keys.remove(key);
                // Half, so that a set at the border does not change its form with each change.
                if keys.len() <= MANY / 2 {
                    *self = Self::Few(keys.iter().cloned().collect());
                }
            }
            Self::Few(keys) => {
                if let Ok(at) = keys.binary_search(key) {
                    *self = Self::Few(keys[..at].iter().chain(&keys[at + 1..]).cloned().collect());
                }
            }
        }
    }

    /// The keys within bounds, in order.
    pub(crate) fn range(&self, bounds: impl RangeBounds<K>) -> Keys<'_, K> {
        match self {
            Self::Many(keys) => Keys::Many(keys.range(bounds)),
            Self::Few(keys) => {
                let from = match bounds.start_bound() {
                    Bound::Included(first) => keys.partition_point(|key| key < first),
                    Bound::Excluded(before) => keys.partition_point(|key| key <= before),
                    Bound::Unbounded => 0,
                };
                let to = match bounds.end_bound() {
                    Bound::Included(last) => keys.partition_point(|key| key <= last),
                    Bound::Excluded(after) => keys.partition_point(|key| key < after),
                    Bound::Unbounded => keys.len(),
                };
                Keys::Few(keys.get(from..to).unwrap_or_default().iter())
            }
        }
    }
}

/// Keys in order, from both ends.
pub(crate) enum Keys<'a, K> {
    Few(slice::Iter<'a, K>),
    Many(RangedIter<'a, K, DefaultSharedPtr>),
}

impl<'a, K: Ord> Iterator for Keys<'a, K> {
    type Item = &'a K;

    fn next(&mut self) -> Option<&'a K> {
        match self {
            Self::Few(keys) => keys.next(),
            Self::Many(keys) => keys.next(),
        }
    }
}

impl<K: Ord> DoubleEndedIterator for Keys<'_, K> {
    fn next_back(&mut self) -> Option<Self::Item> {
        match self {
            Self::Few(keys) => keys.next_back(),
            Self::Many(keys) => keys.next_back(),
        }
    }
}

#[cfg(test)]
mod tests;
