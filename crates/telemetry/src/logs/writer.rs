//! The one thread that writes: it takes what is queued, appends it as one group, syncs once, and only then answers.

use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::panic::{self, AssertUnwindSafe};
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use berth_model::{LogGroupId, Timestamp};
use tokio::sync::{oneshot, watch};

use super::batch::Batch;
use super::expire::Expired;
use super::frame::{self, Block, Created, Deleted, Frame, Record};
use super::index::Index;
use super::payload::Packed;
use super::segment;
use super::segment_index::BlockEntry;
use super::stream::StreamKey;
use super::{Failure, LogError, Options, Span, WriteError};

/// Bytes of one group, about: larger ones gain nothing and make everybody in them wait.
const GROUP_BYTES: usize = 8 << 20;
/// A segment that could not be sealed is not written beyond this.
const LONGEST_SEGMENT: u64 = 1 << 31;
/// How long nobody has to write before the space of deleted streams is looked for.
const IDLE: Duration = Duration::from_secs(1);

/// What is to be written.
#[derive(Debug)]
pub(crate) enum Request {
    Create(StreamKey, Timestamp),
    Delete(StreamKey),
    DeleteGroup(LogGroupId),
    Append(StreamKey, Timestamp, Packed, Option<u64>),
    Forget(Expired),
}

/// A request, and whom it is answered to.
#[derive(Debug)]
pub(crate) struct Pending {
    pub(crate) request: Request,
    pub(crate) done: oneshot::Sender<Result<(), WriteError>>,
}

/// What the thread owns.
pub(crate) struct Writer {
    pub(crate) folder: PathBuf,
    pub(crate) options: Options,
    pub(crate) index: Arc<RwLock<Index>>,
    pub(crate) queue: Receiver<Pending>,
    pub(crate) failed: watch::Sender<Option<Failure>>,
    pub(crate) closed: oneshot::Sender<Result<(), Failure>>,
    /// Keeps the folder.
    pub(crate) lock: File,
    pub(crate) state: State,
}

/// The segment that is written, and what is due.
#[derive(Debug)]
pub(crate) struct State {
    pub(crate) file: File,
    pub(crate) end: u64,
    pub(crate) frames: u64,
    pub(crate) next_frame: u64,
    /// Segments sealed since the last checkpoint.
    pub(crate) sealed: u64,
    /// Whether anything was deleted since space was last looked for.
    pub(crate) deleted: bool,
}

/// A group of requests as it becomes bytes.
#[derive(Default)]
struct Group {
    bytes: Vec<u8>,
    batch: Batch,
    blocks: Vec<(StreamKey, u64, BlockEntry)>,
    frames: u64,
    expired: Vec<u64>,
}

impl Writer {
    /// Writes until the queue has ended or a sync has failed; then answers what is left.
    pub(crate) fn run(mut self) {
        let ended = panic::catch_unwind(AssertUnwindSafe(|| self.write_all()));
        let ended = ended.unwrap_or(Err(LogError::Panicked)).map_err(|error| Failure(Arc::new(error)));
        let Self { queue, failed, closed, lock, .. } = self;
        if let Err(failure) = &ended {
            tracing::error!(error = %failure, "the log store has stopped");
            failed.send_replace(Some(failure.clone()));
            for pending in queue {
                drop(pending.done.send(Err(WriteError::Failed(failure.clone()))));
            }
        }
        drop(lock);
        drop(closed.send(ended));
    }

    fn write_all(&mut self) -> Result<(), LogError> {
        loop {
            let first = match self.next() {
                Ok(first) => first,
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => {
                    self.tend(Self::reclaim);
                    continue;
                }
            };
            self.commit(first)?;
            if self.is_full() {
                self.tend(Self::seal);
            }
        }
        self.tend(Self::reclaim);
        self.tend(Self::checkpoint);
        Ok(())
    }

    fn next(&self) -> Result<Pending, RecvTimeoutError> {
        if self.state.deleted {
            return self.queue.recv_timeout(IDLE);
        }
        self.queue.recv().map_err(|_| RecvTimeoutError::Disconnected)
    }

    fn is_full(&self) -> bool {
        self.state.end >= self.options.segment_bytes || self.state.frames >= self.options.segment_frames
    }

    /// What keeps the folder in order may fail, of a full disk for instance, and is tried again later: no event depends on it.
    fn tend(&mut self, work: impl FnOnce(&mut Self) -> Result<(), LogError>) {
        if let Err(error) = work(self) {
            tracing::warn!(%error, "log segments could not be put in order; this is tried again");
        }
    }

    fn commit(&mut self, first: Pending) -> Result<(), LogError> {
        let (mut group, mut answers) = (Group::default(), Vec::new());
        {
            let index = self.index.read().unwrap_or_else(PoisonError::into_inner);
            let mut next = Some(first);
            while let Some(Pending { request, done }) = next {
                let prepared = group.prepare(request, &index, &self.state);
                answers.push((done, prepared));
                next = if group.bytes.len() < GROUP_BYTES { self.queue.try_recv().ok() } else { None };
            }
        }
        let expired = std::mem::take(&mut group.expired);
        let written = if group.bytes.is_empty() { Ok(()) } else { self.append(&group.bytes) };
        if let Err(error) = written {
            let error = self.undo(error)?;
            for (done, _) in answers {
                drop(done.send(Err(WriteError::NotWritten(Arc::clone(&error)))));
            }
            return Ok(());
        }
        if !group.bytes.is_empty() {
            self.publish(group)?;
        } else if !expired.is_empty() {
            self.index.write().unwrap_or_else(PoisonError::into_inner).absorb(group.batch);
        }
        if !expired.is_empty() {
            self.tend(|writer| writer.forget(&expired));
        }
        for (done, answer) in answers {
            // Whoever stopped waiting has no use for the answer.
            drop(done.send(answer));
        }
        Ok(())
    }

