//! Websockets, opened with a signed request.

use berth_wire::sigv4::{self, Head, PathStyle, Scope};
use http::{Request, header};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use tokio::net::TcpStream;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite;
use tokio_tungstenite::tungstenite::handshake::client::generate_key;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;

use crate::call::{Client, chain, now};
use crate::endpoint::Endpoint;

/// What URLs leave as it is.
const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
/// What a stream reads at once.
const BUFFER: usize = 4 << 10;

/// An open websocket.
pub type Socket = WebSocketStream<TcpStream>;

/// Why a stream was not opened.
#[derive(Debug, thiserror::Error)]
pub enum StreamError {
    /// The service refused.
    #[error("{status}: {}", String::from_utf8_lossy(body))]
    Refused {
        /// The HTTP status.
        status: u16,
        /// What it answered: a typed error, in JSON.
        body: Vec<u8>,
    },
    /// It was not reached, or did not answer as websockets do.
    #[error("reaching {endpoint}: {problem}")]
    Unreachable {
        /// Where.
        endpoint: String,
        /// What happened.
        problem: String,
    },
}

impl Client {
    /// Opens a websocket at a path of an endpoint (which need not be the client's own), with parameters in the order given, as ECS.
    ///
    /// # Errors
    /// The service refuses, or is not reached.
    pub async fn open(
        &self,
        endpoint: &Endpoint,
        path: &str,
        parameters: &[(&str, &str)],
        longest_message: usize,
    ) -> Result<Socket, StreamError> {
        let unreachable = |problem: String| StreamError::Unreachable { endpoint: endpoint.to_string(), problem };
        let request = self.upgrade(endpoint, path, parameters).map_err(|error| unreachable(error.to_string()))?;
        let stream = TcpStream::connect(endpoint.authority()).await.map_err(|error| unreachable(error.to_string()))?;
        stream.set_nodelay(true).map_err(|error| unreachable(error.to_string()))?;
        let config = WebSocketConfig::default()
            .read_buffer_size(BUFFER)
            .max_message_size(Some(longest_message))
            .max_frame_size(Some(longest_message));
        match tokio_tungstenite::client_async_with_config(request, stream, Some(config)).await {
            Ok((socket, _)) => Ok(socket),
            Err(tungstenite::Error::Http(answer)) => {
                Err(StreamError::Refused { status: answer.status().as_u16(), body: answer.body().clone().unwrap_or_default() })
            }
            Err(error) => Err(unreachable(chain(&error))),
        }
    }

    fn upgrade(&self, endpoint: &Endpoint, path: &str, parameters: &[(&str, &str)]) -> http::Result<Request<()>> {
        let (host, query) = (endpoint.authority(), query(parameters));
        let path = format!("{}{path}", endpoint.path());
        let mut request = Request::get(format!("ws://{host}{path}?{query}"))
            .header(header::HOST, host)
            .header(header::CONNECTION, "Upgrade")
            .header(header::UPGRADE, "websocket")
            .header(header::SEC_WEBSOCKET_VERSION, "13")
            .header(header::SEC_WEBSOCKET_KEY, generate_key());
        let head = Head { method: "GET", path: &path, query: &query, headers: &[("host", host.as_bytes())] };
        for (name, value) in self.sign_ecs(&head, b"") {
            request = request.header(name, value);
        }
        request.body(())
    }

    /// Signs a frame of a telemetry stream: as a GET of the URL that [`Self::open`] made of the same arguments, with the frame's message
    /// as its body.
    #[must_use]
    pub fn sign_frame(
        &self,
        endpoint: &Endpoint,
        path: &str,
        parameters: &[(&str, &str)],
        message: &[u8],
    ) -> Vec<(&'static str, String)> {
        let path = format!("{}{path}", endpoint.path());
        let headers: [(&str, &[u8]); 1] = [("host", endpoint.authority().as_bytes())];
        self.sign_ecs(&Head { method: "GET", path: &path, query: &query(parameters), headers: &headers }, message)
    }

    pub(crate) fn sign_ecs(&self, head: &Head<'_>, body: &[u8]) -> Vec<(&'static str, String)> {
        let now = now();
        sigv4::sign(head, body, &self.credentials, &Scope::at(now, &self.region, "ecs"), PathStyle::Normalised, now)
    }
}

/// A query string.
pub(crate) fn query(parameters: &[(&str, &str)]) -> String {
    let encode = |text: &str| utf8_percent_encode(text, UNRESERVED).to_string();
    let pairs: Vec<String> = parameters.iter().map(|(name, value)| format!("{name}={}", encode(value))).collect();
    pairs.join("&")
}
