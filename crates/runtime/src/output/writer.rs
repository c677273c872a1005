//! Takes output and keeps it in segments.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::block::{Block, HEADER, MAX_BLOCK, Stream};
use super::{segment_name, segment_number};

/// The output is as long as it may get: nothing was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Full;

/// Writes the segments of one container. There is one writer for a folder.
#[derive(Debug)]
pub struct SegmentWriter {
    folder: PathBuf,
    segment_bytes: u64,
    segments: u32,
    open: Option<File>,
    number: u64,
    written: u64,
}

impl SegmentWriter {
    /// A writer for a folder to which no other writes. A segment is full with about as many bytes, and there are at most so many.
    #[must_use]
    pub fn new(folder: &Path, segment_bytes: u64, segments: u32) -> Self {
        Self {
            folder: folder.to_owned(),
            segment_bytes: segment_bytes.max(1),
            segments: segments.max(1),
            open: None,
            number: last(folder),
            written: 0,
        }
    }

    /// The number of the last segment that was begun.
    #[must_use]
    pub const fn number(&self) -> u64 {
        self.number
    }

    /// Whether there is room for a block.
    ///
    /// # Errors
    /// The folder cannot be read.
    pub fn room(&self) -> io::Result<bool> {
        if self.open.is_some() {
            return Ok(true);
        }
        let mut kept = 0;
        for entry in fs::read_dir(&self.folder)? {
            if entry?.file_name().to_str().and_then(segment_number).is_some() {
                kept += 1;
            }
        }
        Ok(kept < self.segments)
    }

    /// Keeps output, which stands in `block` after [`HEADER`] bytes that are for this writer. `beyond`: even if there is no room.
    ///
    /// # Errors
    /// The file system refuses; what was written of the block reads as its segment's end.
    pub fn write(&mut self, block: &mut [u8], nanos: u64, stream: Stream, beyond: bool) -> io::Result<Result<(), Full>> {
        if !beyond && !self.room()? {
            return Ok(Err(Full));
        }
        let Some((header, output)) = block.split_first_chunk_mut::<HEADER>() else { return Ok(Ok(())) };
        debug_assert!(output.len() <= MAX_BLOCK, "a block has a largest size");
        Block::write_header(header, nanos, stream, output);
        let outcome = self.append(block);
        if outcome.is_err() {
            // What is there of it ends the segment for readers; what follows goes into another.
            self.open = None;
        }
        outcome.map(Ok)
    }

    fn append(&mut self, block: &[u8]) -> io::Result<()> {
        if self.open.is_none() {
            let path = self.folder.join(segment_name(self.number + 1));
            self.open = Some(OpenOptions::new().append(true).create_new(true).open(path)?);
            self.number += 1;
            self.written = 0;
        }
        let Some(file) = &mut self.open else { return Ok(()) };
        file.write_all(block)?;
        self.written += block.len() as u64;
        if self.written >= self.segment_bytes {
            file.write_all(&Block::seal())?;
            self.open = None;
        }
        Ok(())
    }
}

/// Names the file that says how far an earlier writer got.
const LAST: &str = "last";

/// The number of the last segment of an earlier writer.
fn last(folder: &Path) -> u64 {
    fs::read_to_string(folder.join(LAST)).ok().and_then(|text| text.trim().parse().ok()).unwrap_or_default()
}

/// The next writer for a folder goes on behind a segment, and behind those that are there.
pub(crate) fn continue_after(folder: &Path, number: u64) -> io::Result<()> {
    let mut greatest = number.max(last(folder));
    for entry in fs::read_dir(folder)? {
        greatest = greatest.max(entry?.file_name().to_str().and_then(segment_number).unwrap_or_default());
    }
    fs::write(folder.join(LAST), greatest.to_string())
}
