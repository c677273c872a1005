//! Logs go to standard error: text for people (coloured on a terminal only), JSON for machines.

use std::io::IsTerminal as _;

use anyhow::{Context, Result};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt;

use crate::cli::{Log, LogFormat};
use crate::terminal::{self, BAD};

/// Starts logging for the rest of the process.
pub(crate) fn start(log: &Log) -> Result<()> {
    let level = &log.log_level;
    let filter =
        EnvFilter::try_new(level).with_context(|| format!("--log-level {level}: not a level or a list of part=level"))?;
    let builder = fmt().with_env_filter(filter).with_writer(std::io::stderr).with_target(true);
    let started = match log.log_format {
        LogFormat::Json => builder.json().flatten_event(true).try_init(),
        LogFormat::Text => builder.with_ansi(std::io::stderr().is_terminal()).try_init(),
    };
    started.map_err(|error| anyhow::anyhow!(error)).context("starting the log")
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
