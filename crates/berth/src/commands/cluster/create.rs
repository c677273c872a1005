//! `berth cluster create`.

use anyhow::{Context as _, Result};
use berth_api::ecs::CreateClusterRequest;
use serde_json::json;

use crate::cli::Data;
use crate::connection::Connection;
use crate::terminal;

#[derive(Debug, clap::Args)]
pub(super) struct Create {
    #[command(flatten)]
    data: Data,

    /// Names of up to 255 letters, digits, hyphens and underscores
    #[arg(required = true)]
    names: Vec<String>,

    /// Print one JSON object for each
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(arguments: &Create) -> Result<()> {
    let connection = Connection::open(&arguments.data.data_dir)?;
    for name in &arguments.names {
        let input = CreateClusterRequest { cluster_name: Some(name.clone()), ..Default::default() };
        let answer = connection.client.call(&input).await.with_context(|| format!("making the cluster {name}"))?;
        let arn = answer.cluster.and_then(|cluster| cluster.cluster_arn).unwrap_or_default();
        let text = if arguments.json { json!({ "name": name, "clusterArn": arn }).to_string() } else { arn };
        terminal::print(&format!("{text}\n"))?;
    }
    Ok(())
}
