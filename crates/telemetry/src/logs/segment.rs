//! Segment files.

use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use super::LogError;
use super::bytes::{check_head, file_head, sync_folder};
use super::frame::{self, Frame, FrameError};
use super::segment_index::Times;

const HEAD: [u8; 8] = file_head(*b"BLOG", 1);
/// Bytes before the first frame.
pub(crate) const START: u64 = HEAD.len() as u64;

/// A segment that takes no more frames.
#[derive(Debug)]
pub(crate) struct Segment {
    pub(crate) number: u64,
    pub(crate) folder: PathBuf,
    /// The times of its events; nothing if it has none.
    pub(crate) times: Times,
}

impl Segment {
    pub(crate) fn new(folder: &Path, number: u64, times: Times) -> Self {
        Self { number, folder: folder.to_owned(), times }
    }

    /// Deletes its files. The index knows it no more: a reader that was about to open them has missed nothing.
    pub(crate) fn delete(&self) -> Result<(), LogError> {
        // The index can be made again from the data, so it goes first: half deleted is not deleted.
        for path in [index_path(&self.folder, self.number), data_path(&self.folder, self.number)] {
            match std::fs::remove_file(&path) {
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
                deleted => deleted.map_err(LogError::file("deleting", &path))?,
            }
        }
        Ok(())
    }
}

/// The file of a segment's frames.
pub(crate) fn data_path(folder: &Path, number: u64) -> PathBuf {
    folder.join(format!("{number:016}.log"))
}

/// The file that says where a full segment's blocks are.
pub(crate) fn index_path(folder: &Path, number: u64) -> PathBuf {
    folder.join(format!("{number:016}.idx"))
}

/// The segments in a folder, in order.
pub(crate) fn numbers(folder: &Path) -> Result<Vec<u64>, LogError> {
    let mut numbers = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(LogError::file("listing", folder))? {
        let name = entry.map_err(LogError::file("listing", folder))?.file_name();
        let number: Option<u64> = name.to_str().and_then(|name| name.strip_suffix(".log")).and_then(|number| number.parse().ok());
        numbers.extend(number);
    }
    numbers.sort_unstable();
    Ok(numbers)
}

/// Makes an empty segment, durably.
pub(crate) fn create(folder: &Path, number: u64) -> Result<File, LogError> {
    let path = data_path(folder, number);
    let options = OpenOptions::new().read(true).write(true).create(true).truncate(true).open(&path);
    let mut file = options.map_err(LogError::file("creating", &path))?;
    file.write_all(&HEAD).map_err(LogError::file("writing", &path))?;
    file.sync_all().map_err(LogError::file("syncing", &path))?;
    sync_folder(folder)?;
    Ok(file)
}

/// Opens a segment to go on writing.
pub(crate) fn open(folder: &Path, number: u64) -> Result<File, LogError> {
    let path = data_path(folder, number);
    let file = OpenOptions::new().read(true).write(true).open(&path).map_err(LogError::file("opening", &path))?;
    check_head(&file, &path, HEAD)?;
    Ok(file)
}

/// What a scan found out about the end of a segment.
#[derive(Debug)]
pub(crate) struct Scanned {
    /// Where the last whole frame ends.
    pub(crate) end: u64,
    /// What stands there, if that is not the end of the file.
    pub(crate) torn: Option<FrameError>,
}

/// Reads a segment frame by frame, up to the first that is not whole.
pub(crate) fn scan(
    folder: &Path,
    number: u64,
    mut each: impl FnMut(Frame<'_>, u32, u32) -> Result<(), LogError>,
) -> Result<Scanned, LogError> {
    let path = data_path(folder, number);
    let bytes = std::fs::read(&path).map_err(LogError::file("reading", &path))?;
    if !bytes.starts_with(&HEAD) {
        return Err(LogError::Format { path });
    }
    let mut rest = bytes.get(HEAD.len()..).unwrap_or_default();
    let mut end = START;
    while !rest.is_empty() {
        let torn = match frame::unwrap(rest) {
            Ok(body) => {
                // The checksum is right: this is what was written, so it must be a record.
                let frame = frame::decode(body).map_err(LogError::damaged(&path, end))?;
                let length = frame::HEAD + body.len();
                each(frame, short(end), short(length as u64))?;
                rest = rest.get(length..).unwrap_or_default();
                end += length as u64;
                continue;
            }
            Err(torn) => torn,
        };
        return Ok(Scanned { end, torn: Some(torn) });
    }
    Ok(Scanned { end, torn: None })
}

/// Places and lengths in a segment have 32 bits: no segment is longer.
fn short(number: u64) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
