//! What a message of the control plane asks for.

use std::collections::BTreeMap;

use berth_api::acs::{
    AckRequest, AgentMessage, ControlMessage, DesiredStatus, HeartbeatAck, ManifestTask, NackRequest, Payload, PullAhead, Task,
    TaskManifest, TaskStopVerification, TaskStopVerificationAck, UpdateOrder,
};
use tracing::{debug, warn};

use super::acceptance::unacceptable;

/// The conversation with a control plane. It survives a stream, not an agent; but for the newest manifest's number, which is kept.
#[derive(Debug)]
pub(crate) struct Session {
    /// The highest sequence number or timeline heard.
    newest: i64,
    /// The manifest whose stop candidates wait to be judged.
    asked: Option<String>,
}

/// Tasks by ARN, and the clusters that they say they are in.
pub(crate) type Running<'a> = BTreeMap<&'a str, Option<&'a str>>;

/// What follows from a message.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Reaction {
    /// A manifest's number, to be kept.
    pub(crate) timeline: Option<i64>,
    /// Tasks to be stopped, by ARN.
    pub(crate) stop: Vec<String>,
    /// Tasks to be taken in. Those that are to end come first.
    pub(crate) load: Vec<Task>,
    /// Tasks that cannot be.
    pub(crate) refused: Vec<Refused>,
    /// Images to be pulled before tasks come, in place of those said before.
    pub(crate) ahead: Option<Vec<String>>,
    /// To be said once all of this is on disk, and only then.
    pub(crate) answers: Vec<AgentMessage>,
}

/// A task that cannot be taken in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refused {
    pub(crate) arn: String,
    /// Its cluster, if it says so.
    pub(crate) cluster: Option<String>,
    pub(crate) reason: String,
}

impl Session {
    /// Goes on after the newest manifest that was accepted.
    pub(crate) fn after(timeline: Option<i64>) -> Self {
        Self { newest: timeline.unwrap_or(-1), asked: None }
    }

    /// Takes a message. `running` tells the tasks that are meant to run, and their clusters.
    pub(crate) fn take<'a>(&mut self, message: ControlMessage, running: impl FnOnce() -> Running<'a>) -> Reaction {
        match message {
            ControlMessage::Heartbeat(heartbeat) => {
                answer(AgentMessage::HeartbeatAck(HeartbeatAck { message_id: heartbeat.message_id }))
            }
            ControlMessage::Payload(payload) => self.payload(payload),
            ControlMessage::TaskManifest(manifest) => self.manifest(manifest, running),
            ControlMessage::TaskStopVerificationAck(judged) => self.judged(judged),
            ControlMessage::PullAhead(PullAhead { message_id, cluster_arn, container_instance_arn, images }) => Reaction {
                ahead: Some(images),
                answers: vec![ack(message_id, Some(cluster_arn), Some(container_instance_arn))],
                ..Reaction::default()
            },
            ControlMessage::StageUpdate(order) | ControlMessage::PerformUpdate(order) => answer(no_updates(order)),
            ControlMessage::Close(notice) | ControlMessage::Error(notice) => {
                warn!(text = notice.message.unwrap_or_default(), "the control plane says");
                Reaction::default()
            }
            // Nothing here uses roles or attachments yet, and what is acknowledged is promised.
            ControlMessage::IamRoleCredentials(_)
            | ControlMessage::AttachTaskNetworkInterfaces(_)
            | ControlMessage::AttachInstanceNetworkInterfaces(_)
            | ControlMessage::ConfirmAttachment(_) => {
                debug!("a message about what this agent does not do");
                Reaction::default()
            }
        }
    }

    /// One bad task keeps the payload from being acknowledged; the good ones run all the same.
    fn payload(&mut self, payload: Payload) -> Reaction {
        let Payload { message_id, cluster_arn, container_instance_arn, seq_num, tasks, .. } = payload;
        if message_id.is_empty() || cluster_arn.is_empty() || container_instance_arn.is_empty() {
            warn!("a payload without its names: dropped");
            return Reaction::default();
        }
        self.newest = self.newest.max(seq_num.unwrap_or(-1));
        let mut reaction = Reaction::default();
        for task in tasks {
            match unacceptable(&task) {
                None => reaction.load.push(task),
                Some(why) => reaction.refused.push(Refused {
                    // The spelling is the official agent's, which people search for.
                    reason: format!("UnrecogniedTaskError: Error loading task - {why}"),
                    arn: task.arn,
                    cluster: task.task_cluster_arn,
                }),
            }
        }
        reaction.load.sort_by_key(|task| task.desired_status != Some(DesiredStatus::Stopped));
        if reaction.refused.is_empty() {
            reaction.answers.push(ack(message_id, Some(cluster_arn), Some(container_instance_arn)));
        }
        reaction
    }

    /// A manifest that is not newer than all before is dropped. What runs and does not stand in it may have to end.
    fn manifest<'a>(&mut self, manifest: TaskManifest, running: impl FnOnce() -> Running<'a>) -> Reaction {
        let TaskManifest { message_id, cluster_arn, container_instance_arn, timeline, tasks, .. } = manifest;
        let timeline = timeline.unwrap_or_default();
        if timeline <= self.newest {
            return Reaction::default();
        }
        self.newest = timeline;
        let mut strangers = running();
        for task in tasks.iter().filter(|task| task.desired_status == Some(DesiredStatus::Running)) {
            strangers.remove(task.task_arn.as_str());
        }
        let candidate = |(arn, cluster): (&str, Option<&str>)| ManifestTask {
            task_arn: arn.to_owned(),
            task_cluster_arn: cluster.map(str::to_owned),
            desired_status: Some(DesiredStatus::Stopped),
        };
        let stop_candidates: Vec<ManifestTask> = strangers.into_iter().map(candidate).collect();
        let mut answers = vec![ack(message_id.clone(), cluster_arn, container_instance_arn)];
        self.asked = None;
        if !stop_candidates.is_empty() {
            self.asked = Some(message_id.clone());
            answers.push(AgentMessage::TaskStopVerification(TaskStopVerification { message_id, stop_candidates }));
        }
        Reaction { timeline: Some(timeline), answers, ..Reaction::default() }
    }

    /// Each question is answered once.
    fn judged(&mut self, judged: TaskStopVerificationAck) -> Reaction {
        if self.asked.as_ref() != Some(&judged.message_id) {
            return Reaction::default();
        }
        self.asked = None;
        Reaction { stop: judged.stop_tasks.into_iter().map(|task| task.task_arn).collect(), ..Reaction::default() }
    }
}

fn answer(message: AgentMessage) -> Reaction {
    Reaction { answers: vec![message], ..Reaction::default() }
}

fn ack(message_id: String, cluster: Option<String>, container_instance: Option<String>) -> AgentMessage {
    AgentMessage::Ack(AckRequest { cluster, container_instance, message_id })
}

fn no_updates(order: UpdateOrder) -> AgentMessage {
    AgentMessage::Nack(NackRequest {
        cluster: order.cluster_arn,
        container_instance: order.container_instance_arn,
        message_id: order.message_id,
        reason: Some("Updates are disabled".to_owned()),
    })
}

#[cfg(test)]
mod tests;
