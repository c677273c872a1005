//! Giving back what a task had on the machine.

use std::path::PathBuf;
use std::sync::Arc;

use berth_plan::node::Status;
use tokio::time::Instant;
use tracing::{error, warn};

use super::actor::{Actor, Output, Shared};
use super::attempts::Attempts;
use super::folders::TaskFolder;
use super::upkeep::is_over;
use super::work::{Done, unblocked};
use crate::container_spec;
use crate::files::{self, Outlives};

/// How much of a task is given back.
#[derive(Debug)]
pub(super) struct Clearing {
    attempts: Attempts,
    /// What the attempt that runs gives back, or the next one.
    stage: Stage,
    /// Whether the end of the task is on disk for good.
    synced: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Stage {
    Nothing,
    /// All but the record, which has a report that did not arrive.
    Containers,
    All,
}

impl Clearing {
    pub(super) const fn new() -> Self {
        Self { attempts: Attempts::new(), stage: Stage::Nothing, synced: false }
    }

    pub(super) fn is_done(&self) -> bool {
        self.stage == Stage::All
    }

    pub(super) fn next(&self) -> Option<Instant> {
        self.attempts.next()
    }
}

impl Actor {
    /// Gives back what is not needed any more: once the task is over and its output is where it belongs, its containers; and once the
    /// control plane knows that it is over, the rest. Before the runtime's folders go, which know how the containers ended, either
    /// the control plane or the disk knows it for good.
    pub(super) async fn clear(&mut self) {
        let is_shipped = self.containers.iter().all(|container| container.output != Output::Followed);
        if !is_over(&self.record.node) || !is_shipped || !self.clearing.attempts.is_due() {
            return;
        }
        let is_told = self.told.task == Status::Stopped;
        if !is_told && !self.clearing.synced && self.reports.has_failed() && self.keeps.is_due() {
            self.clearing.synced = self.keep(Outlives::Power).await;
        }
        let next = match (is_told, self.clearing.synced) {
            (true, _) => Stage::All,
            (false, true) => Stage::Containers,
            (false, false) => Stage::Nothing,
        };
        if next <= self.clearing.stage {
            return;
        }
        self.clearing.attempts.began();
        for container in &mut self.containers {
            container.image = None;
        }
        let folder = self.folder.clone();
        let containers = (0..self.containers.len()).map(|at| self.subject(at).runtime_folder());
        let containers = containers.chain([self.folder.namespaces()]).collect();
        let group = container_spec::group(&self.record.task).name;
        let shared = Arc::clone(&self.shared);
        self.work.spawn(async move {
            // It is never closed.
            let _turn = shared.clearings.acquire().await;
            let machine = Arc::clone(&shared);
            let cleared = unblocked(move || {
                give_back(&machine, containers, &group, &folder.id())?;
                if next == Stage::All { files::remove_folder(folder.path()).map_err(|error| error.to_string()) } else { Ok(()) }
            });
            Done::Cleared(cleared.await.map(|()| next == Stage::All))
        });
    }

    pub(super) fn cleared(&mut self, outcome: Result<bool, String>) {
        match outcome {
            Ok(all) => {
                self.clearing.attempts.succeeded();
                self.clearing.stage = if all { Stage::All } else { Stage::Containers };
            }
            Err(why) => {
                warn!(task = %self.folder.id(), why, "a task is not cleared; trying again");
                self.clearing.attempts.failed();
            }
        }
    }
}

fn give_back(shared: &Shared, containers: Vec<PathBuf>, group: &str, task: &str) -> Result<(), String> {
    for folder in containers {
        shared.runtime.delete(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    }
    shared.runtime.remove_group(group).map_err(|error| format!("group {group}: {error}"))?;
    shared.volumes.remove_task(task).map_err(|error| error.to_string())
}

/// Removes what is left of a task whose record is not to be had: nothing of it may go on unseen.
pub(crate) fn remove_remains(shared: &Shared, folder: &TaskFolder) {
    let removed = files::folders(folder.path()).map_err(|error| error.to_string()).and_then(|containers| {
        let names = containers.iter().filter_map(|container| container.file_name()?.to_str());
        give_back(shared, names.map(|name| folder.runtime(name)).collect(), &folder.id(), &folder.id())
    });
    let removed = removed.and_then(|()| files::remove_folder(folder.path()).map_err(|error| error.to_string()));
    if let Err(why) = removed {
        error!(task = %folder.id(), why, "what is left of a task is not removed");
    }
}
