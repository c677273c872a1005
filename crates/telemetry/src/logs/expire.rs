//! Retention: segments of which every event has expired are deleted.
//!
//! What is to go is looked for beside the writing thread, which then only forgets it; the files are deleted last.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError};

use berth_model::{LogGroupId, Timestamp};

use super::frame::{Frame, Record};
use super::segment::{self, Segment, index_path};
use super::segment_index::IndexFile;
use super::stream::StreamKey;
use super::writer::Request;
use super::{LogError, LogStore, WriteError};

/// Segments that nobody needs, and what they counted for.
#[derive(Debug, Default)]
pub(crate) struct Expired {
    pub(crate) segments: Vec<u64>,
    /// Streams, their numbers, and the bytes that they lose.
    pub(crate) freed: Vec<(StreamKey, u64, u64)>,
}

impl LogStore {
    /// Deletes segments all of whose events are of groups that keep none so old, or of no group, and answers how many.
    /// `kept_since` says since when a group keeps events; a group that is not in it keeps all. Reads files.
    ///
    /// # Errors
    /// A file cannot be read, or the store is closed.
    pub async fn expire(&self, kept_since: HashMap<LogGroupId, Timestamp>) -> Result<usize, WriteError> {
        let store = self.clone();
        let found = tokio::task::spawn_blocking(move || store.expired(&kept_since)).await;
        let found = found.map_err(|_| WriteError::Closed)?.map_err(|error| WriteError::Read(Arc::new(error)))?;
        let mut count = 0;
        // One by one: whoever writes waits for one at most.
        for segment in found {
            let expired = self.clone();
            let number = segment.number;
            let freed = tokio::task::spawn_blocking(move || expired.freed(number)).await.map_err(|_| WriteError::Closed)?;
            let freed = freed.map_err(|error| WriteError::Read(Arc::new(error)))?;
            self.write(Request::Forget(Expired { segments: vec![number], freed })).await?;
            let deleted = tokio::task::spawn_blocking(move || segment.delete()).await.map_err(|_| WriteError::Closed)?;
            deleted.map_err(|error| WriteError::Read(Arc::new(error)))?;
            tracing::info!(segment = number, "deleted a log segment whose events have expired");
            count += 1;
        }
        Ok(count)
    }

    /// The segments that nobody needs.
    fn expired(&self, kept_since: &HashMap<LogGroupId, Timestamp>) -> Result<Vec<Arc<Segment>>, LogError> {
        let (sealed, checkpointed) = {
            let index = self.0.index.read().unwrap_or_else(PoisonError::into_inner);
            (index.sealed.clone(), index.table.facts.segment)
        };
        let oldest = kept_since.values().max().copied();
        let mut expired = Vec::new();
        // What a segment says of streams, and not only of events, is needed until a checkpoint has it.
        for segment in sealed.into_iter().filter(|segment| segment.number < checkpointed) {
            let may_be = oldest.is_some_and(|oldest| segment.times.is_none_or(|(_, last)| last < oldest));
            if may_be && self.has_expired(&segment, kept_since)? {
                expired.push(segment);
            }
        }
        Ok(expired)
    }

    fn has_expired(&self, segment: &Segment, kept_since: &HashMap<LogGroupId, Timestamp>) -> Result<bool, LogError> {
        let path = index_path(&segment.folder, segment.number);
        let file = match IndexFile::open(&path) {
            // Deleted since, with its streams.
            Err(error) if error.is_not_found() => return Ok(false),
            opened => opened?,
        };
        for stream in file.streams()? {
            if kept_since.get(&stream.group).is_some_and(|since| stream.last < *since) {
                continue;
            }
            let index = self.0.index.read().unwrap_or_else(PoisonError::into_inner);
            let key = StreamKey { group: stream.group, name: stream.name.into() };
            if index.find(&key)?.is_some_and(|live| live.number == stream.number) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// What the events of a segment count for.
    fn freed(&self, number: u64) -> Result<Vec<(StreamKey, u64, u64)>, LogError> {
        let mut freed: HashMap<(StreamKey, u64), u64> = HashMap::new();
        segment::scan(&self.0.folder, number, |Frame { record, .. }, _, _| {
            if let Record::Block(block) = record {
                let key = StreamKey { group: block.group, name: block.name.into() };
                *freed.entry((key, block.stream)).or_default() += block.bytes;
            }
            Ok(())
        })?;
        Ok(freed.into_iter().map(|((key, number), bytes)| (key, number, bytes)).collect())
    }
}
