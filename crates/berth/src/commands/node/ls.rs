//! `berth node ls`.

use anyhow::Result;
use berth_api::ecs::{ContainerInstance, Resource};

use super::{amount, arn, nodes};
use crate::cli::Place;
use crate::connection::Connection;
use crate::tasks;
use crate::terminal::{self, BAD, Cell, FAINT, GOOD, WAITING, Watch};

#[derive(Debug, clap::Args)]
pub(super) struct Ls {
    #[command(flatten)]
    place: Place,

    #[command(flatten)]
    watch: Watch,

    /// Print a JSON array
    #[arg(long, conflicts_with = "watch")]
    json: bool,
}

pub(super) async fn run(arguments: &Ls) -> Result<()> {
    let connection = Connection::open(&arguments.place.data.data_dir)?;
    let (client, cluster) = (&connection.client, arguments.place.cluster.as_str());
    if arguments.json {
        let all: Vec<_> = nodes(client, cluster).await?.iter().map(as_json).collect();
        return terminal::print(&format!("{}\n", serde_json::Value::Array(all)));
    }
    arguments.watch.print(async || Ok(page(&nodes(client, cluster).await?))).await
}

fn page(nodes: &[ContainerInstance]) -> String {
    let row = |node: &ContainerInstance| {
        [
            tasks::short_id(arn(node)).into(),
            status(node),
            left(node, "CPU").into(),
            left(node, "MEMORY").into(),
            node.running_tasks_count.unwrap_or_default().to_string().into(),
            node.pending_tasks_count.unwrap_or_default().to_string().into(),
            Cell(node.registered_at.map(|at| terminal::age(at.0)).unwrap_or_default(), FAINT),
        ]
    };
    let rows: Vec<_> = nodes.iter().map(row).collect();
    terminal::table(["NODE", "STATUS", "CPU LEFT", "MIB LEFT", "RUNNING", "PENDING", "AGE"], &rows)
}

/// What matters most: a node that is not heard from takes no tasks, whatever its status.
fn status(node: &ContainerInstance) -> Cell {
    let status = node.status.clone().unwrap_or_default();
    if node.agent_connected != Some(true) {
        return Cell(format!("{status}, not connected"), BAD);
    }
    let style = if status == "ACTIVE" { GOOD } else { WAITING };
    Cell(status, style)
}

fn left(node: &ContainerInstance, name: &str) -> String {
    let (left, all) = (amount(node.remaining_resources.as_deref(), name), amount(node.registered_resources.as_deref(), name));
    format!("{left} of {all}")
}

fn as_json(node: &ContainerInstance) -> serde_json::Value {
    let amounts = |resources: Option<&[Resource]>| serde_json::json!({ "cpu": amount(resources, "CPU"), "memory": amount(resources, "MEMORY") });
    serde_json::json!({
        "id": tasks::id(arn(node)),
        "containerInstanceArn": node.container_instance_arn,
        "status": node.status,
        "agentConnected": node.agent_connected,
        "runningTasks": node.running_tasks_count,
        "pendingTasks": node.pending_tasks_count,
        "registered": amounts(node.registered_resources.as_deref()),
        "remaining": amounts(node.remaining_resources.as_deref()),
        "registeredAt": node.registered_at.map(|at| at.0),
    })
}
