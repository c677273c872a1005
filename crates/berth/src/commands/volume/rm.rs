//! `berth volume rm`.

use anyhow::{Result, bail};
use berth_agent::images::LocalError;

use crate::cli::Data;
use crate::commands::image::{agent, explained};
use crate::{tasks, terminal};

#[derive(Debug, clap::Args)]
pub(super) struct Rm {
    #[command(flatten)]
    data: Data,

    /// Names as `berth volume ls` shows them
    #[arg(required = true, value_name = "NAME")]
    names: Vec<String>,

    /// Print one JSON object for each
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(arguments: &Rm) -> Result<()> {
    let agent = agent(&arguments.data);
    for name in &arguments.names {
        match agent.remove_volume(name).await {
            Ok(()) if arguments.json => terminal::print(&format!("{}\n", serde_json::json!({ "removed": name })))?,
            Ok(()) => terminal::print(&format!("removed {name}\n"))?,
            Err(LocalError::InUse { tasks, .. }) => {
                let ids: Vec<&str> = tasks.iter().map(|task| tasks::short_id(task)).collect();
                bail!("the volume {name} is used by {}; stop them with `berth stop`", ids.join(", "))
            }
            Err(error) => return Err(explained(error)),
        }
    }
    Ok(())
}
