//! What the official agent submits of its tasks: batches in which a container may stand several times.

use berth_api::acs::Task;
use serde_json::{Value, json};

/// A SubmitTaskStateChange but for its cluster.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// The task.
    pub task: String,
    /// `PENDING`, `RUNNING` or `STOPPED`.
    pub status: &'static str,
    /// Why; empty if the agent says nothing.
    pub reason: String,
    /// Containers, in the order in which it happened to them.
    pub containers: Vec<ContainerState>,
}

/// What happened to a container.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ContainerState {
    /// Its name.
    pub name: String,
    /// `PENDING`, `RUNNING` or `STOPPED`.
    pub status: &'static str,
    /// How it ended: the official agent may say so before it says STOPPED.
    pub exit_code: Option<i32>,
}

impl Report {
    /// Images are being pulled: a PENDING task with its containers, as a drain tick sends it.
    #[must_use]
    pub fn pulling(task: &Task) -> Self {
        Self::of(task, "PENDING", |name| vec![state(name, "PENDING", None)])
    }

    /// All containers run; each says once more what it said before.
    #[must_use]
    pub fn running(task: &Task) -> Self {
        Self::of(task, "RUNNING", |name| {
            vec![state(name, "PENDING", None), state(name, "RUNNING", None), state(name, "RUNNING", None)]
        })
    }

    /// All containers have ended. What they ended with comes with RUNNING already.
    #[must_use]
    pub fn stopped(task: &Task, exit_code: i32) -> Self {
        Self::of(task, "STOPPED", |name| vec![state(name, "RUNNING", Some(exit_code)), state(name, "STOPPED", Some(exit_code))])
    }

    /// The task could not be loaded.
    #[must_use]
    pub fn unrecognised(task: &str, why: &str) -> Self {
        // The spelling is the official agent's.
        let reason = format!("UnrecogniedTaskError: Error loading task - {why}");
        Self { task: task.to_owned(), status: "STOPPED", reason, containers: Vec::new() }
    }

    fn of(task: &Task, status: &'static str, states: impl Fn(&str) -> Vec<ContainerState>) -> Self {
        let containers = task.containers.iter().flat_map(|container| states(&container.name)).collect();
        Self { task: task.arn.clone(), status, reason: String::new(), containers }
    }

    /// The request.
    pub(super) fn request(&self, cluster: &str, now: f64) -> Value {
        let container = |state: &ContainerState| {
            let mut container =
                json!({ "containerName": state.name, "status": state.status, "runtimeId": format!("r-{}", state.name) });
            if let (Some(exit_code), Some(members)) = (state.exit_code, container.as_object_mut()) {
                members.insert("exitCode".to_owned(), exit_code.into());
            }
            container
        };
        let containers: Vec<Value> = self.containers.iter().map(container).collect();
        let mut request = json!({
            "cluster": cluster,
            "task": self.task,
            "status": self.status,
            "reason": self.reason,
            "containers": containers,
            "pullStartedAt": now,
            "pullStoppedAt": now,
        });
        if let (true, Some(members)) = (self.status == "STOPPED", request.as_object_mut()) {
            members.insert("executionStoppedAt".to_owned(), now.into());
        }
        request
    }
}

fn state(name: &str, status: &'static str, exit_code: Option<i32>) -> ContainerState {
    ContainerState { name: name.to_owned(), status, exit_code }
}
