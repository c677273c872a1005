//! Reads what a container has written, while it writes and after.

use std::fs::{self, File};
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::time::SystemTime;

use rustix::fs::inotify::{CreateFlags, WatchFlags, add_watch, init};
use serde::{Deserialize, Serialize};

use super::block::{Block, HEADER, MAX_BLOCK, Stream};
use super::{segment_name, segment_number};
use crate::error::RuntimeError;
use crate::folder::{Folder, time_of};

/// A place in a container's output.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Position {
    /// The number of a segment. The default, 0, is before all.
    pub segment: u64,
    /// Bytes from its beginning.
    pub offset: u64,
}

/// What was taken from a container at once. Lines may begin in one chunk and end in another, of the same stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chunk {
    /// When.
    pub at: SystemTime,
    /// Where it was written.
    pub stream: Stream,
    /// It.
    pub bytes: Vec<u8>,
    /// Where to read on.
    pub position_after: Position,
}

/// Reads one container's output.
#[derive(Debug)]
pub struct SegmentReader {
    folder: Folder,
    position: Position,
    open: Option<(u64, File)>,
    buffer: Vec<u8>,
}

impl SegmentReader {
    /// A reader of the output in a container's folder, from a place on. Segments before it may be gone.
    #[must_use]
    pub fn open(folder: &Path, position: Position) -> Self {
        Self { folder: Folder::new(folder), position, open: None, buffer: Vec::new() }
    }

    /// What comes next; nothing if there is nothing more yet.
    ///
    /// # Errors
    /// The file system refuses.
    #[expect(clippy::should_implement_trait, reason = "nothing now does not mean nothing later")]
    pub fn next(&mut self) -> Result<Option<Chunk>, RuntimeError> {
        loop {
            if !self.enter()? {
                return Ok(None);
            }
            match self.read()? {
                Some(chunk) => return Ok(Some(chunk)),
                // Nothing more in this segment: whether that is its end, a later one tells. It is looked for before the segment is
                // read once more, so that nothing written in between is lost.
                None => match self.following()? {
                    None => return Ok(None),
                    Some(following) => {
                        if let Some(chunk) = self.read()? {
                            return Ok(Some(chunk));
                        }
                        self.go(Position { segment: following, offset: 0 });
                    }
                },
            }
        }
    }

    /// Whether the container is over and all it wrote is read. Of a container whose shim was killed this is never known.
    ///
    /// # Errors
    /// The file system refuses.
    pub fn at_end(&mut self) -> Result<bool, RuntimeError> {
        let exit = self.folder.exit();
        if !exit.try_exists().map_err(|source| system("looking for", &exit, source))? {
            return Ok(false);
        }
        let before = self.position;
        let nothing = self.next()?.is_none();
        if !nothing {
            self.go(before);
        }
        Ok(nothing)
    }

    /// Removes the segments that end before a place, so that the container may write more.
    ///
    /// # Errors
    /// The file system refuses.
    pub fn discard_before(&mut self, position: Position) -> Result<(), RuntimeError> {
        for number in self.numbers()? {
            if number >= position.segment {
                continue;
            }
            let path = self.folder.output().join(segment_name(number));
            match fs::remove_file(&path) {
                Ok(()) => {}
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(source) => return Err(system("removing", &path, source)),
            }
        }
        Ok(())
    }

    /// A descriptor that becomes readable with new output, and when the container is over. Read it until it would block, then read
    /// this reader until there is nothing more.
    ///
    /// # Errors
    /// The kernel refuses.
    pub fn changes(&self) -> Result<OwnedFd, RuntimeError> {
        let watch = || {
            let inotify = init(CreateFlags::CLOEXEC | CreateFlags::NONBLOCK)?;
            add_watch(&inotify, self.folder.output(), WatchFlags::CREATE | WatchFlags::MODIFY)?;
            add_watch(&inotify, self.folder.path(), WatchFlags::MOVED_TO)?;
            Ok(inotify)
        };
        watch().map_err(|errno: rustix::io::Errno| system("watching", &self.folder.output(), errno.into()))
    }

    /// Has the segment of the position open, or the first one after it; false if there is none.
    fn enter(&mut self) -> Result<bool, RuntimeError> {
        if self.open.as_ref().is_some_and(|(number, _)| *number == self.position.segment) {
            return Ok(true);
        }
        loop {
            let Some(number) = self.numbers()?.into_iter().filter(|&number| number >= self.position.segment).min() else {
                return Ok(false);
            };
            let path = self.folder.output().join(segment_name(number));
            match File::open(&path) {
                Ok(file) => {
                    if number != self.position.segment {
                        self.position = Position { segment: number, offset: 0 };
                    }
                    self.open = Some((number, file));
                    return Ok(true);
                }
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(source) => return Err(system("opening", &path, source)),
            }
        }
    }

    /// The whole block at the position, if there is one; passes over the seal behind it.
    fn read(&mut self) -> Result<Option<Chunk>, RuntimeError> {
        let Some((_, file)) = &self.open else { return Ok(None) };
        self.buffer.resize(HEADER + MAX_BLOCK + HEADER, 0);
        let mut filled = 0;
        while filled < self.buffer.len() {
            match file.read_at(&mut self.buffer[filled..], self.position.offset.saturating_add(filled as u64)) {
                Ok(0) => break,
                Ok(more) => filled += more,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(source) => return Err(system("reading", &self.folder.output(), source)),
            }
        }
        let bytes = &self.buffer[..filled];
        let Block::Output { nanos, stream, bytes: output } = Block::decode(bytes) else { return Ok(None) };
        let length = HEADER + output.len();
        let sealed = Block::decode(&bytes[length..]) == Block::Seal;
        let chunk = Chunk {
            at: time_of(nanos),
            stream,
            bytes: output.to_vec(),
            position_after: if sealed {
                Position { segment: self.position.segment.saturating_add(1), offset: 0 }
            } else {
                Position { offset: self.position.offset.saturating_add(length as u64), ..self.position }
            },
        };
        self.go(chunk.position_after);
        Ok(Some(chunk))
    }

    fn go(&mut self, position: Position) {
        if self.open.as_ref().is_some_and(|(number, _)| *number != position.segment) {
            self.open = None;
        }
        self.position = position;
    }

    fn following(&self) -> Result<Option<u64>, RuntimeError> {
        Ok(self.numbers()?.into_iter().filter(|&number| number > self.position.segment).min())
    }

    fn numbers(&self) -> Result<Vec<u64>, RuntimeError> {
        let output = self.folder.output();
        let entries = match fs::read_dir(&output) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(source) => return Err(system("listing", &output, source)),
        };
        let mut numbers = Vec::new();
        for entry in entries {
            let entry = entry.map_err(|source| system("listing", &output, source))?;
            numbers.extend(entry.file_name().to_str().and_then(segment_number));
        }
        Ok(numbers)
    }
}

fn system(verb: &str, path: &Path, source: io::Error) -> RuntimeError {
    RuntimeError::System { doing: format!("{verb} {}", path.display()), source }
}

#[cfg(test)]
mod tests;
