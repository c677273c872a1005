//! Log streams.

use std::sync::Arc;

use berth_model::{LogGroupId, Timestamp};
use minicbor::{Decode, Encode};

use super::frame::{self, FrameError};

/// A log stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stream {
    /// The group it is in.
    pub group: LogGroupId,
    /// Its name, unique in its group.
    pub name: Arc<str>,
    /// Tells it from all streams that ever had its name.
    pub number: u64,
    /// When it was made.
    pub created_at: Timestamp,
    /// The times of its events; nothing before the first.
    pub span: Option<Span>,
    /// What its events count for: their text and 26 bytes each.
    pub bytes: u64,
    /// The ticket of its last batch, if that had one.
    pub ticket: Option<u64>,
}

/// The times of a stream's events.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Span {
    /// Of the earliest event.
    #[n(0)]
    pub first: Timestamp,
    /// Of the latest event.
    #[n(1)]
    pub last: Timestamp,
    /// When events last came in.
    #[n(2)]
    pub ingested_at: Timestamp,
}

/// What names a stream; streams are ordered by it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct StreamKey {
    pub(crate) group: LogGroupId,
    pub(crate) name: Arc<str>,
}

impl Stream {
    pub(crate) fn key(&self) -> StreamKey {
        StreamKey { group: self.group, name: Arc::clone(&self.name) }
    }

    /// The time of its latest event as an order wants it: streams without events come first.
    pub(crate) fn last_event(&self) -> Option<Timestamp> {
        self.span.map(|span| span.last)
    }

    /// Takes up a block of events.
    pub(crate) fn extend(&mut self, block: Span, bytes: u64, ticket: Option<u64>) {
        self.span = Some(self.span.map_or(block, |span| Span {
            first: span.first.min(block.first),
            last: span.last.max(block.last),
            ingested_at: span.ingested_at.max(block.ingested_at),
        }));
        self.bytes += bytes;
        self.ticket = ticket;
    }

    /// Writes it into the stream table.
    pub(crate) fn write(&self, to: &mut Vec<u8>) -> Result<(), FrameError> {
        let Self { group, name, number, created_at, span, bytes, ticket } = self;
        let (number, created_at, span, bytes, ticket) = (*number, *created_at, *span, *bytes, *ticket);
        let row = Row { group: *group, name, number, created_at, span, bytes, ticket };
        frame::wrap(to, &row)
    }

    /// Reads a row of the stream table.
    pub(crate) fn read(body: &[u8]) -> Result<Self, FrameError> {
        let Row { group, name, number, created_at, span, bytes, ticket } = frame::decode(body)?;
        Ok(Self { group, name: name.into(), number, created_at, span, bytes, ticket })
    }
}

/// A stream as the table has it.
#[derive(Debug, Encode, Decode)]
#[cbor(map)]
struct Row<'a> {
    #[n(0)]
    group: LogGroupId,
    #[b(1)]
    name: &'a str,
    #[n(2)]
    number: u64,
    #[n(3)]
    created_at: Timestamp,
    #[n(4)]
    span: Option<Span>,
    #[n(5)]
    bytes: u64,
    #[n(6)]
    ticket: Option<u64>,
}
