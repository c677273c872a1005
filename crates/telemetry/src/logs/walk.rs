//! Events of many blocks in the one order of all events, forward or backward, opening only what comes next.
//!
//! A heap holds segments, blocks and opened blocks by the next event that each could have. What comes out on top is opened: a
//! segment into blocks, a block into events, of which the first is the next of all.

use std::cmp::Ordering;
use std::collections::{BinaryHeap, HashMap};
use std::fs::File;
use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};

use berth_model::{LogGroupId, Timestamp};

use super::bytes::read_at;
use super::frame::{self, Frame, FrameError, Record};
use super::index::Index;
use super::payload::{self, Unpacked};
use super::segment::{Segment, data_path, index_path};
use super::segment_index::{BlockEntry, IndexFile};
use super::stream::StreamKey;
use super::{Event, LogError, Position, Range};

/// Files that one walk keeps open.
const MOST_FILES: usize = 32;

/// The streams that a walk visits.
#[derive(Debug)]
pub(crate) enum Chosen {
    /// Those with these numbers.
    Numbers(Vec<u64>),
    /// The live ones whose names begin so.
    Prefix(String),
}

/// Where a walk goes.
#[derive(Debug)]
pub(crate) struct Route {
    pub(crate) folder: PathBuf,
    pub(crate) group: LogGroupId,
    pub(crate) chosen: Chosen,
    pub(crate) range: Range,
    pub(crate) backward: bool,
}

/// A walk through the events of a group's streams.
#[derive(Debug)]
pub(crate) struct Walk<'a> {
    index: &'a RwLock<Index>,
    route: Route,
    /// Which streams are live, as far as it was asked.
    live: HashMap<u64, bool>,
    heap: BinaryHeap<Node>,
    current: Option<Opened>,
    files: HashMap<u64, File>,
    /// Bytes of blocks read so far.
    read: usize,
}

/// An event in its place.
#[derive(Debug)]
pub(crate) struct Seen<'a> {
    pub(crate) position: Position,
    pub(crate) message: &'a str,
    /// Bytes of blocks that the walk has read to come here.
    pub(crate) read: usize,
    pub(crate) timestamp: Timestamp,
    opened: &'a Opened,
}

impl<'a> Seen<'a> {
    /// Its stream, and when it came in.
    pub(crate) const fn origin(&self) -> (&'a Arc<str>, Timestamp) {
        (&self.opened.stream, self.opened.ingested_at)
    }

    /// The event by itself.
    pub(crate) fn event(&self) -> Event {
        Event {
            position: self.position,
            stream: Arc::clone(&self.opened.stream),
            timestamp: self.timestamp,
            ingested_at: self.opened.ingested_at,
            message: self.message.to_owned(),
        }
    }
}

#[derive(Debug)]
struct Node {
    /// The higher, the sooner.
    urgency: u128,
    source: Source,
}

#[derive(Debug)]
enum Source {
    Segment(Arc<Segment>),
    Block { segment: u64, stream: Arc<str>, entry: BlockEntry },
    Events(Opened),
}

/// A block that was read, and the event in it that is next.
#[derive(Debug)]
struct Opened {
    stream: Arc<str>,
    number: u64,
    ingested_at: Timestamp,
    events: Unpacked,
    place: usize,
}

impl Opened {
    fn position(&self, place: usize) -> Option<Position> {
        Some(Position::new(self.events.timestamp(place)?, self.number, u32::try_from(place).ok()?))
    }

    /// How many of its events are before a position.
    fn count_before(&self, bound: Position) -> usize {
        let (mut low, mut high) = (0, self.events.len());
        while low < high {
            let middle = low + (high - low) / 2;
            if self.position(middle).is_some_and(|position| position < bound) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        low
    }

    fn seen(&self, read: usize) -> Option<Seen<'_>> {
        let (timestamp, message) = self.events.get(self.place)?;
        Some(Seen { position: self.position(self.place)?, message, read, timestamp, opened: self })
    }
}

impl<'a> Walk<'a> {
    pub(crate) fn new(index: &'a RwLock<Index>, route: Route) -> Result<Self, LogError> {
        let (live, heap, files) = (HashMap::new(), BinaryHeap::new(), HashMap::new());
        let mut walk = Self { index, route, live, heap, current: None, files, read: 0 };
        let held = index.read().unwrap_or_else(PoisonError::into_inner);
        for segment in &held.sealed {
            if let Some((first, last)) = segment.times {
                walk.push(Position::at(first), Position::after(last), Source::Segment(Arc::clone(segment)));
            }
        }
        for (number, stream) in held.blocks.group(walk.route.group) {
            if walk.wants(&held, number, &stream.name)? {
                stream.blocks.iter().for_each(|entry| walk.push_block(held.active, &stream.name, *entry));
            }
        }
        Ok(walk)
    }

