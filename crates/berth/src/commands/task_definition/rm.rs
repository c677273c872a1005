//! `berth task-definition rm`.

use anyhow::{Context as _, Result};
use berth_api::ecs::DeregisterTaskDefinitionRequest;

use crate::cli::Data;
use crate::connection::Connection;
use crate::terminal;

#[derive(Debug, clap::Args)]
pub(super) struct Rm {
    #[command(flatten)]
    data: Data,

    /// Revisions: FAMILY:NUMBER
    #[arg(required = true, value_name = "FAMILY:NUMBER")]
    revisions: Vec<String>,

    /// Print one JSON object for each
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(arguments: &Rm) -> Result<()> {
    let connection = Connection::open(&arguments.data.data_dir)?;
    for revision in &arguments.revisions {
        let input = DeregisterTaskDefinitionRequest { task_definition: revision.clone() };
        connection.client.call(&input).await.with_context(|| format!("deregistering {revision}"))?;
        terminal::removed(revision, arguments.json)?;
    }
    Ok(())
}
