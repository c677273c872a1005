//! A telemetry stream from the agent's side.

use anyhow::{Context as _, Result};
use berth_api::acs::{SignedFrame, TelemetryAnswer, TelemetryReport};
use futures_util::SinkExt as _;
use http::Method;
use tokio_tungstenite::tungstenite::Message;

use super::control::{Connection, next_text};
use crate::aws::AwsClient;

/// A telemetry stream.
#[derive(Debug)]
pub struct TelemetryStream {
    pub(super) connection: Connection,
    pub(super) client: AwsClient,
}

impl TelemetryStream {
    /// Says something: the headers of a signature over a GET of the stream's URL with the message as its body, and the message.
    ///
    /// # Errors
    /// The stream broke.
    pub async fn send(&mut self, report: &TelemetryReport) -> Result<()> {
        let message = report.write();
        let Connection { path, query, .. } = &self.connection;
        let host = self.client.address.to_string();
        let signed = self.client.sign(&Method::GET, path, query, message.as_bytes());
        let mut headers = vec![("Host", host.as_str())];
        headers.extend(signed.iter().map(|(name, value)| (*name, value.as_str())));
        let frame = SignedFrame { headers, message: &message }.write();
        self.send_text(frame).await
    }

    /// Sends a frame as it is.
    ///
    /// # Errors
    /// The stream broke.
    pub async fn send_text(&mut self, text: impl Into<String>) -> Result<()> {
        Ok(self.connection.socket.send(Message::text(text.into())).await?)
    }

    /// The next answer.
    ///
    /// # Errors
    /// The stream was closed, or what came is no answer.
    pub async fn next(&mut self) -> Result<TelemetryAnswer> {
        let text = next_text(&mut self.connection.socket).await?;
        TelemetryAnswer::read(&text).with_context(|| format!("reading {text}"))
    }

    /// The next answer that is no heartbeat.
    ///
    /// # Errors
    /// As [`TelemetryStream::next`].
    pub async fn answer(&mut self) -> Result<TelemetryAnswer> {
        loop {
            match self.next().await? {
                TelemetryAnswer::Heartbeat(_) => {}
                answer => return Ok(answer),
            }
        }
    }
}
