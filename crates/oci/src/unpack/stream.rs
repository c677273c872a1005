//! A layer's archive as a stream: one thread reads and inflates, the other hashes and writes files.

use std::fs::File;
use std::io::{self, BufRead, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::Scope;

use crate::archive::ArchiveError;
use crate::decode::decoder;
use crate::digest::{Digest, Hasher};
use crate::error::UnpackProblem;
use crate::limits::Limits;
use crate::store::ContentStore;
use crate::watch::Watch;

const CHUNK: usize = 256 << 10;
/// Chunks between the two threads.
const AHEAD: usize = 8;
/// The free space is looked at each time so many bytes were inflated.
const SPACE_EVERY: u64 = 64 << 20;

/// The inflated bytes, hashed as they are handed out.
pub(super) struct Stream<'a> {
    chunks: Receiver<io::Result<Vec<u8>>>,
    /// Chunks that were read go back.
    used: SyncSender<Vec<u8>>,
    chunk: Vec<u8>,
    at: usize,
    hasher: Hasher,
    store: &'a ContentStore,
    inflated: u64,
    space_at: u64,
    compressed: Arc<AtomicU64>,
    /// Why the stream was ended from this side: an `io::Error` cannot say it.
    refused: Option<UnpackProblem>,
    ended: bool,
}

/// Counts what is read of the blob.
struct Counted<'a> {
    blob: File,
    bytes: Arc<AtomicU64>,
    watch: Watch<'a>,
    report: &'a (dyn Fn(u64) + Sync),
}

impl Read for Counted<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.watch.check()?;
        let length = self.blob.read(buffer)?;
        let before = self.bytes.fetch_add(length as u64, Ordering::Relaxed);
        // About every megabyte, and at the end.
        if length == 0 || before >> 20 != (before + length as u64) >> 20 {
            (self.report)(before + length as u64);
        }
        Ok(length)
    }
}

impl<'a> Stream<'a> {
    /// Starts the reading thread. It ends when the stream is dropped.
    pub(super) fn begin<'scope>(
        scope: &'scope Scope<'scope, 'a>,
        blob: File,
        store: &'a ContentStore,
        watch: Watch<'a>,
        report: &'a (dyn Fn(u64) + Sync),
    ) -> Result<Self, UnpackProblem>
    where
        'a: 'scope,
    {
        let compressed = Arc::new(AtomicU64::new(0));
        let counted = Counted { blob, bytes: Arc::clone(&compressed), watch, report };
        let mut inflated = decoder(counted).map_err(ArchiveError::Read)?;
        let (chunks_in, chunks) = sync_channel(AHEAD);
        let (used, used_out) = sync_channel::<Vec<u8>>(AHEAD + 2);
        scope.spawn(move || {
            loop {
                let mut chunk = used_out.try_recv().unwrap_or_default();
                let outcome = fill(&mut inflated, &mut chunk).map(|()| chunk);
                let last = !matches!(&outcome, Ok(chunk) if chunk.len() == CHUNK);
                if chunks_in.send(outcome).is_err() || last {
                    return;
                }
            }
        });
        Ok(Self {
            chunks,
            used,
            chunk: Vec::new(),
            at: 0,
            hasher: Hasher::default(),
            store,
            inflated: 0,
            space_at: 0,
            compressed,
            refused: None,
            ended: false,
        })
    }

    /// Reads what is left, and answers the digest of all of it.
    pub(super) fn finish(mut self) -> Result<Digest, UnpackProblem> {
        loop {
            match self.fill_buf() {
                Ok([]) => return Ok(self.hasher.finish()),
                Ok(rest) => {
                    let length = rest.len();
                    self.consume(length);
                }
                Err(error) => return Err(self.problem(ArchiveError::Read(error))),
            }
        }
    }

    /// Why reading failed: the refusal, if it was one.
    pub(super) fn problem(&mut self, error: ArchiveError) -> UnpackProblem {
        self.refused.take().unwrap_or(UnpackProblem::Archive(error))
    }

    fn check(&mut self) -> Result<(), UnpackProblem> {
        let Limits { layer_bytes, inflation_ratio, ratio_floor, .. } = *self.store.limits();
        if self.inflated > layer_bytes {
            return Err(UnpackProblem::Limit { what: "what the layer inflates to", limit: layer_bytes });
        }
        let compressed = self.compressed.load(Ordering::Relaxed).max(1);
        if self.inflated > ratio_floor && self.inflated / compressed > inflation_ratio {
            return Err(UnpackProblem::Limit { what: "how many times its size the layer inflates to", limit: inflation_ratio });
        }
        if self.inflated >= self.space_at {
            self.space_at = self.inflated + SPACE_EVERY;
            self.store.check_space()?;
        }
        Ok(())
    }
}

impl Read for Stream<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let more = self.fill_buf()?;
        let length = more.len().min(buffer.len());
        buffer[..length].copy_from_slice(&more[..length]);
        self.consume(length);
        Ok(length)
    }
}

impl BufRead for Stream<'_> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.at == self.chunk.len() && !self.ended {
            let chunk = match self.chunks.recv() {
                Ok(chunk) => chunk?,
                // The thread has said its last.
                Err(_) => Vec::new(),
            };
            self.ended = chunk.is_empty();
            self.hasher.update(&chunk);
            self.inflated += chunk.len() as u64;
            let used = std::mem::replace(&mut self.chunk, chunk);
            self.at = 0;
            // Nobody waits for it at the end.
            let _ = self.used.try_send(used);
            if let Err(refused) = self.check() {
                self.refused = Some(refused);
                return Err(io::ErrorKind::Other.into());
            }
        }
        Ok(&self.chunk[self.at..])
    }

    fn consume(&mut self, length: usize) {
        self.at = (self.at + length).min(self.chunk.len());
    }
}

/// Reads until the chunk is full or nothing more comes.
fn fill(source: &mut dyn Read, chunk: &mut Vec<u8>) -> io::Result<()> {
    chunk.resize(CHUNK, 0);
    let mut filled = 0;
    while filled < CHUNK {
        match source.read(&mut chunk[filled..]) {
            Ok(0) => break,
            Ok(length) => filled += length,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    chunk.truncate(filled);
    Ok(())
}
