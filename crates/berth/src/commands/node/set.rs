//! `berth node drain` and `berth node activate`.

use anyhow::{Context as _, Result, bail};
use berth_api::ecs::{ContainerInstanceStatus, UpdateContainerInstancesStateRequest};
use berth_wire::EnumShape as _;

use super::find;
use crate::cli::Place;
use crate::connection::Connection;
use crate::{tasks, terminal};

#[derive(Debug, clap::Args)]
pub(super) struct Set {
    #[command(flatten)]
    place: Place,

    /// Ids of nodes, or what they begin with
    #[arg(required = true)]
    nodes: Vec<String>,

    /// Print one JSON object for each
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(arguments: &Set, status: ContainerInstanceStatus) -> Result<()> {
    let connection = Connection::open(&arguments.place.data.data_dir)?;
    let (client, cluster) = (&connection.client, arguments.place.cluster.as_str());
    for node in &arguments.nodes {
        let arn = find(client, cluster, node).await?;
        let input = UpdateContainerInstancesStateRequest {
            cluster: Some(cluster.to_owned()),
            container_instances: vec![arn.clone()],
            status: status.clone(),
        };
        let answer = client.call(&input).await.with_context(|| format!("changing node {}", tasks::short_id(&arn)))?;
        if let Some(failure) = answer.failures.unwrap_or_default().pop() {
            bail!("node {} stays as it is: {}", tasks::short_id(&arn), failure.reason.unwrap_or_default());
        }
        let id = tasks::id(&arn);
        let object = || serde_json::json!({ "id": id, "status": status.as_str() }).to_string();
        terminal::print(&format!("{}\n", if arguments.json { object() } else { id.to_owned() }))?;
    }
    Ok(())
}
