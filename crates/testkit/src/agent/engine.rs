//! The official agent's habits, without I/O.

use std::collections::BTreeMap;

use berth_api::acs::{
    AckRequest, AgentMessage, ControlMessage, DesiredStatus, HeartbeatAck, IamRoleCredentialsAck, ManifestTask, NackRequest,
    Payload, RoleCredentials, Task, TaskManifest, TaskStopVerification, TaskStopVerificationAck,
};

use super::reports::Report;
use super::unacceptable;

/// What an agent knows of its tasks, and has heard.
#[derive(Debug)]
pub struct Engine {
    tasks: BTreeMap<String, Known>,
    /// The highest sequence number or timeline seen.
    newest: i64,
    /// The manifest whose stop candidates are waiting to be judged.
    asked: Option<String>,
}

/// A task that an agent has.
#[derive(Debug, Clone, PartialEq)]
pub struct Known {
    /// As it came first: what comes later only changes what is desired of it.
    pub task: Task,
    /// Whether it is to stop.
    pub to_stop: bool,
}

/// What a message makes an agent do.
#[derive(Debug, Default, PartialEq)]
pub struct Reaction {
    /// What it answers.
    pub answers: Vec<AgentMessage>,
    /// What it submits.
    pub reports: Vec<Report>,
}

impl Default for Engine {
    fn default() -> Self {
        Self { tasks: BTreeMap::new(), newest: -1, asked: None }
    }
}

impl Engine {
    /// The tasks it has, by ARN.
    #[must_use]
    pub const fn tasks(&self) -> &BTreeMap<String, Known> {
        &self.tasks
    }

    /// Puts a task in it that no control plane sent, as after a restore of old state.
    pub fn adopt(&mut self, task: Task) {
        self.tasks.insert(task.arn.clone(), Known { task, to_stop: false });
    }

    /// Forgets a task, once its end was acknowledged.
    pub fn forget(&mut self, arn: &str) {
        self.tasks.remove(arn);
    }

    /// Takes a message.
    pub fn take(&mut self, message: &ControlMessage) -> Reaction {
        match message {
            ControlMessage::Heartbeat(heartbeat) => {
                answer(AgentMessage::HeartbeatAck(HeartbeatAck { message_id: heartbeat.message_id.clone() }))
            }
            ControlMessage::Payload(payload) => self.load(payload),
            ControlMessage::TaskManifest(manifest) => self.compare(manifest),
            ControlMessage::TaskStopVerificationAck(judged) => self.stop(judged),
            ControlMessage::IamRoleCredentials(message) => match &message.role_credentials {
                Some(credentials) if self.tasks.contains_key(&message.task_arn) => {
                    answer(taken_over(&message.message_id, credentials))
                }
                _ => Reaction::default(),
            },
            ControlMessage::AttachTaskNetworkInterfaces(message) => {
                answer(ack(&message.message_id, &message.cluster_arn, &message.container_instance_arn))
            }
            ControlMessage::AttachInstanceNetworkInterfaces(message) => {
                answer(ack(&message.message_id, &message.cluster_arn, &message.container_instance_arn))
            }
            ControlMessage::ConfirmAttachment(message) => {
                answer(ack(&message.message_id, &message.cluster_arn, &message.container_instance_arn))
            }
            // As the official agent does with what it does not know.
            ControlMessage::PullAhead(_) => Reaction::default(),
            ControlMessage::StageUpdate(order) | ControlMessage::PerformUpdate(order) => {
                answer(AgentMessage::Nack(NackRequest {
                    cluster: order.cluster_arn.clone(),
                    container_instance: order.container_instance_arn.clone(),
                    message_id: order.message_id.clone(),
                    reason: Some("Updates are disabled".to_owned()),
                }))
            }
            ControlMessage::Close(_) | ControlMessage::Error(_) => Reaction::default(),
        }
    }

