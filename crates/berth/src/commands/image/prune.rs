//! `berth image prune`.

use anyhow::Result;

use super::{agent, explained};
use crate::cli::Data;
use crate::terminal;

#[derive(Debug, clap::Args)]
pub(super) struct Prune {
    #[command(flatten)]
    data: Data,

    /// Also images that were imported, which no registry may have
    #[arg(long, short)]
    all: bool,

    /// Print a JSON array of what was removed
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(arguments: &Prune) -> Result<()> {
    let removed = agent(&arguments.data).prune(arguments.all).await.map_err(explained)?;
    if arguments.json {
        return terminal::print(&format!("{}\n", serde_json::to_string(&removed)?));
    }
    if removed.is_empty() {
        terminal::note(format_args!(
            "there is nothing to remove: tasks use all images{}",
            if arguments.all { "" } else { ", or they were imported (--all)" }
        ));
    }
    removed.iter().try_for_each(|name| terminal::print(&format!("removed {name}\n")))
}
