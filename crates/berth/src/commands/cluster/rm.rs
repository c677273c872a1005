//! `berth cluster rm`.

use anyhow::{Context as _, Result};
use berth_api::ecs::DeleteClusterRequest;

use crate::cli::Data;
use crate::connection::Connection;
use crate::terminal;

#[derive(Debug, clap::Args)]
pub(super) struct Rm {
    #[command(flatten)]
    data: Data,

    /// Clusters without nodes, tasks and services
    #[arg(required = true)]
    names: Vec<String>,

    /// Print one JSON object for each
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(arguments: &Rm) -> Result<()> {
    let connection = Connection::open(&arguments.data.data_dir)?;
    for name in &arguments.names {
        let input = DeleteClusterRequest { cluster: name.clone() };
        connection.client.call(&input).await.with_context(|| format!("deleting the cluster {name}"))?;
        terminal::removed(name, arguments.json)?;
    }
    Ok(())
}
