//! `awslogs`: logs that go to the control plane, as to CloudWatch.

mod datetime;
mod multiline;
mod ship;

use std::time::Duration;

use berth_api::logs::{CreateLogGroupRequest, CreateLogStreamRequest};
use berth_client::{CallError, Client};
use berth_runtime::{Output, WhenFull};

use super::error::DriverError;
use super::options::Options;

use multiline::Multiline;
pub(super) use ship::Ship;

pub(super) const NAME: &str = "awslogs";
/// A control plane that is being started again is waited for so often, each time twice as long.
const TRIES: u32 = 6;
const FIRST_PAUSE: Duration = Duration::from_millis(100);

/// A log stream.
#[derive(Debug)]
pub(super) struct CloudWatch {
    client: Client,
    group: String,
    stream: String,
    create_group: bool,
    /// How lines become events; nothing if each is one.
    multiline: Option<Multiline>,
    pub(super) output: Output,
}

impl CloudWatch {
    /// `runtime_id` names the stream if nothing else does.
    pub(super) fn of(
        mut options: Options,
        client: &Client,
        task_id: &str,
        container: &str,
        runtime_id: &str,
    ) -> Result<Self, DriverError> {
        let group = options.require("awslogs-group")?;
        let region = options.require("awslogs-region")?;
        let prefix = options.take("awslogs-stream-prefix").map(|prefix| format!("{prefix}/{container}/{task_id}"));
        let stream = options.take("awslogs-stream").or(prefix).unwrap_or_else(|| runtime_id.to_owned());
        let create_group = options.flag("awslogs-create-group")?;
        // How Docker's driver paces itself; this one sends what is there, and only waits for the rest of an event.
        let patience = options.number("awslogs-force-flush-interval-seconds")?;
        options.number("awslogs-max-buffered-events")?;
        let multiline = Multiline::of(&mut options, patience)?;
        // The default of ECS since June 2025.
        let output = options.output(WhenFull::Drop)?;
        options.finish()?;
        Ok(Self { client: client.in_region(&region), group, stream, create_group, multiline, output })
    }

    /// Sees to it that the stream is there.
    pub(super) async fn prepare(&self) -> Result<(), DriverError> {
        let mut pause = FIRST_PAUSE;
        for _ in 1..TRIES {
            match self.make_stream().await {
                Ok(()) => return Ok(()),
                Err((_, error)) if error.is_retryable() => tokio::time::sleep(pause).await,
                Err((what, error)) => return Err(not_started(what, &error)),
            }
            pause *= 2;
        }
        self.make_stream().await.map_err(|(what, error)| not_started(what, &error))
    }

    async fn make_stream(&self) -> Result<(), (&'static str, CallError)> {
        let request = CreateLogStreamRequest { log_group_name: self.group.clone(), log_stream_name: self.stream.clone() };
        let stream = async || there(self.client.call(&request).await).map_err(|error| ("stream", error));
        match stream().await {
            Err((_, error)) if self.create_group && error.code() == Some("ResourceNotFoundException") => {
                let request = CreateLogGroupRequest { log_group_name: self.group.clone(), ..CreateLogGroupRequest::default() };
                there(self.client.call(&request).await).map_err(|error| ("group", error))?;
                stream().await
            }
            other => other,
        }
    }
}

/// Somebody else may have made it, or we before an answer was lost.
fn there<T>(made: Result<T, CallError>) -> Result<(), CallError> {
    match made {
        Err(error) if error.code() != Some("ResourceAlreadyExistsException") => Err(error),
        _ => Ok(()),
    }
}

/// As Docker's daemon, which has it from the AWS SDK, says it.
fn not_started(what: &str, error: &CallError) -> DriverError {
    let problem = match error {
        CallError::Refused { operation, remote } => {
            let request_id = remote.request_id.as_deref().unwrap_or_default();
            format!(
                "operation error CloudWatch Logs: {operation}, https response error StatusCode: {}, RequestID: {request_id}, {}: {}",
                remote.status, remote.code, remote.message
            )
        }
        other => format!("operation error CloudWatch Logs: {other}"),
    };
    DriverError::Start { problem: format!("failed to create Cloudwatch log {what}: {problem}") }
}
