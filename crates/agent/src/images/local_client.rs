//! The other end of the agent's socket, for the operator's commands.

use std::fs::File;
use std::io;
use std::os::fd::AsRawFd;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode, header};
use http_body_util::{BodyExt, Empty, Limited, combinators::BoxBody};
use hyper::body::{Body, Frame, Incoming};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::de::DeserializeOwned;
use tokio::io::{AsyncRead, ReadBuf};
use tokio::net::UnixStream;

use super::listing::{ImportProgress, ImportedImage, InspectedImage, Line, ListedImage, Outcome, Problem, PullLine};
use super::pulling::PullProgress;
use crate::volumes::ListedVolume;

/// What is read of an archive at once.
const PIECE: usize = 256 << 10;
/// An answer is no longer than this; nor is a line of an import's.
const LONGEST_ANSWER: usize = 16 << 20;

/// A client of an agent's socket: of its image library and its shared volumes.
#[derive(Debug, Clone)]
pub struct LocalClient {
    socket: PathBuf,
}

/// Why a call came to nothing.
#[derive(Debug, thiserror::Error)]
pub enum LocalError {
    /// The agent does not listen.
    #[error("reaching the agent at {}: {cause}; is `berth up` or `berth agent` running?", socket.display())]
    Unreachable {
        /// Its socket.
        socket: PathBuf,
        /// What happened.
        #[source]
        cause: io::Error,
    },
    /// It refused; the words are its own.
    #[error("{0}")]
    Refused(String),
    /// Tasks use what is to be removed; a name of an image goes all the same with force.
    #[error("{message}")]
    InUse {
        /// What the agent says.
        message: String,
        /// The tasks.
        tasks: Vec<String>,
    },
    /// The archive could not be read.
    #[error("reading the archive: {0}")]
    Archive(#[source] io::Error),
    /// The connection broke, or what came over it makes no sense.
    #[error("{doing}: {problem}")]
    Broken {
        /// What was being done.
        doing: &'static str,
        /// What happened.
        problem: String,
    },
}

impl LocalClient {
    /// A client of the agent whose socket this is: `DATA/agent/agent.sock`.
    #[must_use]
    pub fn new(socket: &Path) -> Self {
        Self { socket: socket.to_owned() }
    }

    /// Imports an archive: that of `docker save`, or an OCI layout as tar; compressed or not. A name is added to the image, if
    /// there is just one in it. Dropping the future calls it off.
    ///
    /// # Errors
    /// The agent is not reached or refuses, or the archive cannot be read.
    pub async fn import(
        &self,
        archive: impl AsyncRead + Send + Sync + 'static,
        name: Option<&str>,
        mut on_progress: impl FnMut(ImportProgress),
    ) -> Result<Vec<ImportedImage>, LocalError> {
        let (failed, mut failure) = tokio::sync::oneshot::channel();
        let archive = Archive { source: Box::pin(archive), failed: Some(failed) };
        let query = name.map_or_else(String::new, |name| format!("?name={}", encoded(name)));
        let outcome = self.import_from(archive, &query, &mut on_progress).await;
        match failure.try_recv() {
            Ok(cause) if outcome.is_err() => Err(LocalError::Archive(cause)),
            _ => outcome,
        }
    }

    async fn import_from(
        &self,
        archive: Archive,
        query: &str,
        on_progress: &mut impl FnMut(ImportProgress),
    ) -> Result<Vec<ImportedImage>, LocalError> {
        let answer = self.send(Method::POST, &format!("/images{query}"), BodyExt::boxed(archive)).await?;
        let taken = |line| match line {
            Line::Progress(progress) => {
                on_progress(progress);
                None
            }
            Line::Outcome(Outcome::Imported(images)) => Some(Ok(images)),
            Line::Outcome(Outcome::Error(problem)) => Some(Err(LocalError::Refused(problem))),
        };
        follow(succeeded(answer).await?.into_body(), "following the import", taken).await
    }

    /// Pulls an image from its registry. Dropping the future calls it off.
    ///
    /// # Errors
    /// The agent is not reached, or the image cannot be pulled.
    pub async fn pull(&self, name: &str, mut on_progress: impl FnMut(PullProgress)) -> Result<ListedImage, LocalError> {
        let answer = self.send(Method::POST, &format!("/images/pull?name={}", encoded(name)), nothing()).await?;
        let taken = |line| match line {
            PullLine::Progress(progress) => {
                on_progress(progress);
                None
            }
            PullLine::Pulled(image) => Some(Ok(*image)),
            PullLine::Error(problem) => Some(Err(LocalError::Refused(problem))),
        };
        follow(succeeded(answer).await?.into_body(), "following the pull", taken).await
    }

    /// Removes the names of images that no task uses; those that were imported only if `all`. Answers which.
    ///
    /// # Errors
    /// The agent is not reached or refuses.
    pub async fn prune(&self, all: bool) -> Result<Vec<String>, LocalError> {
        self.read(Method::POST, &format!("/images/prune?all={all}"), "pruning images").await
    }

    /// An image with all that it says.
    ///
    /// # Errors
    /// There is no such name; the agent is not reached or refuses.
    pub async fn inspect(&self, name: &str) -> Result<InspectedImage, LocalError> {
        self.read(Method::GET, &format!("/images/inspect?name={}", encoded(name)), "inspecting an image").await
    }

    /// All images that have a name or are in use.
    ///
    /// # Errors
    /// The agent is not reached or refuses.
    pub async fn list(&self) -> Result<Vec<ListedImage>, LocalError> {
        self.read(Method::GET, "/images", "listing images").await
    }

