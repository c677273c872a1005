//! A telemetry stream: takes in what agents say of their tasks, acknowledges it, and keeps the stream alive.
//!
//! Each frame carries a signature of its own. The stream was authenticated when it was opened, by the same key over the same
//! URL; of a frame's signature only the form is checked.

use berth_api::acs::{FrameError, Heartbeat, Notice, SignedFrame, TelemetryAnswer, TelemetryReport};
use berth_model::{ContainerInstance, InstanceStatus};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::{Instant, sleep_until};
use tracing::{info, warn};

use super::metrics::Dropped;
use super::sessions::{Call, StreamKind};
use super::socket::{Arrival, Ended, Farewell, Socket};
use super::{Guest, Hub, health, instance_checks, usage};

/// Bytes of a frame: a message of 1 MiB and the headers of its signature.
const FRAME_LIMIT: usize = 1024 * 1024 + 64 * 1024;

/// What acknowledgements say.
const TAKEN_IN: &str = "OK";

/// Serves a telemetry stream until it ends.
pub(super) async fn serve<S: AsyncRead + AsyncWrite + Unpin + Send>(hub: &Hub, guest: &Guest, io: S) {
    let mut socket = Socket::new(io, FRAME_LIMIT, hub.0.timing.write).await;
    let mut seat = hub.0.sessions.open(guest.key, StreamKind::Telemetry);
    let _counted = hub.0.metrics.open(StreamKind::Telemetry);
    info!(instance = guest.arn(), "a telemetry stream was opened");
    let end = tokio::select! {
        end = turn(hub, guest, &mut socket, &mut seat.calls) => end,
        () = hub.closed() => Ok(Farewell::Closing),
    };
    match end {
        Ok(farewell) => {
            info!(instance = guest.arn(), ?farewell, "a telemetry stream is closed");
            drop(seat);
            socket.close(farewell).await;
        }
        Err(ended) => info!(instance = guest.arn(), %ended, "a telemetry stream ended"),
    }
}

async fn turn<S: AsyncRead + AsyncWrite + Unpin>(
    hub: &Hub,
    guest: &Guest,
    socket: &mut Socket<S>,
    calls: &mut tokio::sync::watch::Receiver<Call>,
) -> Result<Farewell, Ended> {
    let timing = &hub.0.timing;
    let mut heartbeat_at = Instant::now() + timing.heartbeat;
    let mut heard_at = Instant::now();
    loop {
        let answer = tokio::select! {
            arrival = socket.next() => {
                heard_at = Instant::now();
                answer(hub, guest, &arrival?).await
            }
            called = calls.changed() => {
                if called.is_err() || calls.borrow_and_update().replaced {
                    return Ok(Farewell::Replaced);
                }
                if is_gone(hub, guest) {
                    return Ok(Farewell::Inactive);
                }
                continue;
            }
            () = sleep_until(heartbeat_at.min(heard_at + timing.telemetry_silence)) => {
                if heard_at.elapsed() >= timing.telemetry_silence {
                    return Ok(Farewell::Silent);
                }
                heartbeat_at = Instant::now() + timing.heartbeat;
                TelemetryAnswer::Heartbeat(Heartbeat { message_id: None, healthy: Some(true) })
            }
        };
        socket.send(answer.write()).await?;
        hub.0.metrics.sent(answer.kind());
    }
}

fn is_gone(hub: &Hub, guest: &Guest) -> bool {
    let view = hub.0.store.view();
    let instance = view.get::<ContainerInstance>(&guest.key);
    instance.is_none_or(|instance| matches!(instance.status, InstanceStatus::Inactive { .. }))
}

/// Takes a frame in; what of it is stored is durable when it is acknowledged.
async fn answer(hub: &Hub, guest: &Guest, arrival: &Arrival) -> TelemetryAnswer {
    let report = match read(arrival) {
        Ok(report) => report,
        Err((dropped, error)) => {
            hub.0.metrics.dropped(dropped);
            warn!(instance = guest.arn(), error, "a frame of telemetry was refused");
            return TelemetryAnswer::BadRequest(Notice { message: Some(error) });
        }
    };
    hub.0.metrics.received(report.kind());
    if let Some(other) = named(&report).filter(|named| *named != guest.arn()) {
        hub.0.metrics.dropped(Dropped::Foreign);
        warn!(instance = guest.arn(), other = other.chars().take(256).collect::<String>(), "telemetry of another instance");
        let message = "This stream is another container instance's.".to_owned();
        return TelemetryAnswer::ResourceValidation(Notice { message: Some(message) });
    }
    let notice = Notice { message: Some(TAKEN_IN.to_owned()) };
    let (taken, answer) = match report {
        TelemetryReport::Metrics(metrics) => {
            usage::take_in(hub, guest, &metrics);
            (Ok(()), TelemetryAnswer::AckMetrics(notice))
        }
        TelemetryReport::Health(health) => (health::take_in(hub, guest, &health).await, TelemetryAnswer::AckHealth(notice)),
        TelemetryReport::InstanceStatus(status) => {
            (instance_checks::take_in(hub, guest, &status).await, TelemetryAnswer::AckInstanceStatus(notice))
        }
    };
    match taken {
        Ok(()) => answer,
        Err(error) => {
            warn!(instance = guest.arn(), %error, "taking telemetry in failed");
            TelemetryAnswer::ServerError(Notice { message: Some("The report could not be stored.".to_owned()) })
        }
    }
}

fn read(arrival: &Arrival) -> Result<TelemetryReport, (Dropped, String)> {
    let malformed = |error: &dyn std::fmt::Display| (Dropped::Malformed, error.to_string());
    let Arrival::Text(text) = arrival else { return Err(malformed(&"frames are text")) };
    let frame = SignedFrame::parse(text).map_err(|error| malformed(&error))?;
    frame.presented().map_err(|error| malformed(&error))?;
    TelemetryReport::read(frame.message).map_err(|error| match error {
        FrameError::UnknownType(_) => (Dropped::UnknownType, error.to_string()),
        FrameError::Envelope(_) | FrameError::Message { .. } => malformed(&error),
    })
}

/// The instance that a report says it is about.
fn named(report: &TelemetryReport) -> Option<&str> {
    let named = match report {
        TelemetryReport::Metrics(metrics) => {
            metrics.metadata.as_ref().and_then(|metadata| metadata.container_instance.as_deref())
        }
        TelemetryReport::Health(health) => health.metadata.as_ref().and_then(|metadata| metadata.container_instance.as_deref()),
        TelemetryReport::InstanceStatus(status) => {
            status.metadata.as_ref().and_then(|metadata| metadata.container_instance.as_deref())
        }
    };
    named.filter(|named| !named.is_empty())
}
