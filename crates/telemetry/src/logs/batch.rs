//! Changes that are checked and not durable yet. What replays a segment and what writes one make the same changes.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use berth_model::{LogGroupId, Timestamp};

use super::index::{Index, Totals};
use super::stream::StreamKey;
use super::{LogError, Span, Stream, WriteError};

/// Changes on top of an index.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    pub(crate) streams: BTreeMap<StreamKey, Option<Stream>>,
    pub(crate) gone: HashSet<LogGroupId>,
    pub(crate) totals: HashMap<LogGroupId, Totals>,
}

impl Batch {
    /// Whether anything was deleted.
    pub(crate) fn deletes(&self) -> bool {
        !self.gone.is_empty() || self.streams.values().any(Option::is_none)
    }

    fn find(&self, index: &Index, key: &StreamKey) -> Result<Option<Stream>, WriteError> {
        if self.gone.contains(&key.group) || index.gone.contains(&key.group) {
            return Err(WriteError::NoGroup);
        }
        match self.streams.get(key) {
            Some(changed) => Ok(changed.clone()),
            None => index.find(key).map_err(read),
        }
    }

    fn totals(&mut self, index: &Index, group: LogGroupId) -> &mut Totals {
        self.totals.entry(group).or_insert_with(|| index.groups.get(&group).copied().unwrap_or_default())
    }

    /// Makes a stream with the number of its frame.
    pub(crate) fn create(&mut self, index: &Index, key: StreamKey, number: u64, at: Timestamp) -> Result<(), WriteError> {
        if self.find(index, &key)?.is_some() {
            return Err(WriteError::StreamExists);
        }
        self.totals(index, key.group).streams += 1;
        let name = Arc::clone(&key.name);
        let stream = Stream { group: key.group, name, number, created_at: at, span: None, bytes: 0, ticket: None };
        self.streams.insert(key, Some(stream));
        Ok(())
    }

    /// Adds a block to a stream and answers the stream's number; nothing if it is the block that the stream got last.
    pub(crate) fn extend(
        &mut self,
        index: &Index,
        key: StreamKey,
        span: Span,
        bytes: u64,
        ticket: Option<u64>,
    ) -> Result<Option<u64>, WriteError> {
        let mut stream = self.find(index, &key)?.ok_or(WriteError::NoStream)?;
        if ticket.is_some() && stream.ticket == ticket {
            return Ok(None);
        }
        stream.extend(span, bytes, ticket);
        self.totals(index, key.group).bytes += bytes;
        let number = stream.number;
        self.streams.insert(key, Some(stream));
        Ok(Some(number))
    }

    /// Takes bytes off a stream whose events have expired. One that is not there any more has lost them already.
    pub(crate) fn shrink(&mut self, index: &Index, key: StreamKey, number: u64, bytes: u64) -> Result<(), WriteError> {
        let found = match self.find(index, &key) {
            Ok(found) => found,
            Err(WriteError::NoGroup) => None,
            Err(error) => return Err(error),
        };
        let Some(mut stream) = found.filter(|stream| stream.number == number) else { return Ok(()) };
        stream.bytes = stream.bytes.saturating_sub(bytes);
        let totals = self.totals(index, key.group);
        totals.bytes = totals.bytes.saturating_sub(bytes);
        self.streams.insert(key, Some(stream));
        Ok(())
    }

    /// Deletes a stream.
    pub(crate) fn delete(&mut self, index: &Index, key: StreamKey) -> Result<(), WriteError> {
        let stream = self.find(index, &key)?.ok_or(WriteError::NoStream)?;
        let totals = self.totals(index, key.group);
        totals.streams = totals.streams.saturating_sub(1);
        totals.bytes = totals.bytes.saturating_sub(stream.bytes);
        self.streams.insert(key, None);
        Ok(())
    }

    /// Deletes a group. One that never had a stream, or is deleted already, is deleted all the same.
    pub(crate) fn delete_group(&mut self, group: LogGroupId) {
        self.streams.retain(|key, _| key.group != group);
        self.totals.remove(&group);
        self.gone.insert(group);
    }
}

fn read(error: LogError) -> WriteError {
    WriteError::Read(Arc::new(error))
}