    /// The next event; nothing after the last.
    pub(crate) fn next(&mut self) -> Result<Option<Seen<'_>>, LogError> {
        if let Some(mut opened) = self.current.take() {
            let next = if self.route.backward { opened.place.checked_sub(1) } else { opened.place.checked_add(1) };
            if let Some(next) = next {
                opened.place = next;
                self.push_opened(opened);
            }
        }
        while let Some(Node { source, .. }) = self.heap.pop() {
            match source {
                Source::Segment(segment) => self.open_segment(&segment)?,
                Source::Block { segment, stream, entry } => self.open_block(segment, stream, entry)?,
                Source::Events(opened) => {
                    self.current = Some(opened);
                    break;
                }
            }
        }
        Ok(self.current())
    }

    /// The event that the walk stands at.
    pub(crate) fn current(&self) -> Option<Seen<'_>> {
        self.current.as_ref().and_then(|opened| opened.seen(self.read))
    }

    /// Adds something whose events are from `low` to before `high`, unless that is beside the way.
    fn push(&mut self, low: Position, high: Position, source: Source) {
        let Range { from, to } = self.route.range;
        if high <= from || low >= to {
            return;
        }
        let urgency = if self.route.backward { high.min(to).number() } else { u128::MAX - low.max(from).number() };
        self.heap.push(Node { urgency, source });
    }

    fn push_block(&mut self, segment: u64, stream: &Arc<str>, entry: BlockEntry) {
        let (low, high) = (Position::new(entry.first, entry.number, 0), Position::after_block(entry.last, entry.number));
        self.push(low, high, Source::Block { segment, stream: Arc::clone(stream), entry });
    }

    fn push_opened(&mut self, opened: Opened) {
        if let Some(position) = opened.position(opened.place) {
            self.push(position, position.next(), Source::Events(opened));
        }
    }

    /// Whether a stream is among the chosen ones. A number is that of one stream only, but not always of a live one.
    fn wants(&mut self, index: &Index, number: u64, name: &str) -> Result<bool, LogError> {
        match &self.route.chosen {
            Chosen::Numbers(numbers) => return Ok(numbers.contains(&number)),
            Chosen::Prefix(prefix) if !name.starts_with(prefix) => return Ok(false),
            Chosen::Prefix(_) => {}
        }
        if let Some(live) = self.live.get(&number) {
            return Ok(*live);
        }
        let found = index.find(&StreamKey { group: self.route.group, name: name.into() })?;
        let live = found.is_some_and(|stream| stream.number == number);
        self.live.insert(number, live);
        Ok(live)
    }

    /// Whether a segment that was there has been deleted since: then there was nothing in it to read.
    fn is_gone(&self, segment: u64, error: &LogError) -> bool {
        let index = self.index.read().unwrap_or_else(PoisonError::into_inner);
        error.is_not_found() && index.active != segment && !index.sealed.iter().any(|kept| kept.number == segment)
    }

    fn open_segment(&mut self, segment: &Segment) -> Result<(), LogError> {
        let path = index_path(&segment.folder, segment.number);
        let file = match IndexFile::open(&path) {
            Err(error) if self.is_gone(segment.number, &error) => return Ok(()),
            opened => opened?,
        };
        let group = self.route.group;
        for stream in file.streams()?.into_iter().filter(|stream| stream.group == group) {
            let range = self.route.range;
            if Position::after(stream.last) <= range.from || Position::at(stream.first) >= range.to {
                continue;
            }
            let wanted = {
                let index = self.index;
                let index = index.read().unwrap_or_else(PoisonError::into_inner);
                self.wants(&index, stream.number, stream.name)?
            };
            if wanted {
                let name = Arc::from(stream.name);
                file.blocks(&stream)?.into_iter().for_each(|entry| self.push_block(segment.number, &name, entry));
            }
        }
        Ok(())
    }

    fn open_block(&mut self, segment: u64, stream: Arc<str>, entry: BlockEntry) -> Result<(), LogError> {
        let path = data_path(&self.route.folder, segment);
        if !self.files.contains_key(&segment) {
            let file = match File::open(&path).map_err(LogError::file("opening", &path)) {
                Err(error) if self.is_gone(segment, &error) => return Ok(()),
                opened => opened?,
            };
            if self.files.len() >= MOST_FILES {
                self.files.clear();
            }
            self.files.insert(segment, file);
        }
        let Some(file) = self.files.get(&segment) else { return Ok(()) };
        let length = usize::try_from(entry.length).unwrap_or(usize::MAX);
        let bytes = read_at(file, &path, u64::from(entry.at), length)?;
        self.read += length;
        let opened = open(&bytes, stream, entry).map_err(LogError::damaged(&path, u64::from(entry.at)))?;
        let Range { from, to } = self.route.range;
        let place = if self.route.backward { opened.count_before(to).checked_sub(1) } else { Some(opened.count_before(from)) };
        if let Some(place) = place {
            self.push_opened(Opened { place, ..opened });
        }
        Ok(())
    }
}

fn open(bytes: &[u8], stream: Arc<str>, entry: BlockEntry) -> Result<Opened, FrameError> {
    match frame::decode(frame::unwrap(bytes)?)? {
        Frame { number, record: Record::Block(block) } if number == entry.number => {
            let events = payload::unpack(&block)?;
            Ok(Opened { stream, number, ingested_at: block.ingested_at, events, place: 0 })
        }
        Frame { .. } => Err(FrameError::Events("another frame than the index says")),
    }
}

impl PartialEq for Node {
    fn eq(&self, other: &Self) -> bool {
        self.urgency == other.urgency
    }
}

impl Eq for Node {}

impl PartialOrd for Node {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Node {
    fn cmp(&self, other: &Self) -> Ordering {
        self.urgency.cmp(&other.urgency)
    }
}
