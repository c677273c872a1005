//! What the agent keeps of a task.

use std::sync::Arc;
use std::time::Duration;

use berth_api::acs::{self, DependencyCondition, DesiredStatus};
use berth_model::{Condition, NetworkBinding, Timestamp};
use berth_plan::node::{Desired, NodeContainer, NodeTask, RestartPolicy, Wait};
use minicbor::{Decode, Encode};

use super::folders::TaskFolder;
use crate::container_spec;
use crate::files::{self, FileError, Outlives};
use crate::images::PullTimes;
use crate::network::links_of;
use crate::volumes;

const VERSION: u8 = 1;
/// What a container gets to end by itself where nothing is said.
const STOP_TIMEOUT: Duration = Duration::from_secs(30);
/// How long a container has to have run to be started again where nothing is said.
const RESTART_PERIOD: Duration = Duration::from_secs(300);
/// SIGTERM.
const STOP_SIGNAL: i32 = 15;

/// A task.
#[derive(Debug, Clone)]
pub(crate) struct Record {
    /// As it came first, without credentials.
    pub(crate) task: Arc<acs::Task>,
    /// The instance that it was sent to.
    pub(crate) instance: String,
    /// The machine's boot in which it was written.
    pub(crate) boot: String,
    /// How far it is.
    pub(crate) node: NodeTask,
    /// What is known of its containers besides, in their order.
    pub(crate) made: Vec<Made>,
}

/// What is known of a container.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub(crate) struct Made {
    /// Its image's manifest, which keeps the image from being removed.
    #[n(0)]
    pub(crate) manifest: Option<String>,
    /// What its image was pulled by, if it was.
    #[n(1)]
    pub(crate) digest: Option<String>,
    /// The signal that asks it to end.
    #[n(2)]
    pub(crate) stop_signal: i32,
    /// Its name in the runtime, once it was made.
    #[n(3)]
    pub(crate) runtime_id: Option<String>,
    /// Its ports of the machine.
    #[n(4)]
    #[cbor(default)]
    pub(crate) bindings: Vec<NetworkBinding>,
    /// When a registry was asked for its image.
    #[n(8)]
    pub(crate) pull_started_at: Option<Timestamp>,
    /// When it was there, or was not to be had.
    #[n(9)]
    pub(crate) pull_stopped_at: Option<Timestamp>,
}

impl Made {
    /// Notes when a registry was asked, if it was.
    pub(crate) fn pulled(&mut self, pull: Option<PullTimes>) {
        self.pull_started_at = pull.map(|pull| pull.started_at);
        self.pull_stopped_at = pull.map(|pull| pull.stopped_at);
    }
}

impl Default for Made {
    fn default() -> Self {
        Self {
            manifest: None,
            digest: None,
            stop_signal: STOP_SIGNAL,
            runtime_id: None,
            bindings: Vec::new(),
            pull_started_at: None,
            pull_stopped_at: None,
        }
    }
}

/// The record as it is on disk.
#[derive(Debug, Encode, Decode)]
#[cbor(map)]
struct Stored {
    #[n(0)]
    version: u8,
    #[n(1)]
    boot: String,
    #[n(2)]
    instance: String,
    /// JSON.
    #[n(3)]
    task: String,
    #[n(4)]
    node: NodeTask,
    #[n(5)]
    made: Vec<Made>,
}

/// A record that cannot be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RecordError {
    /// It is not to be touched.
    #[error("a newer version of the agent wrote it")]
    Newer,
    /// It is of no use.
    #[error("it is damaged: {0}")]
    Damaged(String),
    /// It could not be read this time.
    #[error(transparent)]
    File(FileError),
}

impl Record {
    /// A task that came now. An error says why it can never run.
    pub(crate) fn new(mut task: acs::Task, instance: &str, boot: &str) -> Result<Self, String> {
        // Credentials go stale; who has them sends them again.
        (task.role_credentials, task.execution_role_credentials) = (None, None);
        let unresolved = || format!("Task dependencies cannot be resolved, taskArn: {}", task.arn);
        let containers = containers(&task).ok_or_else(unresolved)?;
        let desired = match task.desired_status {
            Some(DesiredStatus::Stopped) => Desired::Stopped,
            _ => Desired::Running,
        };
        let node = NodeTask::new(containers, desired).map_err(|_| unresolved())?;
        let made = vec![Made::default(); node.containers.len()];
        Ok(Self { task: Arc::new(task), instance: instance.to_owned(), boot: boot.to_owned(), node, made })
    }

