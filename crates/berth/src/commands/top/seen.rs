//! A cluster at a moment, as `berth top` shows it and prints it as JSON.

use serde::Serialize;

/// A cluster at a moment. CPU is in CPU units (1,024 are a processor), memory in MiB, times are milliseconds since 1970.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Seen {
    pub(super) cluster: String,
    pub(super) at: i64,
    pub(super) running_tasks: i32,
    pub(super) pending_tasks: i32,
    pub(super) nodes: Vec<Node>,
    pub(super) services: Vec<Service>,
    pub(super) tasks: Vec<Task>,
    /// The last few of each service, the newest first.
    pub(super) events: Vec<Event>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Node {
    pub(super) id: String,
    pub(super) status: String,
    pub(super) is_connected: bool,
    pub(super) running_tasks: i32,
    pub(super) pending_tasks: i32,
    pub(super) cpu: Amount,
    pub(super) memory: Amount,
}

/// What a machine has of something.
#[derive(Debug, Default, Serialize)]
pub(super) struct Amount {
    /// By containers of the cluster.
    pub(super) used: f32,
    /// For tasks of any cluster.
    pub(super) reserved: i32,
    pub(super) whole: i32,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Service {
    pub(super) name: String,
    /// ACTIVE, or that it is being deleted.
    pub(super) status: String,
    pub(super) desired_count: i32,
    pub(super) running_count: i32,
    pub(super) pending_count: i32,
    /// Of its deployment; none with deployments of somebody else.
    pub(super) rollout_state: Option<String>,
    pub(super) failed_tasks: i32,
    pub(super) task_definition: Option<String>,
    /// Whether it has what it is to have.
    pub(super) is_settled: bool,
    pub(super) cpu_used: f32,
    pub(super) memory_used: f32,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Task {
    pub(super) id: String,
    /// Such as `service:web`.
    pub(super) group: String,
    pub(super) task_definition: String,
    pub(super) node: Option<String>,
    pub(super) cpu_used: f32,
    pub(super) memory_used: f32,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Event {
    pub(super) at: i64,
    pub(super) service: String,
    pub(super) message: String,
}
