//! An import over the socket: the archive comes in while it is stored, and the answer says how far it is.

use std::convert::Infallible;
use std::io::{self, Read};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use berth_oci::{Progress, Reference, Watch};
use bytes::{Buf, Bytes};
use http::{Response, header};
use http_body_util::BodyExt;
use hyper::body::{Body, Frame, Incoming};
use tokio::sync::mpsc;

use super::answer::Answer;
use super::library::Images;
use super::listing::{ImportProgress, Line, Outcome};

/// An archive that does not go on for so long is given up.
const PATIENCE: Duration = Duration::from_secs(60);
/// Bytes of an archive, at most.
const LONGEST: u64 = 256 << 30;
/// Pieces of the archive that wait to be stored.
const AHEAD: usize = 8;
/// Lines that wait to be sent. When nobody takes them, those that say how far it is are left out.
const LINES: usize = 64;
/// A layer's progress is told when it has advanced by so much.
const STEP: u64 = 4 << 20;

/// Begins an import and answers at once; what becomes of it follows in the answer's body.
pub(super) fn answer(images: Images, name: Option<Reference>, body: Incoming) -> Answer {
    let cancelled = Arc::new(AtomicBool::new(false));
    let (pieces, archive) = mpsc::channel(AHEAD);
    let (lines, told) = mpsc::channel(LINES);
    let receiving = tokio::spawn(receive(body, pieces, Arc::clone(&cancelled)));
    let called_off = Arc::clone(&cancelled);
    tokio::spawn(async move {
        let last = lines.clone();
        let imported = tokio::task::spawn_blocking(move || import(&images, name.as_ref(), archive, &lines, &called_off)).await;
        receiving.abort();
        let outcome = imported.unwrap_or_else(|_| Outcome::Error("the agent is ending".to_owned()));
        // Nobody may be there any more.
        let _ = last.send(line(&Line::Outcome(outcome))).await;
    });
    let mut answer = Response::new(Told { lines: told, cancelled }.boxed());
    answer.headers_mut().insert(header::CONTENT_TYPE, header::HeaderValue::from_static("application/x-ndjson"));
    answer
}

/// Passes the archive on as it comes.
async fn receive(mut body: Incoming, pieces: mpsc::Sender<io::Result<Bytes>>, cancelled: Arc<AtomicBool>) {
    let mut received = 0_u64;
    loop {
        let piece = match tokio::time::timeout(PATIENCE, body.frame()).await {
            Ok(None) => return,
            Ok(Some(Ok(frame))) => frame.into_data().map_err(|_| ()).unwrap_or_default(),
            Ok(Some(Err(error))) => {
                cancelled.store(true, Ordering::Relaxed);
                let _ = pieces.send(Err(io::Error::new(io::ErrorKind::UnexpectedEof, error))).await;
                return;
            }
            Err(_) => {
                let problem = format!("nothing came for {} s", PATIENCE.as_secs());
                let _ = pieces.send(Err(io::Error::new(io::ErrorKind::TimedOut, problem))).await;
                return;
            }
        };
        received += piece.len() as u64;
        let piece =
            if received > LONGEST { Err(io::Error::other(format!("it has more than {LONGEST} bytes"))) } else { Ok(piece) };
        let is_last = piece.is_err();
        if pieces.send(piece).await.is_err() || is_last {
            return;
        }
    }
}

fn import(
    images: &Images,
    name: Option<&Reference>,
    pieces: mpsc::Receiver<io::Result<Bytes>>,
    lines: &mpsc::Sender<Bytes>,
    cancelled: &AtomicBool,
) -> Outcome {
    let tell = |progress| {
        let progress = match progress {
            Progress::Received { bytes } => ImportProgress::Received(bytes),
            Progress::Unpacking { layer, layers, bytes, total } if bytes % STEP < STEP / 8 || bytes == total => {
                ImportProgress::Unpacking { layer: layer + 1, layers, bytes, total }
            }
            Progress::Unpacked { .. } | Progress::Resolving | Progress::Fetching { .. } | Progress::Unpacking { .. } => return,
        };
        // One that is slow misses some.
        let _ = lines.try_send(line(&Line::Progress(progress)));
    };
    let archive = Archive { pieces, current: Bytes::new() };
    match images.import(archive, name, &Watch::new(cancelled, &tell)) {
        Ok(imported) => Outcome::Imported(imported),
        Err(error) => Outcome::Error(error.to_string()),
    }
}

fn line(line: &Line) -> Bytes {
    // Nothing in it refuses to be written.
    let mut text = serde_json::to_vec(line).unwrap_or_default();
    text.push(b'\n');
    text.into()
}

/// The archive, for a thread that reads it.
struct Archive {
    pieces: mpsc::Receiver<io::Result<Bytes>>,
    current: Bytes,
}

impl Read for Archive {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.current.is_empty() {
            match self.pieces.blocking_recv() {
                Some(piece) => self.current = piece?,
                None => return Ok(0),
            }
        }
        let length = buffer.len().min(self.current.len());
        buffer[..length].copy_from_slice(&self.current[..length]);
        self.current.advance(length);
        Ok(length)
    }
}

/// The lines of an answer. Whoever stops reading them calls the import off.
struct Told {
    lines: mpsc::Receiver<Bytes>,
    cancelled: Arc<AtomicBool>,
}

impl Body for Told {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        self.lines.poll_recv(cx).map(|line| line.map(|line| Ok(Frame::data(line))))
    }
}

impl Drop for Told {
    fn drop(&mut self) {
        self.cancelled.store(true, Ordering::Relaxed);
    }
}