    /// Knows segments no more, also after a start.
    fn forget(&mut self, expired: &[u64]) -> Result<(), LogError> {
        {
            let mut index = self.index.write().unwrap_or_else(PoisonError::into_inner);
            index.sealed.retain(|segment| !expired.contains(&segment.number));
            index.expired.extend(expired);
        }
        self.checkpoint()
    }

    fn append(&self, bytes: &[u8]) -> Result<(), LogError> {
        let path = segment::data_path(&self.folder, self.segment());
        if self.state.end > LONGEST_SEGMENT {
            let cause = std::io::Error::from(std::io::ErrorKind::FileTooLarge);
            return Err(LogError::file("going on with", &path)(cause));
        }
        self.state.file.write_all_at(bytes, self.state.end).map_err(LogError::file("writing", &path))
    }

    pub(crate) fn segment(&self) -> u64 {
        self.index.read().unwrap_or_else(PoisonError::into_inner).active
    }

    /// Takes back what was half written. If that works, the file is as it was before.
    fn undo(&self, error: LogError) -> Result<Arc<LogError>, LogError> {
        let path = segment::data_path(&self.folder, self.segment());
        self.state.file.set_len(self.state.end).map_err(LogError::file("cutting off", &path))?;
        tracing::warn!(%error, "a group of log writes was refused");
        Ok(Arc::new(error))
    }

    /// Makes a group durable, then shows it.
    fn publish(&mut self, group: Group) -> Result<(), LogError> {
        let path = segment::data_path(&self.folder, self.segment());
        // Whether a failed sync can be repeated is not known: the store stops and reads again what is there.
        self.state.file.sync_data().map_err(LogError::file("syncing", &path))?;
        self.state.end += group.bytes.len() as u64;
        self.state.frames += group.frames;
        self.state.next_frame += group.frames;
        self.state.deleted |= group.batch.deletes();
        let mut index = self.index.write().unwrap_or_else(PoisonError::into_inner);
        index.absorb(group.batch);
        for (key, stream, entry) in group.blocks {
            index.blocks.add(key, stream, entry);
        }
        Ok(())
    }
}

impl Group {
    /// Checks a request and adds it to the group.
    fn prepare(&mut self, request: Request, index: &Index, state: &State) -> Result<(), WriteError> {
        let number = state.next_frame + self.frames;
        let at = state.end + self.bytes.len() as u64;
        match request {
            Request::Create(key, created_at) => {
                self.batch.create(index, key.clone(), number, created_at)?;
                let record = Created { group: key.group, name: &key.name, at: created_at };
                self.frame(number, Record::Created(record))?;
            }
            Request::Delete(key) => {
                self.batch.delete(index, key.clone())?;
                self.frame(number, Record::Deleted(Deleted { group: key.group, name: &key.name }))?;
            }
            Request::DeleteGroup(group) => {
                self.batch.delete_group(group);
                self.frame(number, Record::GroupDeleted(group))?;
            }
            Request::Forget(Expired { segments, freed }) => {
                for (key, number, bytes) in freed {
                    self.batch.shrink(index, key, number, bytes)?;
                }
                self.expired.extend(segments);
            }
            Request::Append(key, ingested_at, packed, ticket) => {
                let span = Span { first: packed.first, last: packed.last, ingested_at };
                let Some(stream) = self.batch.extend(index, key.clone(), span, packed.bytes, ticket)? else { return Ok(()) };
                let record = Block {
                    group: key.group,
                    name: &key.name,
                    stream,
                    ingested_at,
                    first: packed.first,
                    last: packed.last,
                    count: packed.count,
                    bytes: packed.bytes,
                    packing: packed.packing,
                    length: packed.length,
                    payload: &packed.payload,
                    ticket,
                };
                let length = self.frame(number, Record::Block(record))?;
                let at = u32::try_from(at).map_err(|_| WriteError::Batch("the segment is too long"))?;
                let entry = BlockEntry { number, at, length, first: packed.first, last: packed.last };
                self.blocks.push((key, stream, entry));
            }
        }
        Ok(())
    }

    /// Appends a frame and answers its length.
    fn frame(&mut self, number: u64, record: Record<'_>) -> Result<u32, WriteError> {
        let start = self.bytes.len();
        if frame::wrap(&mut self.bytes, &Frame { number, record }).is_err() {
            self.bytes.truncate(start);
            return Err(WriteError::Batch("it does not fit into a frame"));
        }
        self.frames += 1;
        u32::try_from(self.bytes.len() - start).map_err(|_| WriteError::Batch("it does not fit into a frame"))
    }
}