    /// All shared volumes, by name.
    ///
    /// # Errors
    /// The agent is not reached or refuses.
    pub async fn volumes(&self) -> Result<Vec<ListedVolume>, LocalError> {
        self.read(Method::GET, "/volumes", "listing volumes").await
    }

    /// Removes a shared volume with all that is in it.
    ///
    /// # Errors
    /// There is none of that name, or tasks use it; the agent is not reached or refuses.
    pub async fn remove_volume(&self, name: &str) -> Result<(), LocalError> {
        succeeded(self.send(Method::DELETE, &format!("/volumes?name={}", encoded(name)), nothing()).await?).await?;
        Ok(())
    }

    /// Asks for something that comes in one piece.
    async fn read<T: DeserializeOwned>(&self, method: Method, path: &str, doing: &'static str) -> Result<T, LocalError> {
        let answer = succeeded(self.send(method, path, nothing()).await?).await?;
        let broken = |problem: String| LocalError::Broken { doing, problem };
        let body = whole(answer.into_body()).await.map_err(broken)?;
        serde_json::from_slice(&body).map_err(|error| broken(error.to_string()))
    }

    /// Removes a name. The image goes with its last name, once no task uses it any more.
    ///
    /// # Errors
    /// There is no such name; tasks use the image, and it is not forced; the agent is not reached or refuses.
    pub async fn remove(&self, name: &str, force: bool) -> Result<(), LocalError> {
        let path = format!("/images?name={}&force={force}", encoded(name));
        succeeded(self.send(Method::DELETE, &path, nothing()).await?).await?;
        Ok(())
    }

    async fn send(&self, method: Method, path: &str, body: BoxBody<Bytes, io::Error>) -> Result<Response<Incoming>, LocalError> {
        let stream = connect(&self.socket).await;
        let stream = stream.map_err(|cause| LocalError::Unreachable { socket: self.socket.clone(), cause })?;
        let broken = |problem: String| LocalError::Broken { doing: "calling the agent", problem };
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(|error| broken(error.to_string()))?;
        // Ends with the sender and the answer's body.
        tokio::spawn(connection);
        let request = Request::builder().method(method).uri(path).header(header::HOST, "agent").body(body);
        let request = request.map_err(|error| broken(error.to_string()))?;
        sender.send_request(request).await.map_err(|error| broken(chain(&error)))
    }
}

/// Reads an answer's lines until one of them is the last.
async fn follow<L: DeserializeOwned, T>(
    mut body: Incoming,
    doing: &'static str,
    mut taken: impl FnMut(L) -> Option<Result<T, LocalError>>,
) -> Result<T, LocalError> {
    let broken = |problem: String| LocalError::Broken { doing, problem };
    let mut buffer = Vec::new();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| broken(error.to_string()))?;
        buffer.extend_from_slice(frame.data_ref().map_or(&[][..], |data| data));
        while let Some(end) = buffer.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = buffer.drain(..=end).collect();
            if let Some(outcome) = taken(serde_json::from_slice(&line).map_err(|error| broken(error.to_string()))?) {
                return outcome;
            }
        }
        if buffer.len() > LONGEST_ANSWER {
            return Err(broken("a line without an end".to_owned()));
        }
    }
    Err(broken("the agent ended in the middle of it".to_owned()))
}

/// Connects by way of the folder's descriptor: a socket's own path may have 107 bytes only.
async fn connect(socket: &Path) -> io::Result<UnixStream> {
    let (Some(folder), Some(name)) = (socket.parent(), socket.file_name()) else {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "not the path of a socket"));
    };
    let folder = File::open(folder)?;
    let short = Path::new("/proc/self/fd").join(folder.as_raw_fd().to_string()).join(name);
    UnixStream::connect(short).await
}

fn encoded(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}

fn nothing() -> BoxBody<Bytes, io::Error> {
    Empty::new().map_err(|never| match never {}).boxed()
}

async fn whole(body: Incoming) -> Result<Bytes, String> {
    Limited::new(body, LONGEST_ANSWER).collect().await.map(http_body_util::Collected::to_bytes).map_err(|error| error.to_string())
}

async fn succeeded(answer: Response<Incoming>) -> Result<Response<Incoming>, LocalError> {
    let status = answer.status();
    if status.is_success() {
        return Ok(answer);
    }
    let broken = |problem: String| LocalError::Broken { doing: "reading the agent's answer", problem };
    let body = whole(answer.into_body()).await.map_err(broken)?;
    let problem: Problem = serde_json::from_slice(&body).unwrap_or_default();
    let message = if problem.error.is_empty() { format!("the agent answered {status}") } else { problem.error };
    Err(match status {
        StatusCode::CONFLICT => LocalError::InUse { message, tasks: problem.in_use_by },
        _ => LocalError::Refused(message),
    })
}

fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    std::iter::successors(Some(error), |error| error.source()).map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

/// An archive on its way. What fails while it is read would only show as a broken connection.
struct Archive {
    source: Pin<Box<dyn AsyncRead + Send + Sync>>,
    failed: Option<tokio::sync::oneshot::Sender<io::Error>>,
}

impl Body for Archive {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        let mut piece = vec![0; PIECE];
        let mut buffer = ReadBuf::new(&mut piece);
        if let Err(error) = ready!(self.source.as_mut().poll_read(cx, &mut buffer)) {
            if let Some(failed) = self.failed.take() {
                // Nobody asks any more if the import has ended.
                let _ = failed.send(error);
            }
            return Poll::Ready(Some(Err(io::Error::other("the archive cannot be read"))));
        }
        let length = buffer.filled().len();
        piece.truncate(length);
        Poll::Ready((length > 0).then(|| Ok(Frame::data(Bytes::from(piece)))))
    }
}
