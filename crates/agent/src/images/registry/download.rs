//! A blob as a stream that a thread reads, whatever becomes of the connections below it.

use std::fmt;
use std::future::Future;
use std::io::{self, Read};
use std::pin::Pin;
use std::time::{Duration, Instant};

use berth_oci::{Digest, Part, Remote};
use bytes::{Buf as _, Bytes};
use http::{Method, Response, StatusCode, header};
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use tokio::runtime::Handle;
use tokio::sync::OwnedSemaphorePermit;

use super::error::{FetchError, Retried};
use super::repository::{MANIFESTS, Repository};
use crate::backoff::Backoff;

/// So often whoever reads may look whether the work was called off.
const SLICE: Duration = Duration::from_millis(200);
/// Connections that one blob may take, however far each gets.
const MOST_CONNECTIONS: u32 = 100;

/// A repository whose blobs are read by threads.
pub(in crate::images) struct Session {
    repository: Repository,
    runtime: Handle,
}

impl Session {
    /// Its streams are read outside of the runtime, which carries the connections.
    pub(in crate::images) const fn new(repository: Repository, runtime: Handle) -> Self {
        Self { repository, runtime }
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session").field("repository", &self.repository).finish_non_exhaustive()
    }
}

impl Remote for Session {
    fn open(&self, part: Part, digest: Digest, size: Option<u64>) -> Box<dyn Read + Send + '_> {
        let repository = &self.repository;
        let (path, accept) = match part {
            Part::Manifest => (repository.manifest(&digest.to_string()), Some(MANIFESTS)),
            Part::Configuration | Part::Layer => (repository.blob(digest), None),
        };
        Box::new(Download {
            session: self,
            path,
            accept,
            digest,
            size,
            at: 0,
            state: State::Idle,
            connections: 0,
            failures: 0,
            backoff: repository.registry.patience.backoff(),
            _place: None,
            needs_place: part == Part::Layer,
        })
    }
}

/// A connection in the making, or on it.
enum State {
    Idle,
    Opening(Pin<Box<dyn Future<Output = Result<Opened, Retried>> + Send>>),
    Open(Open),
    Done,
}

struct Opened {
    place: Option<OwnedSemaphorePermit>,
    body: Open,
}

struct Open {
    body: Incoming,
    url: String,
    /// Of what comes, that was there before.
    skip: u64,
    piece: Bytes,
    last: Instant,
}

/// What is still to come of a blob.
struct Wanted {
    path: String,
    accept: Option<&'static str>,
    digest: Digest,
    size: Option<u64>,
    at: u64,
}

impl Wanted {
    async fn ask(&self, repository: &Repository) -> Result<Open, FetchError> {
        // What has no known size is short: then all of it comes again.
        let from = if self.at > 0 && self.size.is_some() { Some(self.at) } else { None };
        let answer = repository.ask(&Method::GET, &self.path, self.accept, from, self.digest).await;
        let (answer, url) = answer?;
        let skip = begins_at(&answer, &url, from, self.size)?;
        let skip = if from.is_none() { self.at } else { skip };
        Ok(Open { body: answer.into_body(), url, skip, piece: Bytes::new(), last: Instant::now() })
    }
}

struct Download<'a> {
    session: &'a Session,
    path: String,
    accept: Option<&'static str>,
    digest: Digest,
    size: Option<u64>,
    at: u64,
    state: State,
    connections: u32,
    /// Since it advanced last.
    failures: u32,
    backoff: Backoff,
    needs_place: bool,
    /// One of the downloads that there may be at the same time.
    _place: Option<OwnedSemaphorePermit>,
}

impl Read for Download<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            if self.size.is_some_and(|size| self.at >= size) {
                self.state = State::Done;
            }
            match &mut self.state {
                State::Done => return Ok(0),
                State::Idle => self.open(Duration::ZERO),
                State::Opening(opening) => {
                    let opened = self.session.runtime.block_on(async { tokio::time::timeout(SLICE, opening).await });
                    match opened {
                        Err(_) => return Err(io::ErrorKind::Interrupted.into()),
                        Ok(Ok(Opened { place, body })) => {
                            self._place = place.or(self._place.take());
                            self.state = State::Open(body);
                        }
                        Ok(Err(error)) => return Err(self.ends(error)),
                    }
                }
                State::Open(open) if !open.piece.is_empty() => {
                    let left = self.size.map_or(u64::MAX, |size| size - self.at);
                    let length = buffer.len().min(open.piece.len()).min(usize::try_from(left).unwrap_or(usize::MAX));
                    buffer[..length].copy_from_slice(&open.piece[..length]);
                    open.piece.advance(length);
                    self.at += length as u64;
                    return Ok(length);
                }
                State::Open(_) => self.receive()?,
            }
        }
    }
}