    /// Reads a record; none if there is no file.
    pub(crate) fn read(folder: &TaskFolder) -> Result<Option<Self>, RecordError> {
        let Some(bytes) = files::read(&folder.record()).map_err(RecordError::File)? else { return Ok(None) };
        let damaged = |error: &dyn ToString| RecordError::Damaged(error.to_string());
        // The version comes first, so that it can be read whatever follows.
        let mut head = minicbor::Decoder::new(&bytes);
        let version = head.map().and_then(|_| head.u8()).and_then(|_| head.u8()).map_err(|error| damaged(&error))?;
        if version > VERSION {
            return Err(RecordError::Newer);
        }
        let stored: Stored = minicbor::decode(&bytes).map_err(|error| damaged(&error))?;
        let task: acs::Task = serde_json::from_str(&stored.task).map_err(|error| damaged(&error))?;
        let Stored { boot, instance, node, made, .. } = stored;
        if [node.containers.len(), made.len()] != [task.containers.len(); 2] {
            return Err(damaged(&"it has containers that its task does not have"));
        }
        Ok(Some(Self { task: Arc::new(task), instance, boot, node, made }))
    }

    /// Puts the record where it is found after a restart.
    pub(crate) fn keep(&self, folder: &TaskFolder, outlives: Outlives) -> Result<(), FileError> {
        let path = folder.record();
        let fail = |error: &dyn ToString| FileError::new("writing", &path, error.to_string());
        let stored = Stored {
            version: VERSION,
            boot: self.boot.clone(),
            instance: self.instance.clone(),
            task: serde_json::to_string(&*self.task).map_err(|error| fail(&error))?,
            node: self.node.clone(),
            made: self.made.clone(),
        };
        let bytes = minicbor::to_vec(&stored).map_err(|error| fail(&error))?;
        files::replace(&path, &bytes, outlives)
    }
}

/// What the plan knows of a task's containers; none if one waits for something that is not there or not known.
fn containers(task: &acs::Task) -> Option<Vec<NodeContainer>> {
    let place = |name: &str| task.containers.iter().position(|container| container.name == name);
    let wait = |dependency: &acs::ContainerDependency| {
        let until = match dependency.condition.as_ref()? {
            DependencyCondition::Start => Condition::Start,
            DependencyCondition::Complete => Condition::Complete,
            DependencyCondition::Success => Condition::Success,
            DependencyCondition::Healthy => Condition::Healthy,
            DependencyCondition::Unlisted(_) => return None,
        };
        Some(Wait { on: place(&dependency.container_name)?, until })
    };
    let container = |given: &acs::Container| {
        // Who is linked to another one finds it running.
        let linked = links_of(task, given)?.into_iter().map(|link| Some(Wait { on: link.to, until: Condition::Start }));
        Some(NodeContainer {
            essential: given.essential.unwrap_or(true),
            waits: given.depends_on.iter().map(wait).chain(linked).collect::<Option<_>>()?,
            start_timeout: seconds(given.start_timeout).filter(|timeout| !timeout.is_zero()),
            checks: container_spec::checks(given),
            restart: given.restart_policy.as_ref().filter(|policy| policy.enabled == Some(true)).map(restart_policy),
            made_after: volumes::shared_with(task, given)?,
            ..NodeContainer::new(&given.name, seconds(given.stop_timeout).unwrap_or(STOP_TIMEOUT))
        })
    };
    task.containers.iter().map(container).collect()
}

fn restart_policy(given: &acs::RestartPolicy) -> RestartPolicy {
    RestartPolicy {
        ignored: given.ignored_exit_codes.iter().filter_map(|code| i32::try_from(*code).ok()).collect(),
        period: seconds(given.restart_attempt_period).unwrap_or(RESTART_PERIOD),
    }
}

fn seconds(value: Option<i64>) -> Option<Duration> {
    value.and_then(|value| u64::try_from(value).ok()).map(Duration::from_secs)
}

#[cfg(test)]
mod tests;
