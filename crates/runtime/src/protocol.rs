//! What the embedded runtime, the launcher and the shims say to each other.
//!
//! To the launcher goes one packet per request, with descriptors: the first is the socket on which the request is then answered, by
//! the process that the launcher forks for it. On that socket go frames: a length of four bytes, little-endian, and so much JSON.

use std::io::{self, Read, Write};
use std::path::PathBuf;
use std::time::Duration;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::error::RuntimeError;
use crate::folder::VERSION;
use crate::outcome::Step;
use crate::spec::ProcessSpec;

/// The most bytes of a packet to the launcher: a path and a few words.
pub const PACKET: usize = 8 * 1024;
/// The most bytes of a frame. A process cannot have more than two megabytes of arguments and environment.
pub const FRAME: usize = 8 << 20;

/// The descriptors that come with a request to the launcher.
pub const MAX_DESCRIPTORS: usize = 5;

/// What the launcher is asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// [`VERSION`] of who asks.
    pub version: u32,
    /// The container's folder.
    pub folder: PathBuf,
    /// What is to be done.
    pub what: What,
}

/// What is to be done with a container.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum What {
    /// Make it, and hold it. Comes with a socket.
    Create,
    /// Run one more process in it, which follows on the socket as [`Order::Exec`]. Comes with a socket, the three descriptors of the
    /// process, and a pipe for its exit code.
    Exec,
}

impl What {
    /// How many descriptors come with it.
    #[must_use]
    pub fn descriptors(self) -> usize {
        match self {
            Self::Create => 1,
            Self::Exec => MAX_DESCRIPTORS,
        }
    }
}

/// What the launcher says once, before anything else.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Greeting {
    /// It takes requests.
    Ready {
        /// [`VERSION`] of the launcher.
        version: u32,
    },
    /// It cannot work, and is gone.
    Failed(Failure),
}

/// What a shim is told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Order {
    /// Start the container.
    Start,
    /// Run this.
    Exec {
        /// It.
        process: ProcessSpec,
        /// How long it may run.
        within: Option<Duration>,
    },
}

/// What a shim answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Answer {
    /// The container waits to be started.
    Created,
    /// The container runs.
    Started {
        /// Its first process.
        pid: u32,
        /// When its program began, in nanoseconds since 1970.
        nanos: u64,
        /// What it took to make and start it.
        #[serde(default)]
        steps: Vec<Step>,
    },
    /// The process runs.
    Executed {
        /// It.
        pid: u32,
    },
    /// Nothing of it runs.
    Failed(Failure),
}

/// A [`RuntimeError`] on its way between processes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Failure {
    /// [`RuntimeError::Program`].
    Program {
        /// As it was asked for.
        program: String,
        /// What the kernel says.
        problem: String,
        /// What a shell would exit with.
        code: i32,
    },
    /// [`RuntimeError::Specification`].
    Specification {
        /// What, and where.
        what: String,
    },
    /// [`RuntimeError::Shim`].
    Shim {
        /// What was being done.
        doing: String,
        /// What happened.
        problem: String,
    },
    /// [`RuntimeError::System`].
    System {
        /// What was being done, and to what.
        doing: String,
        /// What the kernel said.
        errno: i32,
    },
}

impl From<Failure> for RuntimeError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Program { program, problem, code } => Self::Program { program, problem, code },
            Failure::Specification { what } => Self::Specification { what },
            Failure::Shim { doing, problem } => Self::Shim { doing, problem },
            Failure::System { doing, errno } => Self::System { doing, source: io::Error::from_raw_os_error(errno) },
        }
    }
}

impl Failure {
    /// Of a call to the kernel.
    #[must_use]
    pub fn system(doing: impl Into<String>, error: &io::Error) -> Self {
        let doing = doing.into();
        match error.raw_os_error() {
            Some(errno) => Self::System { doing, errno },
            None => Self::Shim { doing, problem: error.to_string() },
        }
    }
}

/// Why bytes are no request.
#[derive(Debug, thiserror::Error)]
pub enum RequestError {
    /// They cannot be read.
    #[error("the request cannot be read: {0}")]
    Unreadable(String),
    /// They come from a newer program.
    #[error("the request is of version {0}, this program knows {VERSION}")]
    Newer(u32),
    /// The folder is not absolute.
    #[error("the folder {} is not absolute", .0.display())]
    Folder(PathBuf),
    /// Too few or too many descriptors came with them.
    #[error("{got} descriptors came with a request that has {expected}")]
    Descriptors {
        /// So many should have come.
        expected: usize,
        /// So many came.
        got: usize,
    },
}

impl Request {
    /// Reads a packet that came with so many descriptors.
    ///
    /// # Errors
    /// It is not a request of this version.
    pub fn decode(packet: &[u8], descriptors: usize) -> Result<Self, RequestError> {
        let request: Self = serde_json::from_slice(packet).map_err(|error| RequestError::Unreadable(error.to_string()))?;
        if request.version > VERSION {
            return Err(RequestError::Newer(request.version));
        }
        if !request.folder.is_absolute() {
            return Err(RequestError::Folder(request.folder));
        }
        let expected = request.what.descriptors();
        if expected != descriptors {
            return Err(RequestError::Descriptors { expected, got: descriptors });
        }
        Ok(request)
    }
}

/// Writes one frame.
///
/// # Errors
/// It is too long, or the other side is gone.
pub fn write_frame<T: Serialize>(to: &mut impl Write, message: &T) -> io::Result<()> {
    let body = serde_json::to_vec(message)?;
    let length = u32::try_from(body.len()).ok().filter(|_| body.len() <= FRAME);
    let length = length.ok_or_else(|| io::Error::other(format!("a message of {} bytes is too long", body.len())))?;
    let mut frame = Vec::with_capacity(4 + body.len());
    frame.extend_from_slice(&length.to_le_bytes());
    frame.extend_from_slice(&body);
    to.write_all(&frame)
}

/// Reads one frame; nothing if the other side is gone.
///
/// # Errors
/// It is not a frame, or is cut off.
pub fn read_frame<T: DeserializeOwned>(from: &mut impl Read) -> io::Result<Option<T>> {
    let mut length = [0; 4];
    match from.read_exact(&mut length) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        Err(error) if error.kind() == io::ErrorKind::ConnectionReset => return Ok(None),
        Err(error) => return Err(error),
    }
    let length = u64::from(u32::from_le_bytes(length));
    if length > FRAME as u64 {
        return Err(io::Error::other(format!("a frame of {length} bytes is too long")));
    }
    let mut body = Vec::new();
    from.take(length).read_to_end(&mut body)?;
    if body.len() as u64 != length {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(Some(serde_json::from_slice(&body)?))
}

#[cfg(test)]
mod tests;