    /// Loads what can be loaded; acknowledges only if that was all.
    fn load(&mut self, payload: &Payload) -> Reaction {
        let Payload { message_id, cluster_arn, container_instance_arn, .. } = payload;
        if message_id.is_empty() || cluster_arn.is_empty() || container_instance_arn.is_empty() {
            return Reaction::default();
        }
        self.newest = self.newest.max(payload.seq_num.unwrap_or(0));
        let mut reaction = Reaction::default();
        let is_stop = |task: &&Task| task.desired_status == Some(DesiredStatus::Stopped);
        let (stops, others): (Vec<&Task>, Vec<&Task>) = payload.tasks.iter().partition(is_stop);
        for task in stops.into_iter().chain(others) {
            if let Some(why) = unacceptable(task) {
                reaction.reports.push(Report::unrecognised(&task.arn, &why));
                continue;
            }
            let to_stop = task.desired_status == Some(DesiredStatus::Stopped);
            let known = self.tasks.entry(task.arn.clone()).or_insert_with(|| Known { task: task.clone(), to_stop });
            known.to_stop |= to_stop;
            let roles = [&task.role_credentials, &task.execution_role_credentials];
            reaction.answers.extend(roles.into_iter().flatten().map(|credentials| taken_over(message_id, credentials)));
        }
        if reaction.reports.is_empty() {
            reaction.answers.push(ack(message_id, cluster_arn, container_instance_arn));
        }
        reaction
    }

    /// Drops a manifest that is not newer than all before; else asks about tasks that run and are not in it.
    fn compare(&mut self, manifest: &TaskManifest) -> Reaction {
        let timeline = manifest.timeline.unwrap_or_default();
        if timeline <= self.newest {
            return Reaction::default();
        }
        self.newest = timeline;
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        let mut reaction =
            answer(ack(&manifest.message_id, &text(&manifest.cluster_arn), &text(&manifest.container_instance_arn)));
        let runs = |arn: &str| {
            let listed = manifest.tasks.iter().find(|listed| listed.task_arn == arn);
            listed.is_some_and(|listed| listed.desired_status == Some(DesiredStatus::Running))
        };
        let strangers = self.tasks.values().filter(|known| !known.to_stop && !runs(&known.task.arn));
        let stop_candidates: Vec<ManifestTask> = strangers
            .map(|known| ManifestTask {
                task_arn: known.task.arn.clone(),
                task_cluster_arn: known.task.task_cluster_arn.clone(),
                desired_status: Some(DesiredStatus::Stopped),
            })
            .collect();
        if !stop_candidates.is_empty() {
            self.asked = Some(manifest.message_id.clone());
            let asked = TaskStopVerification { message_id: manifest.message_id.clone(), stop_candidates };
            reaction.answers.push(AgentMessage::TaskStopVerification(asked));
        }
        reaction
    }

    fn stop(&mut self, judged: &TaskStopVerificationAck) -> Reaction {
        if self.asked.as_ref() == Some(&judged.message_id) {
            self.asked = None;
            for task in &judged.stop_tasks {
                if let Some(known) = self.tasks.get_mut(&task.task_arn) {
                    known.to_stop = true;
                }
            }
        }
        Reaction::default()
    }
}

fn answer(message: AgentMessage) -> Reaction {
    Reaction { answers: vec![message], reports: Vec::new() }
}

fn ack(message_id: &str, cluster: &str, container_instance: &str) -> AgentMessage {
    AgentMessage::Ack(AckRequest {
        cluster: Some(cluster.to_owned()),
        container_instance: Some(container_instance.to_owned()),
        message_id: message_id.to_owned(),
    })
}

fn taken_over(message_id: &str, credentials: &RoleCredentials) -> AgentMessage {
    AgentMessage::IamRoleCredentialsAck(IamRoleCredentialsAck {
        message_id: message_id.to_owned(),
        credentials_id: Some(credentials.credentials_id.clone()),
        expiration: Some(credentials.expiration.clone()),
    })
}
