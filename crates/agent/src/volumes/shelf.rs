//! Shared volumes as the agent's socket shows them, and their removal.

use std::collections::BTreeMap;

use berth_api::acs::Task;
use serde::{Deserialize, Serialize};
use tokio::sync::{mpsc, oneshot};

use super::store::{VolumeError, Volumes};
use super::wanted::{Source, mounts};
use crate::node::Message;
use crate::task::unblocked;

/// A shared volume of this machine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListedVolume {
    /// Its name.
    pub name: String,
    /// Options of the driver `local` that it was made with.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub options: BTreeMap<String, String>,
    /// Its labels.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
    /// When it was made, in seconds since 1970.
    pub made_at: u64,
    /// The tasks that use it.
    pub in_use_by: Vec<String>,
}

/// Why a volume is not removed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RemoveVolumeError {
    /// There is none of that name.
    #[error("there is no shared volume {0}; `berth volume ls` lists them")]
    Absent(String),
    /// Tasks use it.
    #[error("the volume {name} is used by {} tasks", tasks.len())]
    InUse { name: String, tasks: Vec<String> },
    /// The file system refuses.
    #[error(transparent)]
    Volume(#[from] VolumeError),
}

/// The shared volumes of this machine, for whoever may use the agent's socket.
#[derive(Debug, Clone)]
pub(crate) struct Shelf {
    volumes: Volumes,
    node: mpsc::Sender<Message>,
}

impl Shelf {
    pub(crate) const fn new(volumes: Volumes, node: mpsc::Sender<Message>) -> Self {
        Self { volumes, node }
    }

    /// All shared volumes, by name.
    pub(crate) async fn list(&self) -> Result<Vec<ListedVolume>, VolumeError> {
        let (volumes, users) = (self.volumes.clone(), self.users().await);
        unblocked(move || volumes.list(&users)).await
    }

    /// Removes a shared volume that no task uses.
    pub(crate) async fn remove(&self, name: String) -> Result<(), RemoveVolumeError> {
        let (volumes, users) = (self.volumes.clone(), self.users().await);
        unblocked(move || volumes.remove_shared(&name, &users)).await
    }

    /// The tasks that use each shared volume, as the table of tasks has them.
    async fn users(&self) -> Users {
        let (answer, tasks) = oneshot::channel();
        // Without a node there are no tasks, and soon no agent.
        let _ = self.node.send(Message::Census(answer)).await;
        let mut users = Users::default();
        for sighting in tasks.await.unwrap_or_default() {
            users.add(&sighting.task);
        }
        users
    }
}

/// The tasks that use each shared volume.
#[derive(Debug, Default)]
pub(super) struct Users(BTreeMap<String, Vec<String>>);

impl Users {
    pub(super) fn add(&mut self, task: &Task) {
        for mount in task.containers.iter().filter_map(|container| mounts(task, container).ok()).flatten() {
            if let Source::Shared(shared) = mount.source {
                let users = self.0.entry(shared.name).or_default();
                if !users.contains(&task.arn) {
                    users.push(task.arn.clone());
                }
            }
        }
    }

    pub(super) fn of(&self, name: &str) -> Vec<String> {
        self.0.get(name).cloned().unwrap_or_default()
    }
}
