//! A control stream: carries out what its [`Session`] decides.

use std::convert::Infallible;

use berth_api::acs::{
    AgentMessage, AttachTaskNetworkInterfaces, ControlMessage, DesiredStatus, FrameError, Heartbeat, ManifestTask, Payload,
    PullAhead, TaskManifest, TaskStopVerificationAck,
};
use berth_model::node::Offer;
use berth_model::{ContainerInstance, InstanceStatus, Task, TaskDefinition};
use berth_plan::service::images_ahead;
use berth_plan::task::is_attaching;
use berth_store::{TaskDefinitionKey, TaskIndex, TaskKey, View};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::{Instant, sleep_until};
use tracing::{debug, error, info, warn};

use super::message_id::MessageId;
use super::metrics::Dropped;
use super::payload::Surroundings;
use super::session::{Due, Input, News, Note, Output, Session};
use super::sessions::StreamKind;
use super::socket::{Arrival, Ended, Farewell, Socket};
use super::{Guest, Hub, interface, now, payload, presence};

/// Bytes of a frame from an agent. The longest lists tasks that may have to be stopped, 250 bytes each.
const FRAME_LIMIT: usize = 256 * 1024;

/// Why a stream ends.
enum End {
    /// We say so.
    Ours(Farewell),
    /// They did, or the network.
    Theirs(Ended),
}

impl From<Farewell> for End {
    fn from(farewell: Farewell) -> Self {
        Self::Ours(farewell)
    }
}

impl From<Ended> for End {
    fn from(ended: Ended) -> Self {
        Self::Theirs(ended)
    }
}

/// Serves a control stream until it ends.
pub(super) async fn serve<S: AsyncRead + AsyncWrite + Unpin + Send>(hub: &Hub, guest: &Guest, io: S) {
    let mut socket = Socket::new(io, FRAME_LIMIT, hub.0.timing.write).await;
    let Ok(id) = getrandom::u64() else {
        error!("the kernel has no random bytes");
        return socket.close(Farewell::Failed).await;
    };
    let mut seat = hub.0.sessions.open(guest.key, StreamKind::Control);
    let _counted = hub.0.metrics.open(StreamKind::Control);
    presence::connect(&hub.0.store, guest.key).await;
    info!(instance = guest.arn(), "a control stream was opened");
    let session = Session::new(id, hub.0.timing, Instant::now());
    let mut stream = Stream { hub, guest, session };
    let end = tokio::select! {
        result = stream.turn(&mut socket, &mut seat.calls) => {
            let Err(end) = result;
            end
        }
        () = hub.closed() => End::Ours(Farewell::Closing),
    };
    match end {
        End::Ours(farewell) => {
            info!(instance = guest.arn(), ?farewell, "a control stream is closed");
            // The seat is free before the goodbye: who comes back meanwhile replaces nobody.
            drop(seat);
            socket.close(farewell).await;
        }
        End::Theirs(ended) => info!(instance = guest.arn(), %ended, "a control stream ended"),
    }
}

/// A control stream.
struct Stream<'a> {
    hub: &'a Hub,
    guest: &'a Guest,
    session: Session,
}

