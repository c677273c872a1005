//! What happens when a segment is full: its index goes to a file, a new segment is begun, and now and then a checkpoint is made.

use std::sync::{Arc, PoisonError};

use super::LogError;
use super::index::Totals;
use super::segment::{self, START, Segment};
use super::segment_index::SegmentIndex;
use super::table::{Facts, Table};
use super::writer::Writer;

/// A start reads so many full segments, at most, besides the one that was written.
const SEGMENTS: u64 = 4;
/// Streams that changed since the last checkpoint: more than these, and it is time for one.
const STREAMS: usize = 1 << 16;

impl Writer {
    /// Begins a new segment.
    pub(crate) fn seal(&mut self) -> Result<(), LogError> {
        let (number, times) = {
            let index = self.index.read().unwrap_or_else(PoisonError::into_inner);
            index.blocks.write(&self.folder, index.active)?;
            (index.active, index.blocks.times())
        };
        self.state.file = segment::create(&self.folder, number + 1)?;
        (self.state.end, self.state.frames) = (START, 0);
        self.state.sealed += 1;
        let recent = {
            let mut index = self.index.write().unwrap_or_else(PoisonError::into_inner);
            index.sealed.push(Arc::new(Segment::new(&self.folder, number, times)));
            index.active = number + 1;
            index.blocks = SegmentIndex::default();
            index.recent.len()
        };
        if self.state.sealed >= SEGMENTS || recent >= STREAMS {
            self.checkpoint()?;
            self.reclaim()?;
        }
        Ok(())
    }

    /// Writes the stream table anew, with all that is known.
    pub(crate) fn checkpoint(&mut self) -> Result<(), LogError> {
        let table = {
            // Only this thread changes the index: readers are not in the way, and it is not in theirs.
            let index = self.index.read().unwrap_or_else(PoisonError::into_inner);
            if index.recent.is_empty() && index.gone.is_empty() && index.table.facts.segment == index.active {
                return Ok(());
            }
            let groups = index.groups.iter().map(|(group, Totals { streams, bytes })| (*group, *streams, *bytes)).collect();
            let there = |number: &u64| segment::data_path(&self.folder, *number).exists();
            let expired = index.expired.iter().copied().filter(there).collect();
            let facts = Facts { next_frame: self.state.next_frame, segment: index.active, groups, expired, ..Facts::default() };
            Table::write(&self.folder, facts, index.streams())?
        };
        let mut index = self.index.write().unwrap_or_else(PoisonError::into_inner);
        index.expired.clone_from(&table.facts.expired);
        index.table = Arc::new(table);
        index.recent.clear();
        index.gone.clear();
        self.state.sealed = 0;
        Ok(())
    }
}
