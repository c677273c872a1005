//! Where the control plane has its streams.

use std::time::Duration;

use berth_api::ecs::DiscoverPollEndpointRequest;
use berth_client::{Client, Endpoint};
use tokio::sync::Mutex;
use tokio::time::Instant;
use tracing::warn;

/// What was answered is good for half a day, and after that for as long as nothing newer is to be had.
const GOOD_FOR: Duration = Duration::from_secs(12 * 60 * 60);

/// Asks where the streams are. One answer serves both.
#[derive(Debug)]
pub(crate) struct Endpoints {
    client: Client,
    request: DiscoverPollEndpointRequest,
    known: Mutex<Option<(Instant, Streams)>>,
}

/// Where the streams are.
#[derive(Debug, Clone)]
pub(crate) struct Streams {
    pub(crate) control: Endpoint,
    pub(crate) telemetry: Endpoint,
}

impl Endpoints {
    pub(crate) fn new(client: Client, cluster: &str, instance: &str) -> Self {
        let request =
            DiscoverPollEndpointRequest { container_instance: Some(instance.to_owned()), cluster: Some(cluster.to_owned()) };
        Self { client, request, known: Mutex::new(None) }
    }

    /// Where they are; an error says why nobody knows.
    pub(crate) async fn streams(&self) -> Result<Streams, String> {
        let mut known = self.known.lock().await;
        if let Some((at, streams)) = &*known
            && at.elapsed() < GOOD_FOR
        {
            return Ok(streams.clone());
        }
        match (self.ask().await, &*known) {
            (Ok(streams), _) => {
                *known = Some((Instant::now(), streams.clone()));
                Ok(streams)
            }
            (Err(why), Some((_, streams))) => {
                warn!(%why, "going on with where the streams were");
                Ok(streams.clone())
            }
            (Err(why), None) => Err(why),
        }
    }

    async fn ask(&self) -> Result<Streams, String> {
        let answer = self.client.call(&self.request).await.map_err(|error| error.to_string())?;
        let endpoint = |member: Option<String>, name: &str| {
            let text = member.ok_or_else(|| format!("DiscoverPollEndpoint answered without {name}"))?;
            text.parse::<Endpoint>().map_err(|error| error.to_string())
        };
        Ok(Streams {
            control: endpoint(answer.endpoint, "endpoint")?,
            telemetry: endpoint(answer.telemetry_endpoint, "telemetryEndpoint")?,
        })
    }
}
