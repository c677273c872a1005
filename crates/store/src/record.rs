//! What makes a noun of the model a row of a table.

use std::fmt;

use minicbor::{Decode, Encode};

use crate::Key;

/// A stored noun: where it is found and by what else. Its tables and their numbers are listed in `tables.rs`.
pub trait Record: Encode<()> + for<'b> Decode<'b, ()> + Clone + PartialEq + fmt::Debug + Send + Sync + 'static {
    /// Names one record of the table.
    type Key: Key;
    /// A value that a group of records of the table shares.
    type Index: Ord + Clone + fmt::Debug + Send + Sync + 'static;

    /// The record's key. It never changes.
    fn key(&self) -> Self::Key;

    /// Emits every group the record is in, each once.
    fn indexes(&self, emit: &mut dyn FnMut(Self::Index));
}
