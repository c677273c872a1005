//! A control stream from the agent's side.

use anyhow::{Context as _, Result, bail};
use berth_api::acs::{AgentMessage, ControlMessage};
use futures_util::{SinkExt as _, StreamExt as _};
use http::{Method, Request, Uri, header};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;
use tokio::net::TcpStream;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::handshake::client::generate_key;
use tokio_tungstenite::tungstenite::{self, Message};

use crate::aws::AwsClient;

/// What URLs leave as it is.
const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A stream that was not opened, as the agent understands it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{status} {code}: {message}")]
pub struct Refusal {
    /// The HTTP status.
    pub status: u16,
    /// The exception's name.
    pub code: String,
    /// What it says.
    pub message: String,
}

/// An open websocket, and the URL it was opened with.
#[derive(Debug)]
pub(super) struct Connection {
    pub(super) socket: WebSocketStream<TcpStream>,
    pub(super) path: String,
    pub(super) query: String,
}

/// Opens a stream below an endpoint, as the official agent does: `/ws`, parameters in order, a signed GET without a body.
pub(super) async fn connect(client: &AwsClient, endpoint: &str, parameters: &[(&str, &str)]) -> Result<Connection> {
    let endpoint: Uri = endpoint.trim_end_matches('/').parse().context("reading an endpoint")?;
    let path = format!("{}/ws", endpoint.path().trim_end_matches('/'));
    let encode = |text: &str| utf8_percent_encode(text, UNRESERVED).to_string();
    let pairs: Vec<String> = parameters.iter().map(|(name, value)| format!("{name}={}", encode(value))).collect();
    let query = pairs.join("&");
    let host = client.address.to_string();
    let mut request = Request::builder()
        .method(Method::GET)
        .uri(format!("ws://{host}{path}?{query}"))
        .header(header::HOST, &host)
        .header(header::CONNECTION, "Upgrade")
        .header(header::UPGRADE, "websocket")
        .header(header::SEC_WEBSOCKET_VERSION, "13")
        .header(header::SEC_WEBSOCKET_KEY, generate_key())
        .header(header::USER_AGENT, "Go-http-client/1.1");
    for (name, value) in client.sign(&Method::GET, &path, &query, b"") {
        request = request.header(name, value);
    }
    let stream = TcpStream::connect(client.address).await.context("connecting")?;
    match tokio_tungstenite::client_async(request.body(())?, stream).await {
        Ok((socket, _)) => Ok(Connection { socket, path, query }),
        Err(tungstenite::Error::Http(answer)) => {
            let body = answer.body().clone().unwrap_or_default();
            Err(refusal(answer.status().as_u16(), &body).into())
        }
        Err(error) => Err(error).context("opening a stream"),
    }
}

/// Both forms of a typed error: `{NAME: text}` and `{"type": NAME, "message": {"message": text}}`.
fn refusal(status: u16, body: &[u8]) -> Refusal {
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    let text = |value: Option<&Value>| value.and_then(Value::as_str).map(str::to_owned);
    if let Some(code) = text(body.get("type")) {
        return Refusal { status, code, message: text(body.pointer("/message/message")).unwrap_or_default() };
    }
    let first = body.as_object().and_then(|members| members.iter().next());
    let (code, message) = first.map(|(code, message)| (code.clone(), text(Some(message)))).unwrap_or_default();
    Refusal { status, code, message: message.unwrap_or_default() }
}

/// The next text frame.
pub(super) async fn next_text(socket: &mut WebSocketStream<TcpStream>) -> Result<String> {
    loop {
        match socket.next().await {
            Some(Ok(Message::Text(text))) => return Ok(text.to_string()),
            Some(Ok(Message::Close(Some(frame)))) => bail!("closed with {}: {}", u16::from(frame.code), frame.reason),
            Some(Ok(Message::Close(None))) | None => bail!("closed"),
            Some(Ok(_)) => {}
            Some(Err(error)) => return Err(error).context("reading a frame"),
        }
    }
}

/// A control stream.
#[derive(Debug)]
pub struct ControlStream(pub(super) WebSocketStream<TcpStream>);

impl ControlStream {
    /// The next message.
    ///
    /// # Errors
    /// The stream was closed (the error says with which code), or what came is no message.
    pub async fn next(&mut self) -> Result<ControlMessage> {
        let text = next_text(&mut self.0).await?;
        ControlMessage::read(&text).with_context(|| format!("reading {text}"))
    }

    /// Says something.
    ///
    /// # Errors
    /// The stream broke.
    pub async fn send(&mut self, message: &AgentMessage) -> Result<()> {
        self.send_text(message.write()).await
    }

    /// Sends a frame as it is.
    ///
    /// # Errors
    /// The stream broke.
    pub async fn send_text(&mut self, text: impl Into<String>) -> Result<()> {
        Ok(self.0.send(Message::text(text.into())).await?)
    }

    /// Closes it as the official agent does when it has lived for half an hour.
    ///
    /// # Errors
    /// The stream broke.
    pub async fn close(mut self) -> Result<()> {
        use tokio_tungstenite::tungstenite::protocol::CloseFrame;
        use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
        let frame = CloseFrame { code: CloseCode::Normal, reason: "ConnectionExpired: Reconnect to continue".into() };
        Ok(self.0.close(Some(frame)).await?)
    }
}
