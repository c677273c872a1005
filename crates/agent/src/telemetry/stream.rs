//! The telemetry stream's websocket.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use berth_api::acs::{
    self, ContainerMetric, HealthMetadata, MetricsMetadata, PublishHealth, PublishMetrics, RestartStatsSet, SignedFrame,
    TaskHealth, TaskMetric, TelemetryAnswer, TelemetryReport,
};
use berth_client::{Client, Endpoint, Socket};
use berth_model::Timestamp;
use berth_runtime::Runtime;
use futures_util::{SinkExt as _, StreamExt as _};
use tokio::sync::{Notify, mpsc, oneshot};
use tokio::time::{Instant, MissedTickBehavior, interval, sleep, sleep_until};
use tokio_tungstenite::tungstenite::Message as Frame;
use tracing::{debug, warn};

use super::health::Told;
use super::meters::Meters;
use super::sample::{Look, Samples};
use crate::backoff::{Backoff, chance, unique_name};
use crate::endpoints::Endpoints;
use crate::machine::{uptime, wall};
use crate::network::Wiring;
use crate::node::{Message, Sighting};
use crate::task::unblocked;

/// Between two looks at all containers.
const PERIOD: Duration = Duration::from_secs(5);
/// Of so many looks one says also what has not changed: every 20 seconds, as the official agent says all.
const REPEATS: u64 = 4;
/// Tasks in a frame, at most.
const TASKS_PER_FRAME: usize = 10;
/// The control plane is silent for that long, and up to as long again: it is gone.
const SILENCE: Duration = Duration::from_secs(60);
/// A stream lives that long, and up to five minutes more.
const LIFETIME: Duration = Duration::from_secs(30 * 60);
const LIFETIME_CHANCE: Duration = Duration::from_secs(5 * 60);
/// Between attempts.
const RETRY: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(60));
/// Bytes of an answer, at most.
const LONGEST_MESSAGE: usize = 1 << 20;

/// What a telemetry stream needs to know.
#[derive(Debug)]
pub(crate) struct TelemetryStream {
    pub(crate) client: Client,
    pub(crate) endpoints: Arc<Endpoints>,
    pub(crate) cluster: String,
    pub(crate) instance: String,
    pub(crate) version: String,
    pub(crate) processors: u32,
    pub(crate) runtime: Arc<dyn Runtime>,
    pub(crate) wiring: Arc<Wiring>,
    pub(crate) tasks: PathBuf,
    pub(crate) node: mpsc::Sender<Message>,
    /// Told when the health of a container is another.
    pub(crate) health: Arc<Notify>,
}

/// An open stream, and where it is.
struct Open {
    socket: Socket,
    endpoint: Endpoint,
}

impl TelemetryStream {
    /// Keeps a stream open for as long as the node lives.
    pub(crate) async fn run(self) {
        let meters = Meters::new(Arc::clone(&self.runtime), Arc::clone(&self.wiring), self.tasks.clone());
        let mut seen = Seen { meters: Some(meters), samples: Samples::default() };
        let mut backoff = Backoff::new(RETRY.0, RETRY.1, 2.0);
        while !self.node.is_closed() {
            match self.open().await {
                Ok(open) => {
                    let since = Instant::now();
                    if let Err(why) = self.converse(open, &mut seen).await {
                        debug!(why, "the telemetry stream ended");
                    }
                    if since.elapsed() >= SILENCE {
                        backoff.reset();
                    }
                }
                Err(why) => debug!(why, "no telemetry stream; trying again"),
            }
            sleep(backoff.delay()).await;
        }
    }

    async fn open(&self) -> Result<Open, String> {
        let endpoint = self.endpoints.streams().await?.telemetry;
        let socket = self.client.open(&endpoint, "/ws", &self.parameters(), LONGEST_MESSAGE).await;
        Ok(Open { socket: socket.map_err(|error| error.to_string())?, endpoint })
    }

    fn parameters(&self) -> [(&str, &str); 5] {
        [
            ("agentHash", ""),
            ("agentVersion", &self.version),
            ("cluster", &self.cluster),
            ("containerInstance", &self.instance),
            ("dockerVersion", &self.version),
        ]
    }

    async fn converse(&self, mut open: Open, seen: &mut Seen) -> Result<(), String> {
        let patience = SILENCE + SILENCE.mul_f64(chance());
        let mut silent_until = Instant::now() + patience;
        let expires = Instant::now() + LIFETIME + LIFETIME_CHANCE.mul_f64(chance());
        let mut told = Told::default();
        let mut ticks = interval(PERIOD);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut looks: u64 = 0;
        loop {
            tokio::select! {
                frame = open.socket.next() => match frame {
                    Some(Ok(Frame::Text(text))) => match TelemetryAnswer::read(&text) {
                        Ok(TelemetryAnswer::Heartbeat(_) | TelemetryAnswer::AckMetrics(_) | TelemetryAnswer::AckHealth(_)) => silent_until = Instant::now() + patience,
                        Ok(answer) => warn!(kind = answer.kind(), "the control plane says about telemetry"),
                        Err(error) => debug!(%error, "dropped a frame"),
                    },
                    Some(Ok(Frame::Close(_))) | None => return Ok(()),
                    Some(Ok(_)) => {}
                    Some(Err(error)) => return Err(error.to_string()),
                },
                _ = ticks.tick() => {
                    let sightings = self.census().await?;
                    let says_all = looks.is_multiple_of(REPEATS);
                    looks += 1;
                    let health = if says_all { self.health_frames(told.all(&sightings))? } else { Vec::new() };
                    for frame in self.frames(sightings, seen, says_all).await? {
                        self.send(&mut open, &TelemetryReport::Metrics(frame)).await?;
                    }
                    for frame in health {
                        self.send(&mut open, &TelemetryReport::Health(frame)).await?;
                    }
                }
                () = self.health.notified() => {
                    let sightings = self.census().await?;
                    for frame in self.health_frames(told.unsaid(&sightings))? {
                        self.send(&mut open, &TelemetryReport::Health(frame)).await?;
                    }
                }
                () = sleep_until(silent_until.min(expires)) => return open.socket.close(None).await.map_err(|error| error.to_string()),
            }
        }
    }

