//! What to say on a control stream, and when: decisions alone. Whoever runs a session tells it what happened and says what
//! it answers; it reads no clock, no store and no socket.
//!
//! - The first thing said is a manifest, for agents drop one that is not newer than all they had before.
//! - A task of which the agent has to hear goes out in a payload of its own, at once and again every ten seconds until it is
//!   acknowledged or there is nothing more to hear of it: it runs, or it is over. Stopping a task that was to be started is
//!   another thing to hear.
//! - A network interface that an agent has to find is a message of its own, said in the same way; the task follows once it has.
//! - A bad task is never acknowledged; it stays in the round until its agent has reported it STOPPED. Few payloads are on
//!   their way at a time, and those that wait longest go first: a bad task holds up nobody.

mod delivery;

use std::collections::BTreeMap;

use berth_api::acs::{AgentMessage, ManifestTask};
use berth_store::TaskKey;
use tokio::time::Instant;

use self::delivery::Delivery;
use super::Timing;
use super::message_id::MessageId;

/// Payloads on their way, at most.
const WINDOW: usize = 64;

/// What an agent has to hear of a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Due {
    /// The task.
    pub(super) task: TaskKey,
    /// What of it.
    pub(super) news: News,
}

/// What there is to hear of a task, in the order in which it is said: what gives something back comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum News {
    /// It is to stop.
    Stop,
    /// It is to run.
    Run,
    /// It is to have an interface, which the agent has to find before it hears more.
    Attach,
}

/// Something that happened.
#[derive(Debug)]
pub(super) enum Input {
    /// The durable state may have changed: all of which the agent has to hear, and the state's revision.
    /// `ahead` are the images it is to have before tasks come; none if it does not understand that.
    Seen { due: Vec<Due>, ahead: Option<Vec<Box<str>>>, revision: u64 },
    /// The agent said something.
    Heard(AgentMessage),
    /// The agent said something that cannot be understood. It is alive.
    Noise,
    /// Time has passed.
    Tick,
}

/// Something to do.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Output {
    /// Ask for a sign of life.
    Heartbeat(MessageId),
    /// Say which tasks there are.
    Manifest(MessageId),
    /// Say what is due of a task.
    Task(MessageId, Due),
    /// Say which of these tasks are to be stopped, in answer to this manifest.
    Verify(MessageId, Vec<ManifestTask>),
    /// Say which images are to be there before tasks come.
    Ahead(MessageId, Vec<Box<str>>),
    /// Count this.
    Note(Note),
    /// End the stream: the agent is gone.
    Dead,
}

/// Something to count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Note {
    /// A payload was sent again.
    Resent,
    /// An acknowledgement of nothing that waits for one.
    Late,
    /// The agent refused a message.
    Refused,
}

/// What was said of a task.
#[derive(Debug)]
struct Said {
    news: News,
    delivery: Delivery,
}

/// The images that the agent is to have before tasks come.
#[derive(Debug)]
struct Ahead {
    images: Vec<Box<str>>,
    delivery: Delivery,
}

/// The last manifest.
#[derive(Debug)]
struct Manifest {
    id: MessageId,
    revision: u64,
    at: Instant,
    verified: bool,
}

/// One control stream.
#[derive(Debug)]
pub(super) struct Session {
    id: u64,
    timing: Timing,
    numbers: u64,
    tasks: BTreeMap<TaskKey, Said>,
    manifest: Option<Manifest>,
    ahead: Option<Ahead>,
    /// The last revision in which something of the instance changed.
    revision: u64,
    heard_at: Instant,
    heartbeat_at: Option<Instant>,
    /// When the first payload on its way has been so for too long.
    resend_at: Option<Instant>,
}

impl Session {
    /// A stream that has just been opened; `id` is unguessable.
    pub(super) const fn new(id: u64, timing: Timing, now: Instant) -> Self {
        Self {
            id,
            timing,
            numbers: 0,
            tasks: BTreeMap::new(),
            manifest: None,
            ahead: None,
            revision: 0,
            heard_at: now,
            heartbeat_at: None,
            resend_at: None,
        }
    }

    /// What to do about something that happened.
    pub(super) fn step(&mut self, input: Input, now: Instant) -> Vec<Output> {
        let mut out = Vec::new();
        match input {
            Input::Seen { due, ahead, revision } => {
                self.see(&due, revision);
                self.see_ahead(ahead);
            }
            Input::Heard(message) => {
                self.heard_at = now;
                self.hear(message, &mut out);
            }
            Input::Noise => self.heard_at = now,
            Input::Tick => {}
        }
        if now.duration_since(self.heard_at) >= self.timing.silence {
            return vec![Output::Dead];
        }
        self.say_manifest(now, &mut out);
        self.say_payloads(now, &mut out);
        self.say_ahead(now, &mut out);
        self.say_heartbeat(now, &mut out);
        out
    }

    /// When to tick if nothing happens before.
    pub(super) fn wake_at(&self) -> Instant {
        let manifest = self.manifest.as_ref().filter(|manifest| manifest.revision < self.revision);
        let heartbeat = self.heartbeat_at.map_or(self.heard_at, |at| at + self.timing.heartbeat);
        [heartbeat, self.heard_at + self.timing.silence]
            .into_iter()
            .chain(manifest.map(|manifest| manifest.at + self.timing.manifest))
            .chain(self.resend_at)
            .chain(self.ahead.as_ref().and_then(|ahead| ahead.delivery.due_at(self.timing.resend)))
            .min()
            .unwrap_or(heartbeat)
    }

