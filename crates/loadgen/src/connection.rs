//! One connection to the server: a request at a time, opened again when the server closes it.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// Headers of an answer, at most.
const HEADERS: usize = 32;
/// A server that takes longer is broken, not slow.
const PATIENCE: Duration = Duration::from_secs(60);

/// A connection; not open before its first request.
#[derive(Debug)]
pub(crate) struct Connection {
    address: SocketAddr,
    stream: Option<TcpStream>,
    received: Vec<u8>,
    /// How often it was opened.
    pub(crate) opened: u64,
}

/// Where an answer's parts are in what was received.
#[derive(Debug, PartialEq, Eq)]
struct Frame {
    status: u16,
    head: usize,
    body: usize,
    closes: bool,
}

impl Connection {
    pub(crate) const fn to(address: SocketAddr) -> Self {
        Self { address, stream: None, received: Vec::new(), opened: 0 }
    }

    /// Sends a request and waits for the whole answer; returns its body. Anything but a 200 is an error.
    pub(crate) async fn call(&mut self, request: &[u8]) -> Result<&[u8]> {
        let frame = tokio::time::timeout(PATIENCE, self.exchange(request)).await.context("waiting for an answer")??;
        let body = self.received.get(frame.head..frame.head + frame.body).context("an answer ended early")?;
        ensure!(frame.status == 200, "the server answered {}: {}", frame.status, String::from_utf8_lossy(body));
        Ok(body)
    }

    async fn exchange(&mut self, request: &[u8]) -> Result<Frame> {
        let mut stream = match self.stream.take() {
            Some(stream) => stream,
            None => {
                self.opened += 1;
                let stream = TcpStream::connect(self.address).await.with_context(|| format!("connecting to {}", self.address))?;
                stream.set_nodelay(true).context("setting TCP_NODELAY")?;
                stream
            }
        };
        stream.write_all(request).await.context("sending a request")?;
        self.received.clear();
        let mut known = None;
        loop {
            if stream.read_buf(&mut self.received).await.context("reading an answer")? == 0 {
                bail!("the server closed the connection before its answer was whole");
            }
            if known.is_none() {
                known = frame(&self.received)?;
            }
            match known.take() {
                Some(frame) if self.received.len() >= frame.head + frame.body => {
                    self.stream = (!frame.closes).then_some(stream);
                    return Ok(frame);
                }
                incomplete => known = incomplete,
            }
        }
    }
}

/// The frame of the answer that begins in `received`; nothing while its head is incomplete.
fn frame(received: &[u8]) -> Result<Option<Frame>> {
    let mut headers = [httparse::EMPTY_HEADER; HEADERS];
    let mut response = httparse::Response::new(&mut headers);
    let httparse::Status::Complete(head) = response.parse(received).context("parsing an answer")? else { return Ok(None) };
    let value = |name: &str| response.headers.iter().find(|header| header.name.eq_ignore_ascii_case(name)).map(|it| it.value);
    let length = value("content-length").context("an answer without Content-Length")?;
    let body =
        std::str::from_utf8(length).ok().and_then(|length| length.trim().parse().ok()).context("a broken Content-Length")?;
    let closes = value("connection").is_some_and(|value| value.eq_ignore_ascii_case(b"close"));
    Ok(Some(Frame { status: response.code.unwrap_or_default(), head, body, closes }))
}

#[cfg(test)]
mod tests {
    use super::{Frame, frame};

    #[test]
    fn head_gives_status_length_and_what_becomes_of_the_connection() {
        let whole = b"HTTP/1.1 400 Bad Request\r\nContent-Length: 2\r\nConnection: Close\r\n\r\n{}";
        let expected = Frame { status: 400, head: whole.len() - 2, body: 2, closes: true };
        assert_eq!(frame(whole).unwrap(), Some(expected));
        assert_eq!(frame(&whole[..30]).unwrap(), None);
    }

    #[test]
    fn answers_of_unknown_length_are_refused() {
        assert!(frame(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n").is_err());
    }
}
