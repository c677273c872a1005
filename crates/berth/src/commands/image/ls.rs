//! `berth image ls`.

use anyhow::Result;
use berth_agent::images::ListedImage;

use super::{agent, bytes, explained};
use crate::cli::Data;
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
        return terminal::print(&format!("{}\n", serde_json::to_string(&agent.list().await.map_err(explained)?)?));
    }
    arguments.watch.print(async || Ok(page(&agent.list().await.map_err(explained)?))).await
}

fn page(images: &[ListedImage]) -> String {
    let mut rows: Vec<[Cell; 5]> = Vec::new();
    for image in images {
        let names = if image.names.is_empty() { vec!["-".to_owned()] } else { image.names.clone() };
        let imported = i64::try_from(image.imported_at.saturating_mul(1000)).unwrap_or(i64::MAX);
        rows.extend(names.into_iter().map(|name| {
            [
                name.into(),
                short(&image.id).into(),
                bytes(image.size).into(),
                Cell(terminal::age(imported), FAINT),
                image.in_use_by.len().to_string().into(),
            ]
        }));
    }
    terminal::table(["NAME", "ID", "SIZE", "IMPORTED", "TASKS"], &rows)
}

/// The beginning of a digest.
fn short(id: &str) -> &str {
    let digits = id.strip_prefix("sha256:").unwrap_or(id);
    digits.get(..12).unwrap_or(digits)
}
