//! `berth image rm`.

use anyhow::{Result, bail};
use berth_agent::images::LocalError;

use super::{agent, explained, meant};
use crate::cli::Data;
use crate::{tasks, terminal};

#[derive(Debug, clap::Args)]
pub(super) struct Rm {
    #[command(flatten)]
    data: Data,

    /// Names as `berth image ls` shows them, or ids or what they begin with: all names of an image
    #[arg(required = true, value_name = "NAME|ID")]
    names: Vec<String>,

    /// Also if tasks use it; those go on, and the image goes with the last of them
    #[arg(long, short)]
    force: bool,

    /// Print one JSON object for each
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(arguments: &Rm) -> Result<()> {
    let agent = agent(&arguments.data);
    let mut names = Vec::new();
    // A mistake in one of them removes none.
    for text in &arguments.names {
        names.extend(meant(&agent, text).await?);
    }
    for name in &names {
        match agent.remove(name, arguments.force).await {
            Ok(()) if arguments.json => terminal::print(&format!("{}\n", serde_json::json!({ "removed": name })))?,
            Ok(()) => terminal::print(&format!("removed {name}\n"))?,
            Err(LocalError::InUse { tasks, .. }) => {
                let ids: Vec<&str> = tasks.iter().map(|task| tasks::short_id(task)).collect();
                bail!(
                    "{name} is used by {}; stop them with `berth stop`, or remove the name all the same with --force",
                    ids.join(", ")
                )
            }
            Err(error) => return Err(explained(error)),
        }
    }
    Ok(())
}
