//! Lines that the json-file driver wrote: the agent's own files, which are root's to read.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{ErrorKind, Read as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use serde::Deserialize;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::Start;

/// The newest file; `json.log.1` is the one before it, and so on.
const NEWEST: &str = "json.log";
/// Bytes that are read at once.
const AT_ONCE: u64 = 1 << 20;

/// A line of such a file, as Docker writes it.
#[derive(Debug, Deserialize)]
struct Entry {
    log: String,
    time: String,
}

/// A container's files, read onward from where the last call ended.
#[derive(Debug)]
pub(super) struct JsonFile {
    folder: PathBuf,
    start: Start,
    /// The files to read, oldest first; the newest stays, as it may grow.
    open: Option<VecDeque<File>>,
    /// What was read of a line that is not complete yet.
    part: Vec<u8>,
    /// The tail that was asked for was handed out.
    began: bool,
}

impl JsonFile {
    pub(super) const fn new(folder: PathBuf, start: Start) -> Self {
        Self { folder, start, open: None, part: Vec::new(), began: false }
    }

    /// The next lines; none if there are no more yet, or no file yet.
    pub(super) fn read(&mut self) -> Result<Vec<(i64, String)>> {
        match self.start.tail {
            Some(lines) if !self.began => {
                let mut last = VecDeque::new();
                loop {
                    let more = self.next()?;
                    if more.is_empty() {
                        break;
                    }
                    last.extend(more);
                    let surplus = last.len().saturating_sub(lines);
                    last.drain(..surplus);
                }
                // A file that is not there yet has no lines to leave out.
                self.began = self.open.is_some();
                Ok(last.into())
            }
            _ => self.next(),
        }
    }

    fn next(&mut self) -> Result<Vec<(i64, String)>> {
        loop {
            if !self.fill()? {
                return Ok(Vec::new());
            }
            let lines = self.take_lines()?;
            if !lines.is_empty() {
                return Ok(lines);
            }
        }
    }

    /// Reads more; false if there is no more yet.
    fn fill(&mut self) -> Result<bool> {
        if self.open.is_none() {
            self.open = files(&self.folder)?;
        }
        let Some(open) = &mut self.open else { return Ok(false) };
        while let Some(file) = open.front_mut() {
            let read = file.take(AT_ONCE).read_to_end(&mut self.part);
            if read.with_context(|| format!("reading the log in {}", self.folder.display()))? > 0 {
                return Ok(true);
            }
            if open.len() == 1 && !open.front().is_none_or(|file| is_replaced(file, &self.folder)) {
                return Ok(false);
            }
            open.pop_front();
            if open.is_empty() {
                open.extend(opened(&self.folder.join(NEWEST))?);
            }
        }
        Ok(false)
    }

    fn take_lines(&mut self) -> Result<Vec<(i64, String)>> {
        let Some(end) = self.part.iter().rposition(|byte| *byte == b'\n') else { return Ok(Vec::new()) };
        let mut lines = Vec::new();
        for line in self.part.drain(..=end).collect::<Vec<u8>>().split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
            let entry: Entry =
                serde_json::from_slice(line).with_context(|| format!("parsing the log in {}", self.folder.display()))?;
            let at = OffsetDateTime::parse(&entry.time, &Rfc3339).map_or(0, millis);
            if self.start.since.is_none_or(|since| at >= since) {
                lines.push((at, entry.log.trim_end_matches('\n').to_owned()));
            }
        }
        Ok(lines)
    }
}

fn millis(at: OffsetDateTime) -> i64 {
    i64::try_from(at.unix_timestamp_nanos() / 1_000_000).unwrap_or(i64::MAX)
}

/// All files of a container, oldest first; nothing if there are none yet.
fn files(folder: &Path) -> Result<Option<VecDeque<File>>> {
    let Some(newest) = opened(&folder.join(NEWEST))? else { return Ok(None) };
    let mut files = VecDeque::from([newest]);
    for number in 1_u32.. {
        match opened(&folder.join(format!("{NEWEST}.{number}")))? {
            Some(file) => files.push_front(file),
            None => break,
        }
    }
    Ok(Some(files))
}

fn opened(path: &Path) -> Result<Option<File>> {
    match File::open(path) {
        Ok(file) => Ok(Some(file)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) if error.kind() == ErrorKind::PermissionDenied => {
            bail!("{} is root's to read: run this with sudo", path.display())
        }
        Err(error) => Err(error).with_context(|| format!("opening {}", path.display())),
    }
}

/// Whether a newer file has taken the newest one's name.
fn is_replaced(file: &File, folder: &Path) -> bool {
    let identity = |metadata: std::fs::Metadata| (metadata.dev(), metadata.ino());
    match (file.metadata(), folder.join(NEWEST).metadata()) {
        (Ok(ours), Ok(theirs)) => identity(ours) != identity(theirs),
        _ => false,
    }
}
