//! `berth volume ls`.

use anyhow::Result;
use berth_agent::volumes::ListedVolume;

use crate::cli::Data;
use crate::commands::image::{agent, explained};
use crate::terminal::{self, Cell, FAINT, Watch};

#[derive(Debug, clap::Args)]
pub(super) struct Ls {
    #[command(flatten)]
    data: Data,

    #[command(flatten)]
    watch: Watch,

    /// Print a JSON array
    #[arg(long, conflicts_with = "watch")]
    json: bool,
}

pub(super) async fn run(arguments: &Ls) -> Result<()> {
    let agent = agent(&arguments.data);
    if arguments.json {
        return terminal::print(&format!("{}\n", serde_json::to_string(&agent.volumes().await.map_err(explained)?)?));
    }
    arguments.watch.print(async || Ok(page(&agent.volumes().await.map_err(explained)?))).await
}

fn page(volumes: &[ListedVolume]) -> String {
    let pairs = |map: &std::collections::BTreeMap<String, String>| {
        let pairs: Vec<String> = map.iter().map(|(key, value)| format!("{key}={value}")).collect();
        if pairs.is_empty() { "-".to_owned() } else { pairs.join(" ") }
    };
    let rows: Vec<[Cell; 5]> = volumes
        .iter()
        .map(|volume| {
            let made = i64::try_from(volume.made_at.saturating_mul(1000)).unwrap_or(i64::MAX);
            [
                volume.name.as_str().into(),
                Cell(terminal::age(made), FAINT),
                volume.in_use_by.len().to_string().into(),
                pairs(&volume.options).into(),
                pairs(&volume.labels).into(),
            ]
        })
        .collect();
    terminal::table(["NAME", "AGE", "TASKS", "OPTIONS", "LABELS"], &rows)
}
