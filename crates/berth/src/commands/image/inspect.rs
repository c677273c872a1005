//! `berth image inspect`.

use anyhow::Result;

use super::{agent, explained};
use crate::cli::Data;
use crate::terminal;

#[derive(Debug, clap::Args)]
pub(super) struct Inspect {
    #[command(flatten)]
    data: Data,

    /// A name as `berth image ls` shows it
    #[arg(value_name = "NAME")]
    name: String,
}

pub(super) async fn run(arguments: &Inspect) -> Result<()> {
    let image = agent(&arguments.data).inspect(&arguments.name).await.map_err(explained)?;
    terminal::print(&format!("{}\n", serde_json::to_string_pretty(&image)?))
}
