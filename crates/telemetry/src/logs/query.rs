//! Reading a stream, and searching a group.

use std::sync::PoisonError;

use berth_model::LogGroupId;

use super::stream::StreamKey;
use super::walk::{Chosen, Route, Seen, Walk};
use super::{Event, LogError, LogStore, Position, Stream};
use crate::pattern::Pattern;

/// What AWS counts for an event besides its text.
const OVERHEAD: usize = 26;

/// From a position to before another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Range {
    /// The first position.
    pub from: Position,
    /// The first position after it.
    pub to: Position,
}

impl Range {
    /// Everything.
    pub const ALL: Self = Self { from: Position::START, to: Position::END };
}

/// How much of a range is answered at once.
#[derive(Debug, Clone, Copy)]
pub struct Most {
    /// Events, at most.
    pub events: usize,
    /// What their text and 26 bytes each come to, at most, except that one event is always answered.
    pub bytes: usize,
}

/// Which streams of a group are searched.
#[derive(Debug, Clone)]
pub enum Selection {
    /// Those whose names begin so; all, if it is empty.
    Prefix(String),
    /// Those of these names.
    Names(Vec<String>),
}

/// What is searched for.
#[derive(Debug)]
pub struct Search {
    /// In which group.
    pub group: LogGroupId,
    /// In which of its streams.
    pub streams: Selection,
    /// Where.
    pub range: Range,
    /// What events must say.
    pub pattern: Pattern,
    /// How much is answered at once.
    pub most: Most,
    /// How many bytes of blocks are read at once, about: a search that finds little is answered in parts.
    pub effort: usize,
}

/// What a search found.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// Events, in order.
    pub events: Vec<Event>,
    /// Where to go on, if that was not all.
    pub next: Option<Position>,
}

/// Collects events up to a size.
struct Page {
    most: Most,
    bytes: usize,
    events: Vec<Event>,
}

impl Page {
    fn new(most: Most) -> Self {
        Self { most, bytes: 0, events: Vec::new() }
    }

    /// Adds an event; answers whether there was room.
    fn add(&mut self, seen: &Seen<'_>) -> bool {
        let bytes = self.bytes + seen.message.len() + OVERHEAD;
        if self.events.len() >= self.most.events || (bytes > self.most.bytes && !self.events.is_empty()) {
            return false;
        }
        self.bytes = bytes;
        self.events.push(seen.event());
        true
    }
}

impl LogStore {
    /// The first events of a stream in a range, or the last ones if it is read backward; in order either way. Nothing if there
    /// is no such stream. Reads files.
    ///
    /// # Errors
    /// A file cannot be read.
    pub fn read(
        &self,
        group: LogGroupId,
        stream: &str,
        range: Range,
        backward: bool,
        most: Most,
    ) -> Result<Option<Vec<Event>>, LogError> {
        let Some(number) = self.number(group, stream)? else { return Ok(None) };
        let mut walk = self.walk(group, Chosen::Numbers(vec![number]), range, backward)?;
        let mut page = Page::new(most);
        while let Some(seen) = walk.next()? {
            if !page.add(&seen) {
                break;
            }
        }
        if backward {
            page.events.reverse();
        }
        Ok(Some(page.events))
    }

    /// The first matching events of a group; nothing if one of the named streams does not exist. Reads files.
    ///
    /// # Errors
    /// A file cannot be read.
    pub fn search(&self, search: &Search) -> Result<Option<Found>, LogError> {
        let chosen = match &search.streams {
            Selection::Prefix(prefix) => Chosen::Prefix(prefix.clone()),
            Selection::Names(names) => {
                let numbers: Result<Option<Vec<u64>>, LogError> =
                    names.iter().map(|name| self.number(search.group, name)).collect();
                match numbers? {
                    Some(numbers) => Chosen::Numbers(numbers),
                    None => return Ok(None),
                }
            }
        };
        let mut walk = self.walk(search.group, chosen, search.range, false)?;
        let (mut page, mut examined) = (Page::new(search.most), false);
        while let Some(seen) = walk.next()? {
            let tired = examined && seen.read > search.effort;
            if tired || (search.pattern.matches(seen.message) && !page.add(&seen)) {
                return Ok(Some(Found { next: Some(seen.position), events: page.events }));
            }
            examined = true;
        }
        Ok(Some(Found { events: page.events, next: None }))
    }

    /// A stream. May read the stream table.
    ///
    /// # Errors
    /// The table cannot be read.
    pub fn stream(&self, group: LogGroupId, name: &str) -> Result<Option<Stream>, LogError> {
        let index = self.0.index.read().unwrap_or_else(PoisonError::into_inner);
        index.find(&StreamKey { group, name: name.into() })
    }

    fn number(&self, group: LogGroupId, stream: &str) -> Result<Option<u64>, LogError> {
        Ok(self.stream(group, stream)?.map(|stream| stream.number))
    }

    pub(crate) fn walk(&self, group: LogGroupId, chosen: Chosen, range: Range, backward: bool) -> Result<Walk<'_>, LogError> {
        let route = Route { folder: self.0.folder.clone(), group, chosen, range, backward };
        Walk::new(&self.0.index, route)
    }
}
