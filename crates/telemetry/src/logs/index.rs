//! What the store knows: the stream table, what changed since it was written, and where blocks are.

use std::cmp::Ordering;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use berth_model::LogGroupId;

use super::batch::Batch;
use super::segment::Segment;
use super::segment_index::SegmentIndex;
use super::stream::StreamKey;
use super::table::Table;
use super::{LogError, Stream};

/// What a group has.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Totals {
    pub(crate) streams: u64,
    pub(crate) bytes: u64,
}

/// Readers see it behind a lock that the writer takes only after a sync: what is in it is durable.
#[derive(Debug, Default)]
pub(crate) struct Index {
    pub(crate) table: Arc<Table>,
    /// Streams that changed since the table was written; nothing for deleted ones.
    pub(crate) recent: BTreeMap<StreamKey, Option<Stream>>,
    /// Groups that were deleted since.
    pub(crate) gone: HashSet<LogGroupId>,
    pub(crate) groups: HashMap<LogGroupId, Totals>,
    pub(crate) sealed: Vec<Arc<Segment>>,
    /// Segments that have expired and whose files may still be there.
    pub(crate) expired: Vec<u64>,
    /// The segment that is written.
    pub(crate) active: u64,
    pub(crate) blocks: SegmentIndex,
}

impl Index {
    /// The stream of a name.
    pub(crate) fn find(&self, key: &StreamKey) -> Result<Option<Stream>, LogError> {
        if self.gone.contains(&key.group) {
            return Ok(None);
        }
        match self.recent.get(key) {
            Some(recent) => Ok(recent.clone()),
            None => self.table.find(key.group, &key.name),
        }
    }

    /// Takes up changes that are durable now.
    pub(crate) fn absorb(&mut self, batch: Batch) {
        let Batch { streams, gone, totals, .. } = batch;
        self.recent.extend(streams);
        for (group, totals) in totals {
            self.groups.insert(group, totals);
        }
        for group in gone {
            self.groups.remove(&group);
            let first = StreamKey { group, name: Arc::from("") };
            let mut of_group = self.recent.split_off(&first);
            if let Some(next) = of_group.keys().find(|key| key.group != group).cloned() {
                self.recent.append(&mut of_group.split_off(&next));
            }
            self.gone.insert(group);
        }
    }
}

impl Index {
    /// All streams by name: those of the table, and over them what changed since.
    pub(crate) fn streams(&self) -> impl Iterator<Item = Result<Stream, LogError>> {
        let mut table = self.table.streams().peekable();
        let mut recent = self.recent.iter().peekable();
        std::iter::from_fn(move || {
            loop {
                let order = match (table.peek(), recent.peek()) {
                    (None, None) => return None,
                    (Some(Err(_)), _) => return table.next(),
                    (Some(Ok(_)), None) => Ordering::Less,
                    (None, Some(_)) => Ordering::Greater,
                    (Some(Ok(row)), Some((key, _))) => row.key().cmp(key),
                };
                let found = match order {
                    Ordering::Less => table.next().filter(|row| !matches!(row, Ok(row) if self.gone.contains(&row.group))),
                    Ordering::Equal => {
                        table.next();
                        recent.next().and_then(|(_, stream)| stream.clone()).map(Ok)
                    }
                    Ordering::Greater => recent.next().and_then(|(_, stream)| stream.clone()).map(Ok),
                };
                if found.is_some() {
                    return found;
                }
            }
        })
    }
}
