//! A websocket, as far as the agent protocol needs one: text frames in and out, within limits.

use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::timeout;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Role, WebSocketConfig};
use tokio_tungstenite::tungstenite::{self, Message};

/// Bytes read at a time: an idle stream holds a buffer of this size.
const READ_BUFFER: usize = 4 * 1024;

/// How long the other side gets to answer a goodbye.
const GOODBYE: Duration = Duration::from_secs(2);

/// Why a stream ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Farewell {
    /// The control plane closes: come back.
    Closing,
    /// The instance was deregistered: come back and hear it.
    Inactive,
    /// Another stream took its place: two agents that speak for one instance must not chase each other.
    Replaced,
    /// Nothing came from the agent for too long.
    Silent,
    /// The control plane cannot go on with it.
    Failed,
}

impl Farewell {
    /// Agents come back at once after 1000, 1001 and 1011, and wait a while after any other.
    fn frame(self) -> CloseFrame {
        let (code, reason) = match self {
            Self::Closing => (CloseCode::Away, "the control plane closes"),
            Self::Inactive => (CloseCode::Normal, "the container instance was deregistered"),
            Self::Replaced => (CloseCode::Policy, "another stream of this container instance was opened"),
            Self::Silent => (CloseCode::Normal, "nothing was heard for too long"),
            Self::Failed => (CloseCode::Error, "the control plane failed"),
        };
        CloseFrame { code, reason: reason.into() }
    }
}

/// What came in.
#[derive(Debug)]
pub(super) enum Arrival {
    /// A text frame.
    Text(tungstenite::Utf8Bytes),
    /// A frame of bytes, which the protocol has not.
    Bytes,
}

/// Why nothing comes any more.
#[derive(Debug, thiserror::Error)]
pub(super) enum Ended {
    /// The agent closed the stream.
    #[error("the agent closed the stream")]
    Closed,
    /// It broke, or a frame was too large.
    #[error("the stream broke: {0}")]
    Broken(#[from] Box<tungstenite::Error>),
    /// The agent does not take in what is sent.
    #[error("the agent took nothing in for {0:?}")]
    Stuck(Duration),
}

/// One side of a websocket.
#[derive(Debug)]
pub(super) struct Socket<S> {
    stream: WebSocketStream<S>,
    patience: Duration,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Socket<S> {
    /// A websocket whose handshake is done; frames in have at most `limit` bytes, frames out go within `patience`.
    pub(super) async fn new(io: S, limit: usize, patience: Duration) -> Self {
        let config = WebSocketConfig::default()
            .read_buffer_size(READ_BUFFER)
            .write_buffer_size(0)
            .max_message_size(Some(limit))
            .max_frame_size(Some(limit));
        Self { stream: WebSocketStream::from_raw_socket(io, Role::Server, Some(config)).await, patience }
    }

    /// The next frame. Can be cancelled without losing one.
    pub(super) async fn next(&mut self) -> Result<Arrival, Ended> {
        loop {
            match self.stream.next().await {
                Some(Ok(Message::Text(text))) => return Ok(Arrival::Text(text)),
                Some(Ok(Message::Binary(_))) => return Ok(Arrival::Bytes),
                // Pings are answered by the library.
                Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => {}
                Some(Ok(Message::Close(_))) | None => return Err(Ended::Closed),
                Some(Err(error)) => return Err(Ended::Broken(Box::new(error))),
            }
        }
    }

    /// Sends a text frame.
    pub(super) async fn send(&mut self, text: String) -> Result<(), Ended> {
        match timeout(self.patience, self.stream.send(Message::text(text))).await {
            Ok(sent) => Ok(sent.map_err(Box::new)?),
            Err(_) => Err(Ended::Stuck(self.patience)),
        }
    }

    /// Says why the stream ends, and ends it.
    pub(super) async fn close(mut self, farewell: Farewell) {
        let goodbye = async {
            if self.stream.close(Some(farewell.frame())).await.is_ok() {
                while let Some(Ok(_)) = self.stream.next().await {}
            }
        };
        // Without an answer the connection is cut.
        drop(timeout(GOODBYE, goodbye).await);
    }
}
