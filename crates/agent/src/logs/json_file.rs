//! `json-file`: logs that stay on this machine, in Docker's format.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use berth_runtime::{Output, RuntimeError, SegmentReader, WhenFull};
use serde::{Deserialize, Serialize};
use tokio::sync::watch;

use super::error::DriverError;
use super::journal::Journal;
use super::options::Options;
use super::place::{Line, Place, Stopped};
use super::record::Records;
use super::retained::{self, FILE};
use super::wakes::Wakes;

pub(super) const NAME: &str = "json-file";
/// Longer lines become several records, as with Docker.
const LONGEST: usize = 16 << 10;
/// So much is written at once.
const AT_ONCE: usize = 1 << 20;
/// A log has so many bytes where nothing is said. Docker's has no bound, and fills the disk.
const MAX_SIZE: u64 = 64 << 20;
const MAX_FILES: u32 = 2;
/// After a failure, such as a full disk.
const RETRY: Duration = Duration::from_secs(2);

/// Where a container's records go.
#[derive(Debug, Clone)]
pub(super) struct JsonFile {
    folder: PathBuf,
    max_size: u64,
    max_files: u32,
    pub(super) output: Output,
}

/// How far the driver came, and how long its file was then: what is behind that is from an attempt that was not noted.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Written {
    place: Place,
    length: u64,
}

/// A log at work.
#[derive(Debug)]
struct Log {
    driver: JsonFile,
    container: PathBuf,
    /// Nothing before the first step, and after one that failed.
    written: Option<Written>,
}

#[derive(Debug, thiserror::Error)]
#[error("{doing}: {cause}")]
struct LogError {
    doing: &'static str,
    cause: io::Error,
}

impl LogError {
    fn reading(error: RuntimeError) -> Self {
        Self { doing: "reading the container's output", cause: io::Error::other(error) }
    }
}

impl JsonFile {
    pub(super) fn of(mut options: Options, folder: PathBuf) -> Result<Self, DriverError> {
        let max_size = options.size("max-size", 1000)?;
        let max_files = options.number("max-file")?;
        if max_files.is_some_and(|files| files > 1) && max_size.is_none() {
            return Err(options.wrong("max-file cannot be set without max-size".to_owned()));
        }
        let max_files = max_files.unwrap_or(if max_size.is_some() { 1 } else { MAX_FILES });
        let output = options.output(WhenFull::Block)?;
        options.finish()?;
        Ok(Self { folder, max_size: max_size.unwrap_or(MAX_SIZE), max_files, output })
    }

    /// Writes until the output is over.
    pub(super) async fn follow(self, container: PathBuf, wakes: Arc<Wakes>, mut ended: watch::Receiver<bool>) {
        let mut wake = wakes.watch(&container);
        let mut log = Log { driver: self, container, written: None };
        loop {
            let over = *ended.borrow_and_update();
            let step = tokio::task::spawn_blocking(move || {
                let outcome = log.step(over);
                (log, outcome)
            });
            let Ok((next, outcome)) = step.await else { return };
            log = next;
            match outcome {
                Ok(()) if over => return,
                Ok(()) => tokio::select! {
                    () = wake.wait() => {}
                    changed = ended.changed() => if changed.is_err() { return },
                },
                Err(_) if !log.container.exists() => return,
                Err(error) => {
                    tracing::error!(%error, "writing a log; tried again soon");
                    log.written = None;
                    tokio::time::sleep(RETRY).await;
                }
            }
        }
    }
}

impl Log {
    /// Writes what there is. `over`: nothing more will come.
    fn step(&mut self, over: bool) -> Result<(), LogError> {
        let journal = Journal::of(&self.container);
        let path = self.driver.folder.join(FILE);
        let doing = |doing| move |cause| LogError { doing, cause };
        let _alone = journal.lock().map_err(doing("locking the container's folder"))?;
        fs::create_dir_all(&self.driver.folder).map_err(doing("making the log's folder"))?;
        let mut written = match self.written.take() {
            Some(written) => written,
            None => journal.read::<Written>().map_err(doing("reading how far it is"))?,
        };
        let mut file = open(&path, &mut written).map_err(doing("opening it"))?;
        let mut reader = SegmentReader::open(&self.container, written.place.position);
        let mut records = Records::default();
        let mut buffer = Vec::new();
        loop {
            let before = written.place.clone();
            let (length, max_size) = (written.length, self.driver.max_size);
            let take = &mut |line: Line<'_>| {
                let room = length + (buffer.len() as u64) < max_size && buffer.len() < AT_ONCE;
                if room {
                    records.append(&mut buffer, line);
                }
                room
            };
            let mut stopped = written.place.read(&mut reader, LONGEST, None, take).map_err(LogError::reading)?;
            if over && stopped == Stopped::Dry {
                stopped = written.place.finish(take);
            }
            file.write_all(&buffer).map_err(doing("writing it"))?;
            written.length += buffer.len() as u64;
            buffer.clear();
            let note = |written: &Written| journal.write(written, false).map_err(doing("writing how far it is"));
            if written.place != before {
                note(&written)?;
                reader.discard_before(written.place.position).map_err(LogError::reading)?;
            }
            if stopped == Stopped::Dry {
                break;
            }
            if written.length >= max_size {
                rotate(&path, self.driver.max_files).map_err(doing("rotating it"))?;
                written.length = 0;
                note(&written)?;
                file = open(&path, &mut written).map_err(doing("opening it"))?;
            }
            // The reader has passed the line that was not taken.
            reader = SegmentReader::open(&self.container, written.place.position);
        }
        if over {
            retained::mark_over(&self.driver.folder).map_err(doing("marking that it is over"))?;
        }
        self.written = Some(written);
        Ok(())
    }
}

/// Opens the file and cuts off what was written, but not noted, before this process began. A file that is not there was rotated away.
fn open(path: &Path, written: &mut Written) -> io::Result<File> {
    let file = OpenOptions::new().create(true).append(true).mode(0o600).open(path)?;
    let length = file.metadata()?.len();
    if length > written.length {
        file.set_len(written.length)?;
    }
    written.length = written.length.min(length);
    Ok(file)
}

/// `json.log` becomes `json.log.1`, and so on; the oldest goes.
fn rotate(path: &Path, files: u32) -> io::Result<()> {
    let numbered = |number: u32| if number == 0 { path.to_owned() } else { path.with_extension(format!("log.{number}")) };
    let gone_is_fine = |outcome: io::Result<()>| match outcome {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    };
    if files <= 1 {
        return gone_is_fine(fs::remove_file(path));
    }
    (0..files - 1).rev().try_for_each(|number| gone_is_fine(fs::rename(numbered(number), numbered(number + 1))))
}
