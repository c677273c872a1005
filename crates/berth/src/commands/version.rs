//! `berth version`.

use anyhow::Result;

use crate::terminal;

#[derive(Debug, clap::Args)]
pub(crate) struct Version {
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

pub(super) fn run(arguments: &Version) -> Result<()> {
    let version = env!("CARGO_PKG_VERSION");
    if arguments.json {
        return terminal::print(&format!("{}\n", serde_json::json!({ "version": version })));
    }
    terminal::print(&format!("berth {version}\n"))
}
