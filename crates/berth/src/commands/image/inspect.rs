//! `berth image inspect`.

use anyhow::Result;

use super::{agent, explained, meant};
use crate::cli::Data;
use crate::terminal;

#[derive(Debug, clap::Args)]
pub(super) struct Inspect {
    #[command(flatten)]
    data: Data,

    /// A name or an id as `berth image ls` shows it, or what the id begins with
    #[arg(value_name = "NAME|ID")]
    name: String,
}

pub(super) async fn run(arguments: &Inspect) -> Result<()> {
    let agent = agent(&arguments.data);
    let name = meant(&agent, &arguments.name).await?.swap_remove(0);
    let image = agent.inspect(&name).await.map_err(explained)?;
    terminal::print(&format!("{}\n", serde_json::to_string_pretty(&image)?))
}
