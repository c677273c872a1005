//! Logs go to standard error: text for people (coloured on a terminal only), JSON for machines.

use std::io::IsTerminal as _;

use anyhow::{Context, Result};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt;

use crate::cli::LogFormat;

/// Starts logging for the rest of the process.
pub(crate) fn start(level: &str, format: LogFormat) -> Result<()> {
    let filter =
        EnvFilter::try_new(level).with_context(|| format!("--log-level {level}: not a level or a list of part=level"))?;
    let builder = fmt().with_env_filter(filter).with_writer(std::io::stderr).with_target(true);
    let started = match format {
        LogFormat::Json => builder.json().flatten_event(true).try_init(),
        LogFormat::Text => builder.with_ansi(std::io::stderr().is_terminal()).try_init(),
    };
    started.map_err(|error| anyhow::anyhow!(error)).context("starting the log")
}

/// Tells whoever started the command why it failed, with all causes.
pub(crate) fn failure(error: &anyhow::Error) {
    let (red, plain) = if std::io::stderr().is_terminal() { ("\u{1b}[31m", "\u{1b}[0m") } else { ("", "") };
    let causes: Vec<String> = error.chain().map(ToString::to_string).collect();
    // The only place that speaks to people on standard error without the log: the log may not be there yet.
    let _ = std::io::Write::write_fmt(&mut std::io::stderr(), format_args!("{red}error:{plain} {}\n", causes.join(": ")));
}
