//! `berth volume prune`.

use anyhow::Result;
use berth_agent::images::LocalError;

use crate::cli::Data;
use crate::commands::image::{agent, explained};
use crate::terminal;

#[derive(Debug, clap::Args)]
pub(super) struct Prune {
    #[command(flatten)]
    data: Data,

    /// Remove them; without it, say which ones would be removed
    #[arg(long, short)]
    yes: bool,

    /// Print a JSON array of what was, or would be, removed
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(arguments: &Prune) -> Result<()> {
    let agent = agent(&arguments.data);
    let volumes = agent.volumes().await.map_err(explained)?;
    let mut unused: Vec<String> = Vec::new();
    for volume in volumes.into_iter().filter(|volume| volume.in_use_by.is_empty()) {
        if arguments.yes {
            match agent.remove_volume(&volume.name).await {
                // A task has come meanwhile.
                Err(LocalError::InUse { .. }) => continue,
                outcome => outcome.map_err(explained)?,
            }
        }
        unused.push(volume.name);
    }
    if arguments.json {
        return terminal::print(&format!("{}\n", serde_json::to_string(&unused)?));
    }
    if unused.is_empty() {
        terminal::note(format_args!("there is nothing to remove: tasks use all shared volumes"));
    } else if !arguments.yes {
        terminal::note(format_args!("nothing was removed yet: --yes does it, with all that is in them"));
    }
    let verb = if arguments.yes { "removed" } else { "would remove" };
    unused.iter().try_for_each(|name| terminal::print(&format!("{verb} {name}\n")))
}