    fn next_id(&mut self) -> MessageId {
        self.numbers += 1;
        MessageId { session: self.id, number: self.numbers }
    }

    fn see(&mut self, due: &[Due], revision: u64) {
        self.revision = revision;
        let mut before = std::mem::take(&mut self.tasks);
        for &Due { task, news } in due {
            let said = before.remove(&task).filter(|said| said.news == news);
            self.tasks.insert(task, said.unwrap_or(Said { news, delivery: Delivery::default() }));
        }
    }

    fn see_ahead(&mut self, images: Option<Vec<Box<str>>>) {
        let before = self.ahead.take();
        self.ahead = images.map(|images| {
            let same = before.filter(|before| before.images == images);
            same.unwrap_or(Ahead { images, delivery: Delivery::default() })
        });
    }

    fn hear(&mut self, message: AgentMessage, out: &mut Vec<Output>) {
        match message {
            AgentMessage::Ack(ack) => {
                if !self.acknowledge(&ack.message_id) {
                    out.push(Output::Note(Note::Late));
                }
            }
            AgentMessage::Nack(_) => out.push(Output::Note(Note::Refused)),
            AgentMessage::TaskStopVerification(asked) => {
                let ours = |manifest: &&mut Manifest| manifest.id.to_string() == asked.message_id && !manifest.verified;
                match self.manifest.as_mut().filter(ours) {
                    Some(manifest) => {
                        // An agent takes one answer per manifest.
                        manifest.verified = true;
                        out.push(Output::Verify(manifest.id, asked.stop_candidates));
                    }
                    None => out.push(Output::Note(Note::Late)),
                }
            }
            // Heard is heard; of credentials there is nothing to say again.
            AgentMessage::HeartbeatAck(_) | AgentMessage::IamRoleCredentialsAck(_) => {}
        }
    }

    /// Whether the name is that of the manifest, or of something that is still to be heard.
    fn acknowledge(&mut self, name: &str) -> bool {
        let Ok(id) = name.parse::<MessageId>() else { return false };
        if id.session != self.id {
            return false;
        }
        if self.manifest.as_ref().is_some_and(|manifest| manifest.id == id) {
            return true;
        }
        let ahead = self.ahead.as_mut().map(|ahead| &mut ahead.delivery);
        let mut all = ahead.into_iter().chain(self.tasks.values_mut().map(|said| &mut said.delivery));
        all.any(|delivery| delivery.acknowledge(id.number))
    }

    fn say_ahead(&mut self, now: Instant, out: &mut Vec<Output>) {
        let Some(mut ahead) = self.ahead.take() else { return };
        if ahead.delivery.is_due(now, self.timing.resend) {
            let id = self.next_id();
            ahead.delivery.said(id.number, now);
            out.push(Output::Ahead(id, ahead.images.clone()));
        }
        self.ahead = Some(ahead);
    }

    fn say_heartbeat(&mut self, now: Instant, out: &mut Vec<Output>) {
        if self.heartbeat_at.is_none_or(|at| now.duration_since(at) >= self.timing.heartbeat) {
            self.heartbeat_at = Some(now);
            let id = self.next_id();
            out.push(Output::Heartbeat(id));
        }
    }

    fn say_manifest(&mut self, now: Instant, out: &mut Vec<Output>) {
        let is_due = match &self.manifest {
            None => self.revision > 0,
            Some(last) => last.revision < self.revision && now.duration_since(last.at) >= self.timing.manifest,
        };
        if is_due {
            let id = self.next_id();
            self.manifest = Some(Manifest { id, revision: self.revision, at: now, verified: false });
            out.push(Output::Manifest(id));
        }
    }

    fn say_payloads(&mut self, now: Instant, out: &mut Vec<Output>) {
        let resend = self.timing.resend;
        let on_their_way = self.tasks.values().filter(|said| said.delivery.is_on_its_way(now, resend)).count();
        let due = self.tasks.iter().filter(|(_, said)| said.delivery.is_due(now, resend));
        // Never said before said long ago; stops first, for they give something back.
        let mut turns: Vec<(Option<Instant>, News, TaskKey)> =
            due.map(|(task, said)| (said.delivery.said_at(), said.news, *task)).collect();
        turns.sort_unstable();
        for (before, _, task) in turns.into_iter().take(WINDOW.saturating_sub(on_their_way)) {
            let id = self.next_id();
            let Some(said) = self.tasks.get_mut(&task) else { continue };
            said.delivery.said(id.number, now);
            if before.is_some() {
                out.push(Output::Note(Note::Resent));
            }
            out.push(Output::Task(id, Due { task, news: said.news }));
        }
        let on_their_way = self.tasks.values().map(|said| &said.delivery).filter(|delivery| delivery.is_on_its_way(now, resend));
        self.resend_at = on_their_way.filter_map(|delivery| delivery.due_at(resend)).min();
    }
}

#[cfg(test)]
mod tests;