    async fn send(&self, open: &mut Open, report: &TelemetryReport) -> Result<(), String> {
        let message = report.write();
        let signed = self.client.sign_frame(&open.endpoint, "/ws", &self.parameters(), message.as_bytes());
        let mut headers = vec![("Host", open.endpoint.authority())];
        headers.extend(signed.iter().map(|(name, value)| (*name, value.as_str())));
        let frame = SignedFrame { headers, message: &message }.write();
        open.socket.send(Frame::text(frame)).await.map_err(|error| error.to_string())
    }

    async fn census(&self) -> Result<Vec<Sighting>, String> {
        let (answer, tasks) = oneshot::channel();
        self.node.send(Message::Census(answer)).await.map_err(|_| "the node is gone")?;
        tasks.await.map_err(|_| "the node is gone".to_owned())
    }

    /// The health of containers, ten tasks to a frame.
    fn health_frames(&self, tasks: Vec<TaskHealth>) -> Result<Vec<PublishHealth>, String> {
        let message_id = unique_name().map_err(|error| error.to_string())?;
        let last = tasks.len().div_ceil(TASKS_PER_FRAME).saturating_sub(1);
        let frame = |(at, tasks): (usize, &[TaskHealth])| PublishHealth {
            metadata: Some(HealthMetadata {
                cluster: Some(self.cluster.clone()),
                container_instance: Some(self.instance.clone()),
                message_id: Some(message_id.clone()),
                fin: Some(at == last),
            }),
            tasks: tasks.to_vec(),
            timestamp: Some(seconds(wall())),
        };
        Ok(tasks.chunks(TASKS_PER_FRAME).enumerate().map(frame).collect())
    }

    /// What all containers use, ten tasks to a frame. If there is none, one frame can say so.
    async fn frames(&self, tasks: Vec<Sighting>, seen: &mut Seen, says_nothing: bool) -> Result<Vec<PublishMetrics>, String> {
        let began = uptime().0;
        let (tasks, looks) = seen.look(tasks).await?;
        let metrics: Vec<TaskMetric> = tasks
            .iter()
            .zip(&looks)
            .map(|(sighting, looks)| self.metric(sighting, looks, &mut seen.samples))
            .filter(|task| !task.container_metrics.is_empty())
            .collect();
        seen.samples.forget_before(began);
        let message_id = unique_name().map_err(|error| error.to_string())?;
        let frame = |task_metrics: &[TaskMetric], fin: bool| PublishMetrics {
            metadata: Some(MetricsMetadata {
                cluster: Some(self.cluster.clone()),
                container_instance: Some(self.instance.clone()),
                message_id: Some(message_id.clone()),
                idle: Some(task_metrics.is_empty()),
                fin: Some(fin),
            }),
            task_metrics: task_metrics.to_vec(),
            timestamp: Some(seconds(wall())),
        };
        if metrics.is_empty() {
            return Ok(if says_nothing { vec![frame(&[], true)] } else { Vec::new() });
        }
        let last = metrics.len().div_ceil(TASKS_PER_FRAME) - 1;
        Ok(metrics.chunks(TASKS_PER_FRAME).enumerate().map(|(at, tasks)| frame(tasks, at == last)).collect())
    }

    fn metric(&self, sighting: &Sighting, looks: &[Look], samples: &mut Samples) -> TaskMetric {
        let metrics = looks.iter().filter_map(|look| {
            let of_container = sighting.view.containers.iter().find(|container| container.name == look.name);
            let restarts = of_container.and_then(|container| container.restarts);
            let restarts = restarts.map(|count| RestartStatsSet { restart_count: Some(count.into()) });
            Some(ContainerMetric { restart_stats_set: restarts, ..samples.metric(look, self.processors)? })
        });
        task_metric(&sighting.task, metrics.collect())
    }
}

/// What was seen of containers so far. It outlives streams.
struct Seen {
    /// Away while they are being read.
    meters: Option<Meters>,
    samples: Samples,
}

impl Seen {
    async fn look(&mut self, tasks: Vec<Sighting>) -> Result<(Vec<Sighting>, Vec<Vec<Look>>), String> {
        let mut meters = self.meters.take().ok_or("a look at the containers was given up")?;
        let (meters, tasks, looks) = unblocked(move || {
            let looks = meters.look(&tasks);
            (meters, tasks, looks)
        })
        .await;
        self.meters = Some(meters);
        Ok((tasks, looks))
    }
}

fn task_metric(task: &acs::Task, container_metrics: Vec<acs::ContainerMetric>) -> TaskMetric {
    TaskMetric {
        task_arn: Some(task.arn.clone()),
        cluster_arn: task.task_cluster_arn.clone(),
        task_definition_family: Some(task.family.clone()),
        task_definition_version: Some(task.version.clone()),
        container_metrics,
    }
}

/// A time, in seconds.
#[expect(clippy::cast_precision_loss, reason = "milliseconds have 41 bits")]
pub(super) fn seconds(at: Timestamp) -> f64 {
    at.as_millis() as f64 / 1000.0
}
