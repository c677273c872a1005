//! Logs go to standard error: text for people (coloured on a terminal only), JSON for machines.

use std::io::IsTerminal as _;

use anyhow::{Context, Result};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt;
use tracing_subscriber::layer::{Layer as _, SubscriberExt as _};
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::cli::{Log, LogFormat};
use crate::launches;
use crate::terminal::{self, BAD};

/// Starts logging for the rest of the process.
pub(crate) fn start(log: &Log) -> Result<()> {
    let level = &log.log_level;
    let filter =
        EnvFilter::try_new(level).with_context(|| format!("--log-level {level}: not a level or a list of part=level"))?;
    // Steps of launches have a place of their own.
    let filter = filter.add_directive("launch=off".parse().context("keeping launches out of the log")?);
    let lines = fmt::layer().with_writer(std::io::stderr).with_target(true);
    let lines = match log.log_format {
        LogFormat::Json => lines.json().flatten_event(true).boxed(),
        LogFormat::Text => lines.with_ansi(std::io::stderr().is_terminal()).boxed(),
    };
    tracing_subscriber::registry().with(lines.with_filter(filter)).with(launches::layer()).try_init().context("starting the log")
}

/// Tells whoever started the command why it failed, with all causes.
pub(crate) fn failure(error: &anyhow::Error) {
    let mut causes: Vec<String> = Vec::new();
    for cause in error.chain().map(ToString::to_string) {
        // Some errors say their cause themselves.
        if causes.last().is_none_or(|last| !last.contains(&cause)) {
            causes.push(cause);
        }
    }
    // Not through the log: it may not be there yet.
    terminal::note(format_args!("{BAD}error:{BAD:#} {}", causes.join(": ")));
}
