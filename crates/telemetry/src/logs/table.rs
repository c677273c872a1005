//! The stream table: all streams as they were at a checkpoint, in one file that is searched in place.
//!
//! ```text
//! head | a frame for each stream, by group and name | their places, by group and name | their places, by group and last event
//!      | a frame with what else was known | where that frame is
//! ```

use std::cmp::Ordering;
use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};

use berth_model::{LogGroupId, Timestamp};
use minicbor::{Decode, Encode};

use super::bytes::{check_head, file_head, read_at, read_frame, replace_file};
use super::frame::{self, FrameError};
use super::{LogError, Order, Stream};

const HEAD: [u8; 8] = file_head(*b"BSTR", 1);
const FILE: &str = "streams";
/// Bytes of a place in the file.
const PLACE: u64 = 8;

/// What a checkpoint knows besides the streams.
#[derive(Debug, Clone, Default, Encode, Decode)]
#[cbor(map)]
pub(crate) struct Facts {
    /// Streams in the table.
    #[n(0)]
    pub(crate) count: u64,
    /// Frames from this number on are not in it.
    #[n(1)]
    pub(crate) next_frame: u64,
    /// Segments below this number have only frames that are in it.
    #[n(2)]
    pub(crate) segment: u64,
    /// Streams and bytes of each group.
    #[n(3)]
    pub(crate) groups: Vec<(LogGroupId, u64, u64)>,
    /// Where the places are.
    #[n(4)]
    pub(crate) places_at: u64,
    /// Segments that have expired: a start deletes their files.
    #[n(5)]
    #[cbor(default)]
    pub(crate) expired: Vec<u64>,
}

/// An opened stream table, or none yet.
#[derive(Debug, Default)]
pub(crate) struct Table {
    file: Option<(File, PathBuf)>,
    pub(crate) facts: Facts,
}

impl Table {
    /// Opens the table of a folder.
    pub(crate) fn open(folder: &Path) -> Result<Self, LogError> {
        let path = folder.join(FILE);
        let file = match File::open(&path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Self::default()),
            opened => opened.map_err(LogError::file("opening", &path))?,
        };
        check_head(&file, &path, HEAD)?;
        let length = file.metadata().map_err(LogError::file("measuring", &path))?.len();
        let at = number_at(&file, &path, length.saturating_sub(PLACE))?;
        let frame = read_frame(&file, &path, at)?;
        let facts = frame::unwrap(&frame).and_then(frame::decode).map_err(LogError::damaged(&path, at))?;
        Ok(Self { file: Some((file, path)), facts })
    }

    /// Writes the table of a folder anew. The streams come in the order of their names.
    pub(crate) fn write(
        folder: &Path,
        facts: Facts,
        streams: impl Iterator<Item = Result<Stream, LogError>>,
    ) -> Result<Self, LogError> {
        let path = folder.join(FILE);
        replace_file(&path, |to| {
            let mut writer = Writer { to, path: &path, at: HEAD.len() as u64, by_name: Vec::new(), by_time: Vec::new() };
            writer.put(&HEAD)?;
            streams.into_iter().try_for_each(|stream| writer.stream(&stream?))?;
            writer.finish(facts)
        })?;
        Self::open(folder)
    }

    pub(crate) fn len(&self) -> u64 {
        self.facts.count
    }

    /// The stream at a place in an order.
    pub(crate) fn stream(&self, order: Order, place: u64) -> Result<Stream, LogError> {
        let none = || LogError::Format { path: PathBuf::from(FILE) };
        let (file, path) = self.file.as_ref().ok_or_else(none)?;
        let column = match order {
            Order::Name => 0,
            Order::LastEvent => self.facts.count,
        };
        let at = number_at(file, path, self.facts.places_at + (column + place) * PLACE)?;
        let frame = read_frame(file, path, at)?;
        frame::unwrap(&frame).and_then(Stream::read).map_err(LogError::damaged(path, at))
    }

    /// How many streams come first in an order, as `before` tells.
    pub(crate) fn count_before(&self, order: Order, before: impl Fn(&Stream) -> bool) -> Result<u64, LogError> {
        let (mut low, mut high) = (0, self.len());
        while low < high {
            let middle = low + (high - low) / 2;
            if before(&self.stream(order, middle)?) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        Ok(low)
    }

    /// The stream of a name.
    pub(crate) fn find(&self, group: LogGroupId, name: &str) -> Result<Option<Stream>, LogError> {
        let place = self.count_before(Order::Name, |stream| by_name(stream, group, name) == Ordering::Less)?;
        if place == self.len() {
            return Ok(None);
        }
        let found = self.stream(Order::Name, place)?;
        Ok((by_name(&found, group, name) == Ordering::Equal).then_some(found))
    }

    /// All streams by name.
    pub(crate) fn streams(&self) -> impl Iterator<Item = Result<Stream, LogError>> {
        (0..self.len()).map(|place| self.stream(Order::Name, place))
    }
}

fn by_name(stream: &Stream, group: LogGroupId, name: &str) -> Ordering {
    stream.group.cmp(&group).then_with(|| (*stream.name).cmp(name))
}

fn number_at(file: &File, path: &Path, at: u64) -> Result<u64, LogError> {
    let bytes = read_at(file, path, at, 8)?;
    let number = bytes.first_chunk().map(|bytes| u64::from_le_bytes(*bytes));
    number.ok_or(FrameError::Short).map_err(LogError::damaged(path, at))
}

struct Writer<'a> {
    to: &'a mut BufWriter<File>,
    path: &'a Path,
    at: u64,
    by_name: Vec<u64>,
    /// The group's place among the groups, the last event, and the place: equal times stay in the order of names.
    by_time: Vec<(LogGroupId, Option<Timestamp>, u64)>,
}

impl Writer<'_> {
    fn put(&mut self, bytes: &[u8]) -> Result<(), LogError> {
        self.to.write_all(bytes).map_err(LogError::file("writing", self.path))
    }

    fn frame(&mut self, write: impl FnOnce(&mut Vec<u8>) -> Result<(), FrameError>) -> Result<(), LogError> {
        let mut bytes = Vec::new();
        write(&mut bytes).map_err(LogError::damaged(self.path, self.at))?;
        self.put(&bytes)?;
        self.at += bytes.len() as u64;
        Ok(())
    }

    fn stream(&mut self, stream: &Stream) -> Result<(), LogError> {
        self.by_name.push(self.at);
        self.by_time.push((stream.group, stream.last_event(), self.at));
        self.frame(|to| stream.write(to))
    }

    fn finish(mut self, mut facts: Facts) -> Result<(), LogError> {
        (facts.count, facts.places_at) = (self.by_name.len() as u64, self.at);
        let (by_name, mut by_time) = (std::mem::take(&mut self.by_name), std::mem::take(&mut self.by_time));
        by_time.sort_unstable();
        for place in by_name.into_iter().chain(by_time.into_iter().map(|(_, _, place)| place)) {
            self.put(&place.to_le_bytes())?;
        }
        let at = facts.places_at + facts.count * 2 * PLACE;
        self.frame(|to| frame::wrap(to, &facts))?;
        self.put(&at.to_le_bytes())
    }
}
