//! `berth cluster ls`.

use anyhow::{Context as _, Result};
use berth_api::ecs::{self as api, Cluster};
use berth_client::Client;

use crate::cli::Data;
use crate::connection::Connection;
use crate::listing;
use crate::terminal::{self, Cell, FAINT, GOOD, Watch};

/// Clusters that one call describes.
const DESCRIBED_AT_ONCE: usize = 100;

#[derive(Debug, clap::Args)]
pub(super) struct Ls {
    #[command(flatten)]
    data: Data,

    #[command(flatten)]
    watch: Watch,

    /// Print a JSON array
    #[arg(long, conflicts_with = "watch")]
    json: bool,
}

pub(super) async fn run(arguments: &Ls) -> Result<()> {
    let connection = Connection::open(&arguments.data.data_dir)?;
    let client = &connection.client;
    if arguments.json {
        let all: Vec<_> = clusters(client).await?.iter().map(as_json).collect();
        return terminal::print(&format!("{}\n", serde_json::Value::Array(all)));
    }
    arguments.watch.print(async || Ok(page(&clusters(client).await?))).await
}

pub(crate) async fn clusters(client: &Client) -> Result<Vec<Cluster>> {
    let arns = listing::all(client, api::ListClustersRequest::default()).await.context("listing clusters")?;
    let mut clusters = Vec::with_capacity(arns.len());
    for some in arns.chunks(DESCRIBED_AT_ONCE) {
        let input = api::DescribeClustersRequest { clusters: Some(some.to_vec()), ..Default::default() };
        clusters.extend(client.call(&input).await.context("describing clusters")?.clusters.unwrap_or_default());
    }
    clusters.sort_by(|one, other| one.cluster_name.cmp(&other.cluster_name));
    Ok(clusters)
}

fn page(clusters: &[Cluster]) -> String {
    let count = |count: Option<i32>| Cell::from(count.unwrap_or_default().to_string());
    let row = |cluster: &Cluster| {
        let status = cluster.status.clone().unwrap_or_default();
        let style = if status == "ACTIVE" { GOOD } else { FAINT };
        [
            cluster.cluster_name.clone().unwrap_or_default().into(),
            Cell(status, style),
            count(cluster.registered_container_instances_count),
            count(cluster.running_tasks_count),
            count(cluster.pending_tasks_count),
            count(cluster.active_services_count),
        ]
    };
    let rows: Vec<_> = clusters.iter().map(row).collect();
    terminal::table(["CLUSTER", "STATUS", "NODES", "RUNNING", "PENDING", "SERVICES"], &rows)
}

fn as_json(cluster: &Cluster) -> serde_json::Value {
    serde_json::json!({
        "name": cluster.cluster_name,
        "clusterArn": cluster.cluster_arn,
        "status": cluster.status,
        "nodes": cluster.registered_container_instances_count,
        "runningTasks": cluster.running_tasks_count,
        "pendingTasks": cluster.pending_tasks_count,
        "services": cluster.active_services_count,
    })
}
