//! `berth image pull`.

use anyhow::{Context as _, Result};
use berth_agent::images::PullProgress;
use indicatif::{ProgressBar, ProgressDrawTarget};

use super::import::style;
use super::{agent, bytes, explained};
use crate::cli::Data;
use crate::terminal::{self, BOLD};

#[derive(Debug, clap::Args)]
pub(super) struct Pull {
    #[command(flatten)]
    data: Data,

    /// A name as task definitions have it (nginx:1.29, registry.example:5000/team/app@sha256:...)
    #[arg(value_name = "NAME")]
    name: String,

    /// Print the image as a JSON object
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(arguments: &Pull) -> Result<()> {
    let target = if terminal::is_watched() { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
    let bar = ProgressBar::with_draw_target(None, target);
    bar.set_style(style(false));
    bar.set_message("asking the registry");
    let pulled = agent(&arguments.data).pull(&arguments.name, |progress| show(&bar, progress)).await;
    bar.finish_and_clear();
    let image = pulled.map_err(explained).with_context(|| format!("pulling {}", arguments.name))?;
    if arguments.json {
        return terminal::print(&format!("{}\n", serde_json::to_string(&image)?));
    }
    let digest = image.digest.as_deref().unwrap_or(&image.manifest);
    terminal::print(&format!("pulled {BOLD}{}{BOLD:#} ({digest}, {})\n", arguments.name, bytes(image.size)))
}

fn show(bar: &ProgressBar, progress: PullProgress) {
    if progress.layers > 0 {
        bar.set_style(style(true));
        bar.set_message(format!("{} of {} layers", progress.layers_done, progress.layers));
        bar.set_length(progress.total);
        bar.set_position(progress.received);
    }
}
