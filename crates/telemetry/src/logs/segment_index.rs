//! Where the blocks of a segment are, by stream: in memory while it is written, beside it in a file once it is full.
//!
//! The file is a head and frames: a summary, a directory of streams, then a list of blocks for each stream.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;

use berth_model::{LogGroupId, Timestamp};
use minicbor::{Decode, Encode};

use super::LogError;
use super::bytes::{check_head, file_head, read_frame, replace_file};
use super::frame;
use super::segment::index_path;
use super::stream::StreamKey;

const HEAD: [u8; 8] = file_head(*b"BIDX", 1);

/// The first and last time of some events; nothing if there are none.
pub(crate) type Times = Option<(Timestamp, Timestamp)>;

/// Where a block is, and which times it has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub(crate) struct BlockEntry {
    /// The number of its frame.
    #[n(0)]
    pub(crate) number: u64,
    #[n(1)]
    pub(crate) at: u32,
    #[n(2)]
    pub(crate) length: u32,
    #[n(3)]
    pub(crate) first: Timestamp,
    #[n(4)]
    pub(crate) last: Timestamp,
}

/// The blocks of one stream in a segment.
#[derive(Debug, Clone)]
pub(crate) struct StreamBlocks {
    pub(crate) name: Arc<str>,
    pub(crate) blocks: Vec<BlockEntry>,
}

/// The blocks of a segment.
#[derive(Debug, Default)]
pub(crate) struct SegmentIndex {
    streams: BTreeMap<(LogGroupId, u64), StreamBlocks>,
    times: Times,
}

impl SegmentIndex {
    pub(crate) fn times(&self) -> Times {
        self.times
    }

    /// Takes up a block of a stream.
    pub(crate) fn add(&mut self, StreamKey { group, name }: StreamKey, stream: u64, entry: BlockEntry) {
        let empty = || StreamBlocks { name, blocks: Vec::new() };
        self.streams.entry((group, stream)).or_insert_with(empty).blocks.push(entry);
        let (first, last) = self.times.unwrap_or((entry.first, entry.last));
        self.times = Some((first.min(entry.first), last.max(entry.last)));
    }

    /// The streams of a group with their numbers.
    pub(crate) fn group(&self, group: LogGroupId) -> impl Iterator<Item = (u64, &StreamBlocks)> {
        self.streams.range((group, 0)..=(group, u64::MAX)).map(|((_, number), stream)| (*number, stream))
    }

    /// Writes the file beside a segment.
    pub(crate) fn write(&self, folder: &Path, segment: u64) -> Result<(), LogError> {
        let path = index_path(folder, segment);
        let damaged = |error| LogError::damaged(&path, 0)(error);
        let (mut lists, mut directory) = (Vec::new(), Vec::with_capacity(self.streams.len()));
        for ((group, number), StreamBlocks { name, blocks }) in &self.streams {
            let at = lists.len() as u64;
            let times = blocks.iter().fold(None, |times: Times, block| {
                let (first, last) = times.unwrap_or((block.first, block.last));
                Some((first.min(block.first), last.max(block.last)))
            });
            frame::wrap(&mut lists, blocks).map_err(damaged)?;
            let Some((first, last)) = times else { continue };
            directory.push(Entry { group: *group, number: *number, name, first, last, at });
        }
        let mut front = HEAD.to_vec();
        frame::wrap(&mut front, &Summary { times: self.times }).map_err(damaged)?;
        frame::wrap(&mut front, &directory).map_err(damaged)?;
        replace_file(&path, |to| {
            to.write_all(&front).and_then(|()| to.write_all(&lists)).map_err(LogError::file("writing", &path))
        })
    }
}

#[derive(Debug, Encode, Decode)]
#[cbor(map)]
struct Summary {
    #[n(0)]
    times: Times,
}

/// A stream in a full segment.
#[derive(Debug, Encode, Decode)]
pub(crate) struct Entry<'a> {
    #[n(0)]
    pub(crate) group: LogGroupId,
    #[n(1)]
    pub(crate) number: u64,
    #[b(2)]
    pub(crate) name: &'a str,
    #[n(3)]
    pub(crate) first: Timestamp,
    #[n(4)]
    pub(crate) last: Timestamp,
    /// Where its list of blocks is, after the directory.
    #[n(5)]
    at: u64,
}

/// The opened index file of a full segment.
#[derive(Debug)]
pub(crate) struct IndexFile<'a> {
    file: File,
    path: &'a Path,
    directory: Vec<u8>,
    lists_at: u64,
}

/// The times that a full segment has, from its index file.
pub(crate) fn times(folder: &Path, segment: u64) -> Result<Times, LogError> {
    let path = index_path(folder, segment);
    let file = open(&path)?;
    let frame = read_frame(&file, &path, HEAD.len() as u64)?;
    let summary: Summary = decode(&path, HEAD.len() as u64, &frame)?;
    Ok(summary.times)
}

fn open(path: &Path) -> Result<File, LogError> {
    let file = File::open(path).map_err(LogError::file("opening", path))?;
    check_head(&file, path, HEAD)?;
    Ok(file)
}

fn decode<'a, T: Decode<'a, ()>>(path: &Path, at: u64, bytes: &'a [u8]) -> Result<T, LogError> {
    frame::unwrap(bytes).and_then(frame::decode).map_err(LogError::damaged(path, at))
}

impl<'a> IndexFile<'a> {
    pub(crate) fn open(path: &'a Path) -> Result<Self, LogError> {
        let file = open(path)?;
        let summary = read_frame(&file, path, HEAD.len() as u64)?;
        let at = (HEAD.len() + summary.len()) as u64;
        let directory = read_frame(&file, path, at)?;
        let lists_at = at + directory.len() as u64;
        Ok(Self { file, path, directory, lists_at })
    }

    /// The streams with blocks in the segment.
    pub(crate) fn streams(&self) -> Result<Vec<Entry<'_>>, LogError> {
        decode(self.path, HEAD.len() as u64, &self.directory)
    }

    /// The blocks of one of them.
    pub(crate) fn blocks(&self, stream: &Entry<'_>) -> Result<Vec<BlockEntry>, LogError> {
        let at = self.lists_at + stream.at;
        decode(self.path, at, &read_frame(&self.file, self.path, at)?)
    }
}