impl Stream<'_> {
    async fn turn<S: AsyncRead + AsyncWrite + Unpin>(
        &mut self,
        socket: &mut Socket<S>,
        calls: &mut tokio::sync::watch::Receiver<super::sessions::Call>,
    ) -> Result<Infallible, End> {
        let mut ahead = self.hub.0.ahead.subscribe();
        let mut input = self.look()?;
        loop {
            for output in self.session.step(input, Instant::now()) {
                self.carry_out(output, socket).await?;
            }
            input = tokio::select! {
                arrival = socket.next() => self.understand(&arrival?),
                called = calls.changed() => {
                    if called.is_err() || calls.borrow_and_update().replaced {
                        return Err(End::Ours(Farewell::Replaced));
                    }
                    self.look()?
                }
                // The hub, which is held here, has the other end.
                Ok(()) = ahead.changed() => self.look()?,
                () = sleep_until(self.session.wake_at()) => Input::Tick,
            };
        }
    }

    /// What the durable state says that the agent has to hear.
    fn look(&self) -> Result<Input, Farewell> {
        let view = self.hub.0.store.view();
        let instance = view.get::<ContainerInstance>(&self.guest.key).ok_or(Farewell::Inactive)?;
        if matches!(instance.status, InstanceStatus::Inactive { .. }) {
            return Err(Farewell::Inactive);
        }
        let due = |task: &Task| Due { task: key(task), news: news(task) };
        let to_send = view.with::<Task>(&TaskIndex::ToSend(self.guest.key.id), ..);
        let understands = Offer::of(&instance.attributes).pull_ahead;
        let ahead = understands.then(|| images_ahead(instance, &self.hub.0.ahead.borrow()));
        Ok(Input::Seen { due: to_send.map(|task| due(task)).collect(), ahead, revision: view.revision() })
    }

    fn understand(&self, arrival: &Arrival) -> Input {
        let metrics = &self.hub.0.metrics;
        let Arrival::Text(text) = arrival else {
            metrics.dropped(Dropped::Malformed);
            return Input::Noise;
        };
        match AgentMessage::read(text) {
            Ok(message) => {
                metrics.received(message.kind());
                if let AgentMessage::Nack(nack) = &message {
                    warn!(
                        instance = self.guest.arn(),
                        message = nack.message_id,
                        reason = nack.reason,
                        "an agent refused a message"
                    );
                }
                Input::Heard(message)
            }
            Err(error) => {
                let is_unknown = matches!(error, FrameError::UnknownType(_));
                metrics.dropped(if is_unknown { Dropped::UnknownType } else { Dropped::Malformed });
                warn!(instance = self.guest.arn(), %error, "a frame of an agent was dropped");
                Input::Noise
            }
        }
    }

    async fn carry_out<S: AsyncRead + AsyncWrite + Unpin>(&self, output: Output, socket: &mut Socket<S>) -> Result<(), End> {
        let began = std::time::Instant::now();
        let message = match output {
            Output::Heartbeat(id) => {
                Some(ControlMessage::Heartbeat(Heartbeat { message_id: Some(id.to_string()), healthy: Some(true) }))
            }
            Output::Manifest(id) => Some(ControlMessage::TaskManifest(self.manifest(id))),
            Output::Task(id, due) => self.task(id, due),
            Output::Verify(id, candidates) => Some(ControlMessage::TaskStopVerificationAck(self.verified(id, candidates))),
            Output::Ahead(id, images) => Some(ControlMessage::PullAhead(self.pull_ahead(id, images))),
            Output::Note(note) => {
                self.count(note);
                None
            }
            Output::Dead => return Err(End::Ours(Farewell::Silent)),
        };
        if let Some(message) = message {
            socket.send(message.write()).await?;
            traced(&message, began);
            self.hub.0.metrics.sent(message.kind());
        }
        Ok(())
    }

    fn count(&self, note: Note) {
        let metrics = &self.hub.0.metrics;
        match note {
            Note::Resent => metrics.resent(),
            Note::Late => metrics.dropped(Dropped::Late),
            Note::Refused => metrics.dropped(Dropped::Refused),
        }
    }

    /// What there is to hear of a task by the newest durable state; none if that is nothing any more.
    fn task(&self, id: MessageId, due: Due) -> Option<ControlMessage> {
        let view = self.hub.0.store.view();
        let task = view.get::<Task>(&due.task).filter(|task| self.is_ours(task) && !task.life.has_ended())?;
        match news(task) {
            News::Attach => self.attach(id, &view, task).map(ControlMessage::AttachTaskNetworkInterfaces),
            News::Run => self.payload(id, &view, task, false).map(ControlMessage::Payload),
            News::Stop => self.payload(id, &view, task, true).map(ControlMessage::Payload),
        }
    }

    /// Tells of a task's interfaces; none if there is no time left to find them.
    fn attach(&self, id: MessageId, view: &View, task: &Task) -> Option<AttachTaskNetworkInterfaces> {
        let now = now();
        debug!(instance = self.guest.arn(), task = %task.id, message = %id, "sending a task's interface");
        Some(AttachTaskNetworkInterfaces {
            message_id: id.to_string(),
            cluster_arn: self.cluster_arn(),
            container_instance_arn: self.guest.arn().to_owned(),
            task_arn: self.hub.0.names.task(key(task), &task.cluster),
            task_cluster_arn: Some(self.hub.0.names.cluster(task.region, &task.cluster)),
            generated_at: Some(now.as_millis()),
            wait_timeout_ms: interface::patience(task, now)?,
            elastic_network_interfaces: interface::of(self.hub.0.names, view, task),
        })
    }

    /// A payload of one task.
    fn payload(&self, id: MessageId, view: &View, task: &Task, stop: bool) -> Option<Payload> {
        let definition = TaskDefinitionKey { region: task.region, family: task.family.clone(), revision: task.revision };
        let rendered = match view.get::<TaskDefinition>(&definition) {
            Some(definition) => {
                let names = self.hub.0.names;
                let surroundings = Surroundings::of(names, view, task);
                payload::task(names, task, definition, surroundings, stop).map_err(|error| error.to_string())
            }
            None => Err("its definition is gone".to_owned()),
        };
        match rendered {
            Ok(rendered) => {
                debug!(instance = self.guest.arn(), task = %task.id, stop, message = %id, "sending a task");
                Some(Payload {
                    cluster_arn: self.cluster_arn(),
                    container_instance_arn: self.guest.arn().to_owned(),
                    message_id: id.to_string(),
                    generated_at: Some(now().as_millis()),
                    seq_num: Some(revision(view)),
                    timeline: Some(revision(view)),
                    tasks: vec![rendered],
                })
            }
            Err(error) => {
                self.hub.0.metrics.dropped(Dropped::Unreadable);
                error!(instance = self.guest.arn(), task = %task.id, error, "a task cannot be sent");
                None
            }
        }
    }

    /// What the agent is to pull before tasks come.
    fn pull_ahead(&self, id: MessageId, images: Vec<Box<str>>) -> PullAhead {
        debug!(instance = self.guest.arn(), images = images.len(), message = %id, "sending what to pull before tasks come");
        PullAhead {
            message_id: id.to_string(),
            cluster_arn: self.cluster_arn(),
            container_instance_arn: self.guest.arn().to_owned(),
            images: images.into_iter().map(String::from).collect(),
        }
    }

    /// All tasks of the instance that have not ended.
    fn manifest(&self, id: MessageId) -> TaskManifest {
        let view = self.hub.0.store.view();
        let instance = self.guest.key.id;
        let all = [true, false].into_iter().flat_map(|run| view.with::<Task>(&TaskIndex::Instance(instance, run), ..));
        let listed = all.filter(|task| !task.life.has_ended()).map(|task| {
            let status = if task.desired.is_running() { DesiredStatus::Running } else { DesiredStatus::Stopped };
            self.listed(self.hub.0.names.task(key(task), &task.cluster), task, status)
        });
        TaskManifest {
            message_id: id.to_string(),
            cluster_arn: Some(self.cluster_arn()),
            container_instance_arn: Some(self.guest.arn().to_owned()),
            generated_at: Some(now().as_millis()),
            timeline: Some(revision(&view)),
            tasks: listed.collect(),
        }
    }

    fn listed(&self, task_arn: String, task: &Task, status: DesiredStatus) -> ManifestTask {
        let task_cluster_arn = Some(self.hub.0.names.cluster(task.region, &task.cluster));
        ManifestTask { task_arn, task_cluster_arn, desired_status: Some(status) }
    }

    /// The candidates that are to stop, by the newest durable state. A name that is none of ours says nothing: its task goes on.
    fn verified(&self, id: MessageId, candidates: Vec<ManifestTask>) -> TaskStopVerificationAck {
        let view = self.hub.0.store.view();
        let region = self.guest.key.region;
        let is_to_stop = |candidate: &ManifestTask| match self.hub.0.names.task_of(region, &candidate.task_arn) {
            Some(key) => {
                let task = view.get::<Task>(&key).filter(|task| self.is_ours(task));
                task.is_none_or(|task| task.life.has_ended() || !task.desired.is_running())
            }
            None => {
                self.hub.0.metrics.dropped(Dropped::Foreign);
                false
            }
        };
        let stop_tasks: Vec<ManifestTask> = candidates.into_iter().filter(is_to_stop).collect();
        info!(instance = self.guest.arn(), tasks = stop_tasks.len(), "an agent is told to stop what is in no manifest");
        TaskStopVerificationAck { message_id: id.to_string(), generated_at: Some(now().as_millis()), stop_tasks }
    }

    fn is_ours(&self, task: &Task) -> bool {
        task.region == self.guest.key.region && task.instance == Some(self.guest.key.id)
    }

    fn cluster_arn(&self) -> String {
        self.hub.0.names.cluster(self.guest.key.region, &self.guest.cluster)
    }
}

/// A task was sent: a step of its launch, for whoever collects them (`berth trace` shows them).
fn traced(message: &ControlMessage, began: std::time::Instant) {
    let ControlMessage::Payload(payload) = message else { return };
    let took = u64::try_from(began.elapsed().as_nanos()).unwrap_or(u64::MAX);
    for task in payload.tasks.iter().filter(|task| task.desired_status != Some(DesiredStatus::Stopped)) {
        let id = task.arn.rsplit('/').next().unwrap_or_default();
        info!(target: "launch", task = id, step = "push", took, ago = 0_u64);
    }
}

/// What an agent has to hear of a task that is to be started or stopped.
fn news(task: &Task) -> News {
    if !task.desired.is_running() {
        return News::Stop;
    }
    if is_attaching(task) { News::Attach } else { News::Run }
}

const fn key(task: &Task) -> TaskKey {
    TaskKey { region: task.region, id: task.id }
}

/// Sequence numbers and timelines are revisions of the durable state.
fn revision(view: &View) -> i64 {
    i64::try_from(view.revision()).unwrap_or(i64::MAX)
}
