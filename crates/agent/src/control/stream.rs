//! The control stream's websocket: opened again whenever it ends.

use std::sync::Arc;
use std::time::Duration;

use berth_api::acs::{AgentMessage, ControlMessage};
use berth_client::{Client, Socket, StreamError};
use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::Value;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep, sleep_until};
use tokio_tungstenite::tungstenite::Message as Frame;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tracing::{debug, info, warn};

use crate::backoff::{Backoff, chance};
use crate::endpoints::Endpoints;
use crate::node::Message;

/// Bytes of a message, at most.
const LONGEST_MESSAGE: usize = 1 << 20;
/// Answers that wait to be sent, at most.
const MOST_ANSWERS: usize = 256;
/// The control plane is silent for that long, and up to as long again: it is gone.
const SILENCE: Duration = Duration::from_secs(60);
/// A stream lives that long, and up to five minutes more.
const LIFETIME: Duration = Duration::from_secs(30 * 60);
const LIFETIME_CHANCE: Duration = Duration::from_secs(5 * 60);
/// A stream that lived that long was a good one.
const GOOD: Duration = Duration::from_secs(60);
/// Between attempts to reach a control plane that is not there.
const UNREACHED: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(5));
/// Between attempts at one that refuses.
const REFUSED: (Duration, Duration) = (Duration::from_millis(250), Duration::from_secs(120));

/// Something the control plane said, and where to answer. Answers that come after the stream's end go nowhere.
#[derive(Debug)]
pub(crate) struct Heard {
    pub(crate) message: ControlMessage,
    pub(crate) answers: mpsc::Sender<AgentMessage>,
}

/// What a control stream needs to know.
#[derive(Debug)]
pub(crate) struct ControlStream {
    pub(crate) client: Client,
    pub(crate) endpoints: Arc<Endpoints>,
    pub(crate) cluster: String,
    pub(crate) instance: String,
    pub(crate) version: String,
    pub(crate) node: mpsc::Sender<Message>,
}

/// How a stream ended.
#[derive(Debug, PartialEq, Eq)]
enum End {
    /// As streams do now and then: the next one is opened at once.
    Normal,
    /// The other side is not happy with it.
    Abnormal,
    /// Nobody hears any more: the agent ends.
    Over,
}

/// Why no stream was opened.
#[derive(Debug)]
enum Unopened {
    /// Nobody is there.
    Unreached(String),
    /// Somebody refuses.
    Refused(String),
    /// The instance was deregistered.
    Inactive,
}

impl ControlStream {
    /// Keeps a stream open. Ends when the instance was deregistered, or the node is gone.
    pub(crate) async fn run(self) {
        let mut unreached = Backoff::new(UNREACHED.0, UNREACHED.1, 1.5);
        let mut refused = Backoff::new(REFUSED.0, REFUSED.1, 1.5);
        let mut is_first = true;
        loop {
            let delay = match self.open(is_first).await {
                Ok(socket) => {
                    is_first = false;
                    unreached.reset();
                    info!(instance = self.instance, "connected to the control plane");
                    let since = Instant::now();
                    let end = self.converse(socket).await;
                    if since.elapsed() >= GOOD {
                        refused.reset();
                    }
                    match end {
                        End::Over => return,
                        // One that ends as soon as it is open would be opened as fast as the machine can.
                        End::Normal if since.elapsed() > REFUSED.0 => Duration::ZERO,
                        End::Normal | End::Abnormal => refused.delay(),
                    }
                }
                Err(Unopened::Unreached(why)) => {
                    warn!(why, "the control plane is not reached; trying again");
                    unreached.delay()
                }
                Err(Unopened::Refused(why)) => {
                    warn!(why, "the control plane refuses a stream; trying again");
                    refused.delay()
                }
                Err(Unopened::Inactive) => return,
            };
            sleep(delay).await;
        }
    }