impl Download<'_> {
    /// Begins a connection for what is missing.
    fn open(&mut self, pause: Duration) {
        self.connections += 1;
        let repository = self.session.repository.clone();
        let wanted = Wanted { path: self.path.clone(), accept: self.accept, digest: self.digest, size: self.size, at: self.at };
        let needs_place = self.needs_place && self._place.is_none();
        self.state = State::Opening(Box::pin(async move {
            tokio::time::sleep(pause).await;
            let downloads = std::sync::Arc::clone(&repository.registry.downloads);
            // Never closed.
            let place = if needs_place { downloads.acquire_owned().await.ok() } else { None };
            let body = repository.registry.patience.with(|| wanted.ask(&repository)).await?;
            Ok(Opened { place, body })
        }));
    }

    /// Waits a little for more to come on an open connection.
    fn receive(&mut self) -> io::Result<()> {
        let State::Open(open) = &mut self.state else { return Ok(()) };
        let stall = self.session.repository.registry.patience.stall;
        let frame = self.session.runtime.block_on(async { tokio::time::timeout(SLICE, open.body.frame()).await });
        let problem = match frame {
            Ok(Some(Ok(frame))) => {
                let mut data = frame.into_data().unwrap_or_default();
                if !data.is_empty() {
                    open.last = Instant::now();
                }
                let skipped = open.skip.min(data.len() as u64);
                open.skip -= skipped;
                data.advance(usize::try_from(skipped).unwrap_or(data.len()));
                if !data.is_empty() {
                    self.failures = 0;
                    open.piece = data;
                }
                return Ok(());
            }
            Ok(None) if self.size.is_none() => {
                self.state = State::Done;
                return Ok(());
            }
            Ok(None) => "the registry ended it".to_owned(),
            Ok(Some(Err(error))) => super::transport::chain(&error),
            Err(_) if open.last.elapsed() >= stall => format!("nothing came for {stall:?}"),
            Err(_) => return Err(io::ErrorKind::Interrupted.into()),
        };
        let (url, have) = (open.url.clone(), self.at);
        let error = FetchError::Cut { url, have, size: self.size.unwrap_or(have), problem };
        self.failures += 1;
        let patience = &self.session.repository.registry.patience;
        match patience.pause_after(&error, self.failures, &mut self.backoff) {
            Some(pause) if self.connections < MOST_CONNECTIONS => {
                tracing::debug!(%error, "a download is taken up again");
                self.open(pause);
                Ok(())
            }
            _ => {
                let attempts = self.connections;
                Err(self.ends(Retried { attempts, cause: error }))
            }
        }
    }

    fn ends(&mut self, error: Retried) -> io::Error {
        self.state = State::Done;
        io::Error::other(error)
    }
}

/// How much of what comes is to be skipped. An answer that is not what was asked for is none.
fn begins_at(answer: &Response<Incoming>, url: &str, from: Option<u64>, size: Option<u64>) -> Result<u64, FetchError> {
    let text = |name| answer.headers().get(name).and_then(|value: &header::HeaderValue| value.to_str().ok());
    let Some(from) = from else {
        let said = text(header::CONTENT_LENGTH).and_then(|text| text.parse::<u64>().ok());
        return match (said, size) {
            (Some(said), Some(size)) if said != size => {
                Err(FetchError::nonsense(url, format!("the registry has {said} bytes, the manifest says {size}")))
            }
            _ if answer.status() == StatusCode::PARTIAL_CONTENT => {
                Err(FetchError::nonsense(url, "a part came though all was asked for"))
            }
            _ => Ok(0),
        };
    };
    if answer.status() != StatusCode::PARTIAL_CONTENT {
        // It does not know ranges, or does not want to: all comes again.
        return Ok(from);
    }
    let begins = text(header::CONTENT_RANGE).and_then(|text| text.strip_prefix("bytes ")?.split_once('-')?.0.trim().parse().ok());
    if begins == Some(from) { Ok(0) } else { Err(FetchError::nonsense(url, "another part came than was asked for")) }
}
