//! Streams of a group, in one of two orders, a page at a time.

use std::cmp::Ordering;
use std::sync::{Arc, PoisonError};

use berth_model::{LogGroupId, Timestamp};

use super::index::Index;
use super::stream::StreamKey;
use super::{LogError, LogStore, Stream};

/// In which order streams are listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// By name.
    Name,
    /// By their last event; those without any come first. Equal times by name.
    LastEvent,
}

/// A stream's place in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The time of its last event.
    pub last_event: Option<Timestamp>,
    /// Its name.
    pub name: String,
}

/// Which streams are listed.
#[derive(Debug, Clone)]
pub struct Listing {
    /// Of which group.
    pub group: LogGroupId,
    /// Whose names begin so. With an order by last event, it must be empty.
    pub prefix: String,
    /// In which order.
    pub order: Order,
    /// From the end.
    pub descending: bool,
    /// Where the page before ended.
    pub after: Option<Place>,
    /// Streams, at most.
    pub most: usize,
}

impl LogStore {
    /// A page of streams. Reads the stream table.
    ///
    /// # Errors
    /// The table cannot be read.
    pub fn list(&self, listing: &Listing) -> Result<Vec<Stream>, LogError> {
        let index = self.0.index.read().unwrap_or_else(PoisonError::into_inner);
        if index.gone.contains(&listing.group) {
            return Ok(Vec::new());
        }
        let mut streams = listing.recent(&index);
        streams.extend(listing.older(&index)?);
        streams.sort_by(|one, other| listing.compare(one, other));
        streams.truncate(listing.most);
        Ok(streams)
    }
}

impl Listing {
    fn compare(&self, one: &Stream, other: &Stream) -> Ordering {
        let order = self.ascending(one, other.last_event(), &other.name);
        if self.descending { order.reverse() } else { order }
    }

    fn ascending(&self, stream: &Stream, last_event: Option<Timestamp>, name: &str) -> Ordering {
        let by_name = (*stream.name).cmp(name);
        match self.order {
            Order::Name => by_name,
            Order::LastEvent => stream.last_event().cmp(&last_event).then(by_name),
        }
    }

    /// How a stream of the group stands to where the page begins, in ascending order; always after it, without a page before.
    fn to_after(&self, stream: &Stream) -> Ordering {
        let start = if self.descending { Ordering::Less } else { Ordering::Greater };
        self.after.as_ref().map_or(start, |after| self.ascending(stream, after.last_event, &after.name))
    }

    fn takes(&self, stream: &Stream) -> bool {
        let wanted = if self.descending { Ordering::Less } else { Ordering::Greater };
        stream.name.starts_with(&self.prefix) && self.to_after(stream) == wanted
    }

    /// The streams that changed since the last checkpoint: as many of them as a page may need.
    fn recent(&self, index: &Index) -> Vec<Stream> {
        let from = StreamKey { group: self.group, name: Arc::from(self.prefix.as_str()) };
        let of_group = index.recent.range(from..).take_while(|(key, _)| key.group == self.group);
        let in_prefix = of_group.take_while(|(key, _)| key.name.starts_with(&self.prefix));
        let mut streams: Vec<&Stream> =
            in_prefix.filter_map(|(_, stream)| stream.as_ref()).filter(|stream| self.takes(stream)).collect();
        streams.sort_unstable_by(|one, other| self.compare(one, other));
        streams.truncate(self.most);
        streams.into_iter().cloned().collect()
    }

    /// The streams that did not: read from the table, in order, from where the page begins.
    fn older(&self, index: &Index) -> Result<Vec<Stream>, LogError> {
        let (table, group) = (&index.table, self.group);
        let before = |stream: &Stream| match stream.group.cmp(&group) {
            Ordering::Equal if self.descending => self.ends_after(stream),
            Ordering::Equal => {
                self.to_after(stream) != Ordering::Greater || (self.order == Order::Name && *stream.name < *self.prefix)
            }
            order => order == Ordering::Less,
        };
        let mut place = table.count_before(self.order, before)?;
        let mut streams = Vec::new();
        while streams.len() < self.most {
            if self.descending {
                let Some(before) = place.checked_sub(1) else { break };
                place = before;
            } else if place >= table.len() {
                break;
            }
            let stream = table.stream(self.order, place)?;
            if !self.descending {
                place += 1;
            }
            if stream.group != group || !stream.name.starts_with(&self.prefix) {
                break;
            }
            if !index.recent.contains_key(&stream.key()) {
                streams.push(stream);
            }
        }
        Ok(streams)
    }

    /// Whether, read from the end, the page begins after this stream of the group.
    fn ends_after(&self, stream: &Stream) -> bool {
        let in_prefix = *stream.name < *self.prefix || stream.name.starts_with(&self.prefix);
        self.to_after(stream) == Ordering::Less && (self.order == Order::LastEvent || in_prefix)
    }
}
