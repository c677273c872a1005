//! From a folder to an index: the last checkpoint, then the segments since.

use std::path::Path;
use std::sync::Arc;

use super::batch::Batch;
use super::frame::{Block, Created, Deleted, Frame, Record};
use super::index::{Index, Totals};
use super::segment::{self, START, Scanned, Segment};
use super::segment_index::{self, BlockEntry};
use super::stream::StreamKey;
use super::table::Table;
use super::writer::State;
use super::{LogError, Span, WriteError};

/// Reads a folder. Cuts off what a crash left half written at the end of the last segment.
pub(crate) fn recover(folder: &Path) -> Result<(Index, State), LogError> {
    let table = Table::open(folder)?;
    let groups = table.facts.groups.iter().map(|(group, streams, bytes)| (*group, Totals { streams: *streams, bytes: *bytes }));
    let mut index = Index { groups: groups.collect(), ..Index::default() };
    let (next_frame, checkpointed) = (table.facts.next_frame, table.facts.segment);
    index.table = Arc::new(table);
    let expired = index.table.facts.expired.clone();
    for number in &expired {
        Segment::new(folder, *number, None).delete()?;
    }
    let mut replay = Replay { index, known: next_frame, next_frame, frames: 0 };
    let mut numbers = segment::numbers(folder)?;
    let last = numbers.pop();
    for number in numbers {
        let times = replay.sealed(folder, number, checkpointed)?;
        replay.index.sealed.push(Arc::new(Segment::new(folder, number, times)));
    }
    replay.last(folder, last.unwrap_or(checkpointed.max(1)), last.is_some())
}

struct Replay {
    index: Index,
    /// Frames below this number are in the checkpoint.
    known: u64,
    next_frame: u64,
    frames: u64,
}

impl Replay {
    /// Takes up a full segment and answers the times it has.
    fn sealed(&mut self, folder: &Path, number: u64, checkpointed: u64) -> Result<segment_index::Times, LogError> {
        if number < checkpointed {
            match segment_index::times(folder, number) {
                Ok(times) => return Ok(times),
                Err(error) => tracing::warn!(%error, segment = number, "the index of a log segment is made again"),
            }
        }
        let Scanned { end, torn } = self.scan(folder, number)?;
        if let Some(torn) = torn {
            // Not the last: it was whole when the next one was begun.
            return Err(LogError::damaged(&segment::data_path(folder, number), end)(torn));
        }
        let blocks = std::mem::take(&mut self.index.blocks);
        blocks.write(folder, number)?;
        Ok(blocks.times())
    }

    /// Takes up the segment that is written, or begins the first.
    fn last(mut self, folder: &Path, number: u64, exists: bool) -> Result<(Index, State), LogError> {
        let path = segment::data_path(folder, number);
        let length = if exists { std::fs::metadata(&path).map_err(LogError::file("measuring", &path))?.len() } else { 0 };
        let (file, end) = if length < START {
            (segment::create(folder, number)?, START)
        } else {
            let file = segment::open(folder, number)?;
            self.frames = 0;
            let Scanned { end, torn } = self.scan(folder, number)?;
            if let Some(torn) = torn {
                tracing::warn!(segment = number, at = end, bytes = length - end, %torn, "cut off what a crash left half written");
                file.set_len(end).map_err(LogError::file("cutting off", &path))?;
                file.sync_all().map_err(LogError::file("syncing", &path))?;
            }
            (file, end)
        };
        self.index.active = number;
        let Self { index, next_frame, frames, .. } = self;
        let sealed = number.saturating_sub(index.table.facts.segment);
        Ok((index, State { file, end, frames, next_frame, sealed, deleted: true }))
    }

    fn scan(&mut self, folder: &Path, number: u64) -> Result<Scanned, LogError> {
        segment::scan(folder, number, |frame, at, length| self.take(frame, at, length))
    }

    fn take(&mut self, Frame { number, record }: Frame<'_>, at: u32, length: u32) -> Result<(), LogError> {
        self.frames += 1;
        self.next_frame = self.next_frame.max(number + 1);
        if let Record::Block(block) = &record {
            let key = StreamKey { group: block.group, name: block.name.into() };
            let entry = BlockEntry { number, at, length, first: block.first, last: block.last };
            self.index.blocks.add(key, block.stream, entry);
        }
        if number < self.known {
            return Ok(());
        }
        let mut batch = Batch::default();
        match apply(&mut batch, &self.index, number, record) {
            Ok(()) => self.index.absorb(batch),
            Err(WriteError::Read(error)) => return Err(Arc::into_inner(error).unwrap_or(LogError::Panicked)),
            // Frames are written after the same check; one that fails it now changes nothing.
            Err(error) => tracing::warn!(%error, frame = number, "a log frame has no effect"),
        }
        Ok(())
    }
}

fn apply(batch: &mut Batch, index: &Index, number: u64, record: Record<'_>) -> Result<(), WriteError> {
    match record {
        Record::Created(Created { group, name, at }) => batch.create(index, StreamKey { group, name: name.into() }, number, at),
        Record::Deleted(Deleted { group, name }) => batch.delete(index, StreamKey { group, name: name.into() }),
        Record::GroupDeleted(group) => {
            batch.delete_group(group);
            Ok(())
        }
        Record::Block(Block { group, name, first, last, ingested_at, bytes, ticket, .. }) => {
            let key = StreamKey { group, name: name.into() };
            batch.extend(index, key, Span { first, last, ingested_at }, bytes, ticket).map(drop)
        }
    }
}
