//! The log store as its users see it.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, RwLock, mpsc};
use std::thread;

use berth_model::{LogGroupId, Timestamp};
use tokio::sync::{oneshot, watch};

use super::index::Index;
use super::payload;
use super::recover::recover;
use super::stream::StreamKey;
use super::writer::{Pending, Request, Writer};
use super::{Failure, LogError, NewEvent, WriteError};

/// Segments are about this long.
const SEGMENT_BYTES: u64 = 64 << 20;
/// Frames of a segment, at most: what its blocks take in memory, and what a start takes, has an end.
const SEGMENT_FRAMES: u64 = 1 << 15;

/// How a store is opened.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// A segment of so many bytes is full.
    pub segment_bytes: u64,
    /// A segment of so many frames is full.
    pub segment_frames: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self { segment_bytes: SEGMENT_BYTES, segment_frames: SEGMENT_FRAMES }
    }
}

/// A handle of an open log store; clones are handles of the same. When the last one is dropped, what is queued is still
/// written; [`LogStore::close`] also waits for it.
#[derive(Debug, Clone)]
pub struct LogStore(pub(crate) Arc<Parts>);

/// The parts of an open store.
#[derive(Debug)]
pub(crate) struct Parts {
    pub(crate) folder: PathBuf,
    pub(crate) index: Arc<RwLock<Index>>,
    queue: Mutex<Option<mpsc::Sender<Pending>>>,
    failed: watch::Receiver<Option<Failure>>,
    closed: Mutex<Option<oneshot::Receiver<Result<(), Failure>>>>,
}

impl LogStore {
    /// Opens the store of a folder, which is made if need be. Reads the last checkpoint and what was written since, and repairs
    /// the end of the last segment. Blocks while it does.
    ///
    /// # Errors
    /// Another process works in the folder, or a file cannot be read or is damaged.
    pub fn open(folder: &Path, options: Options) -> Result<Self, LogError> {
        std::fs::create_dir_all(folder).map_err(LogError::file("making", folder))?;
        let lock = lock(&folder.join("lock"))?;
        let (index, state) = recover(folder)?;
        let index = Arc::new(RwLock::new(index));
        let (queue, queued) = mpsc::channel();
        let (failing, failed) = watch::channel(None);
        let (closing, closed) = oneshot::channel();
        let writer = Writer {
            folder: folder.to_owned(),
            options,
            index: Arc::clone(&index),
            queue: queued,
            failed: failing,
            closed: closing,
            lock,
            state,
        };
        let thread = thread::Builder::new().name("log-writer".into()).spawn(move || writer.run());
        thread.map_err(LogError::file("starting the writer of", folder))?;
        let (queue, closed) = (Mutex::new(Some(queue)), Mutex::new(Some(closed)));
        Ok(Self(Arc::new(Parts { folder: folder.to_owned(), index, queue, failed, closed })))
    }

    /// Makes a stream.
    ///
    /// # Errors
    /// There is one of that name, or nothing could be written.
    pub async fn create_stream(&self, group: LogGroupId, name: &str, at: Timestamp) -> Result<(), WriteError> {
        self.write(Request::Create(StreamKey { group, name: name.into() }, at)).await
    }

    /// Deletes a stream and its events. Their space is given back with their segments.
    ///
    /// # Errors
    /// There is none of that name, or nothing could be written.
    pub async fn delete_stream(&self, group: LogGroupId, name: &str) -> Result<(), WriteError> {
        self.write(Request::Delete(StreamKey { group, name: name.into() })).await
    }

    /// Deletes all streams of a group, for good: a group that takes its name has another id.
    ///
    /// # Errors
    /// Nothing could be written.
    pub async fn delete_group(&self, group: LogGroupId) -> Result<(), WriteError> {
        self.write(Request::DeleteGroup(group)).await
    }

    /// Adds events to a stream, which must be in the order of their times. Answers when they are on disk. A batch with the ticket
    /// of the stream's last one is that one, sent again because its answer was lost: it is there already.
    ///
    /// # Errors
    /// There is no such stream, the events are no batch, or nothing could be written.
    pub async fn append(
        &self,
        group: LogGroupId,
        stream: &str,
        ingested_at: Timestamp,
        events: &[NewEvent],
        ticket: Option<u64>,
    ) -> Result<(), WriteError> {
        let packed = payload::pack(events)?;
        self.write(Request::Append(StreamKey { group, name: stream.into() }, ingested_at, packed, ticket)).await
    }

    /// Deletes what groups left that are not there any more, as after a crash between the two halves of deleting one.
    ///
    /// # Errors
    /// Nothing could be written.
    pub async fn retain_groups(&self, is_there: impl Fn(LogGroupId) -> bool) -> Result<(), WriteError> {
        let gone: Vec<LogGroupId> = {
            let index = self.0.index.read().unwrap_or_else(PoisonError::into_inner);
            index.groups.keys().copied().filter(|group| !is_there(*group)).collect()
        };
        for group in gone {
            self.delete_group(group).await?;
        }
        Ok(())
    }

    /// What the events of a group count for: their text and 26 bytes each.
    #[must_use]
    pub fn bytes_of_group(&self, group: LogGroupId) -> u64 {
        let index = self.0.index.read().unwrap_or_else(PoisonError::into_inner);
        index.groups.get(&group).map_or(0, |totals| totals.bytes)
    }

    /// Waits until the store fails; forever, if it is closed in good order. The process then has to stop.
    pub async fn failed(&self) -> Failure {
        let mut failed = self.0.failed.clone();
        match failed.wait_for(Option::is_some).await.map(|failure| failure.clone()) {
            Ok(Some(failure)) => failure,
            Ok(None) | Err(_) => std::future::pending().await,
        }
    }

    /// Takes no more writes, waits until those under way are durable, and lets go of the folder.
    ///
    /// # Errors
    /// The store had failed.
    pub async fn close(&self) -> Result<(), Failure> {
        *self.0.queue.lock().unwrap_or_else(PoisonError::into_inner) = None;
        let closed = self.0.closed.lock().unwrap_or_else(PoisonError::into_inner).take();
        match closed {
            Some(closed) => closed.await.unwrap_or(Ok(())),
            None => Ok(()),
        }
    }

    pub(crate) async fn write(&self, request: Request) -> Result<(), WriteError> {
        let (done, answer) = oneshot::channel();
        let sent = match &*self.0.queue.lock().unwrap_or_else(PoisonError::into_inner) {
            Some(queue) => queue.send(Pending { request, done }).is_ok(),
            None => return Err(WriteError::Closed),
        };
        match if sent { answer.await.ok() } else { None } {
            Some(answer) => answer,
            None => Err(self.0.failed.borrow().clone().map_or(WriteError::Closed, WriteError::Failed)),
        }
    }
}

fn lock(path: &Path) -> Result<File, LogError> {
    let file = File::options().create(true).truncate(false).write(true).open(path).map_err(LogError::file("opening", path))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(std::fs::TryLockError::WouldBlock) => Err(LogError::Locked { path: path.to_owned() }),
        Err(std::fs::TryLockError::Error(cause)) => Err(LogError::file("locking", path)(cause)),
    }
}
