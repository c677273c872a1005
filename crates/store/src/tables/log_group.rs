//! Log groups, by region and name.

use berth_model::{LogGroup, LogGroupClass, Name, Region};

use crate::{Key, KeyReader, KeyWriter, Record};

/// Names a log group.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LogGroupKey {
    /// Its region.
    pub region: Region,
    /// Its name.
    pub name: Name,
}

/// What log groups are looked up by.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum LogGroupIndex {
    /// The log groups of a region.
    Region(Region),
    /// The log groups of a region with a class.
    Class(Region, LogGroupClass),
}

impl Key for LogGroupKey {
    fn write(&self, to: &mut KeyWriter) {
        to.region(self.region);
        to.text(&self.name);
    }

    fn read(from: &mut KeyReader<'_>) -> Option<Self> {
        Some(Self { region: from.region()?, name: from.name()? })
    }
}

impl Record for LogGroup {
    type Key = LogGroupKey;
    type Index = LogGroupIndex;

    fn key(&self) -> LogGroupKey {
        LogGroupKey { region: self.region, name: self.name.clone() }
    }

    fn indexes(&self, emit: &mut dyn FnMut(LogGroupIndex)) {
        emit(LogGroupIndex::Region(self.region));
        emit(LogGroupIndex::Class(self.region, self.class));
    }
}
