//! The hub as a host of streams behind the door.

use berth_api::{Serving, StreamHost, StreamRefusal, Target};
use http::Response;
use http::request::Parts;
use tokio::io::{AsyncRead, AsyncWrite};

use super::{ConnectError, Guest, Hub, StreamKind};

/// One kind of the hub's streams, at the path that DiscoverPollEndpoint tells agents.
#[derive(Debug)]
pub struct AgentStreams {
    hub: Hub,
    stream: StreamKind,
    owner_key: &'static str,
}

impl Hub {
    /// The hub's streams of a kind. `owner_key` is the condition key by which policies know whose key registered an instance.
    #[must_use]
    pub fn streams(&self, stream: StreamKind, owner_key: &'static str) -> AgentStreams {
        AgentStreams { hub: self.clone(), stream, owner_key }
    }
}

impl<Io: AsyncRead + AsyncWrite + Unpin + Send + 'static> StreamHost<Io> for AgentStreams {
    type Guest = Guest;

    fn path(&self) -> &'static str {
        match self.stream {
            StreamKind::Control => "/_berth/acs/ws",
            StreamKind::Telemetry => "/_berth/tcs/ws",
        }
    }

    fn action(&self) -> &'static str {
        match self.stream {
            StreamKind::Control => "ecs:Poll",
            StreamKind::Telemetry => "ecs:StartTelemetrySession",
        }
    }

    fn find(&self, request: &Parts, region: &str) -> Result<(Guest, Target), StreamRefusal> {
        let query = request.uri.query().unwrap_or_default();
        let guest = self.hub.find(self.stream, query, region)?;
        let target = Target::new(guest.arn()).with(self.owner_key, guest.owner());
        Ok((guest, target))
    }

    fn accept(&self, guest: &Guest, request: &Parts) -> Result<Response<()>, StreamRefusal> {
        Ok(self.hub.accept(guest, request)?)
    }

    fn serve(&self, guest: Guest, io: Io) -> Serving {
        let hub = self.hub.clone();
        Box::pin(async move { hub.serve(guest, io).await })
    }

    fn denied(&self, message: String) -> StreamRefusal {
        ConnectError::AccessDenied(message).into()
    }
}

impl From<ConnectError> for StreamRefusal {
    fn from(error: ConnectError) -> Self {
        Self { status: error.status(), body: error.body() }
    }
}