    async fn open(&self, is_first: bool) -> Result<Socket, Unopened> {
        let streams = self.endpoints.streams().await.map_err(Unopened::Unreached)?;
        let docker = format!("DockerVersion: {}", self.version);
        let parameters = [
            ("agentHash", ""),
            ("agentVersion", self.version.as_str()),
            ("clusterArn", self.cluster.as_str()),
            ("containerInstanceArn", self.instance.as_str()),
            ("dockerVersion", docker.as_str()),
            ("protocolVersion", "2"),
            ("sendCredentials", if is_first { "true" } else { "false" }),
            ("seqNum", "1"),
        ];
        self.client.open(&streams.control, "/ws", &parameters, LONGEST_MESSAGE).await.map_err(|error| match error {
            StreamError::Unreachable { .. } => Unopened::Unreached(error.to_string()),
            StreamError::Refused { ref body, .. } if is_inactive(body) => Unopened::Inactive,
            StreamError::Refused { .. } => Unopened::Refused(error.to_string()),
        })
    }

    async fn converse(&self, mut socket: Socket) -> End {
        let (answers, mut to_say) = mpsc::channel(MOST_ANSWERS);
        let patience = SILENCE + SILENCE.mul_f64(chance());
        let mut silent_until = Instant::now() + patience;
        let expires = Instant::now() + LIFETIME + LIFETIME_CHANCE.mul_f64(chance());
        loop {
            tokio::select! {
                frame = socket.next() => match frame {
                    Some(Ok(Frame::Text(text))) => match ControlMessage::read(&text) {
                        Ok(message) => {
                            debug!(kind = message.kind(), "heard");
                            silent_until = Instant::now() + patience;
                            let heard = Heard { message, answers: answers.clone() };
                            if self.node.send(Message::Heard(Box::new(heard))).await.is_err() {
                                return End::Over;
                            }
                        }
                        Err(error) => debug!(%error, "dropped a frame"),
                    },
                    Some(Ok(Frame::Close(frame))) => return ended(frame.as_ref()),
                    Some(Ok(_)) => {}
                    Some(Err(error)) => {
                        debug!(%error, "the control stream broke");
                        return End::Normal;
                    }
                    None => return End::Normal,
                },
                Some(answer) = to_say.recv() => {
                    if let Err(error) = socket.send(Frame::text(answer.write())).await {
                        debug!(%error, "the control stream broke");
                        return End::Normal;
                    }
                }
                () = sleep_until(silent_until.min(expires)) => {
                    let reason = "ConnectionExpired: Reconnect to continue".into();
                    // Whether it arrives or not, the next stream is opened.
                    let _ = socket.close(Some(CloseFrame { code: CloseCode::Normal, reason })).await;
                    return End::Normal;
                }
            }
        }
    }
}

fn ended(frame: Option<&CloseFrame>) -> End {
    let Some(frame) = frame else { return End::Normal };
    info!(code = u16::from(frame.code), reason = %frame.reason, "the control plane closed the stream");
    match u16::from(frame.code) {
        1000 | 1001 | 1005 | 1006 | 1011 => End::Normal,
        _ => End::Abnormal,
    }
}

/// Both forms of a typed error: `{NAME: text}` and `{"type": NAME, ...}`.
fn is_inactive(body: &[u8]) -> bool {
    const NAME: &str = "InactiveInstanceException";
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    body.get("type").and_then(Value::as_str) == Some(NAME) || body.get(NAME).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deregistered_instance_is_told_from_other_refusals() {
        assert!(is_inactive(br#"{"type":"InactiveInstanceException","message":{"message":"gone"}}"#));
        assert!(is_inactive(br#"{"InactiveInstanceException":"gone"}"#));
        assert!(!is_inactive(br#"{"type":"InvalidInstanceException","message":{"message":"none"}}"#));
        assert!(!is_inactive(b"<html>"));
    }

    #[test]
    fn only_what_is_out_of_order_delays_the_next_stream() {
        let frame = |code: u16| CloseFrame { code: code.into(), reason: "".into() };
        for code in [1000, 1001, 1011] {
            assert_eq!(ended(Some(&frame(code))), End::Normal, "{code}");
        }
        assert_eq!(ended(None), End::Normal);
        assert_eq!(ended(Some(&frame(1008))), End::Abnormal);
    }
}
