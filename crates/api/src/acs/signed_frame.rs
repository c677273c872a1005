//! An agent's frame on the telemetry stream: the headers of a signature, an empty line, the message.
//!
//! The signature is that of a GET of the stream's URL with the message as its body.

use wire::sigv4::{self, Head, Presented, SignatureError};

/// Between the headers and the message.
const EMPTY_LINE: &str = "\r\n\r\n";

/// Bytes of the headers, at most: a session token has up to 16 KiB.
const LONGEST_HEAD: usize = 32 * 1024;

/// A frame taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedFrame<'a> {
    /// The headers: names as they stand there, values without the space around them.
    pub headers: Vec<(&'a str, &'a str)>,
    /// The message.
    pub message: &'a str,
}

/// Why a frame is not signed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SignedFrameError {
    /// No empty line ends its headers.
    #[error("a frame begins with the headers of its signature and an empty line; this one does not")]
    NoHeaders,
    /// Its headers are too long.
    #[error("the headers of a frame have at most {LONGEST_HEAD} bytes")]
    TooLong,
    /// A line of the headers is none.
    #[error("a line of a frame's headers is no header")]
    Header,
    /// The headers hold no signature.
    #[error("the signature of a frame: {0}")]
    Signature(#[from] SignatureError),
}

impl<'a> SignedFrame<'a> {
    /// Takes a frame apart.
    ///
    /// # Errors
    /// It does not begin with headers.
    pub fn parse(frame: &'a str) -> Result<Self, SignedFrameError> {
        let (head, message) = frame.split_once(EMPTY_LINE).ok_or(SignedFrameError::NoHeaders)?;
        if head.len() > LONGEST_HEAD {
            return Err(SignedFrameError::TooLong);
        }
        let header = |line: &'a str| {
            let (name, value) = line.split_once(':')?;
            let is_token = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
            is_token.then(|| (name, value.trim()))
        };
        let headers: Option<Vec<_>> = head.split("\r\n").map(header).collect();
        Ok(Self { headers: headers.ok_or(SignedFrameError::Header)?, message })
    }

    /// What the frame says of its signature.
    ///
    /// # Errors
    /// It says nothing, or nothing that can be read.
    pub fn presented(&self) -> Result<Presented, SignedFrameError> {
        let headers: Vec<(&str, &[u8])> = self.headers.iter().map(|(name, value)| (*name, value.as_bytes())).collect();
        Ok(sigv4::parse(&Head { method: "GET", path: "/", query: "", headers: &headers })?)
    }

    /// The frame as it travels.
    #[must_use]
    pub fn write(&self) -> String {
        let mut frame: String = self.headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        frame.push_str("\r\n");
        frame.push_str(self.message);
        frame
    }
}
