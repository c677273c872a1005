//! `berth manual`: the pages that `man berth` shows, from the definitions of the commands. Packages are made with it.

use std::path::PathBuf;

use anyhow::{Context as _, Result};
use clap::CommandFactory as _;

use crate::cli;

#[derive(Debug, clap::Args)]
pub(crate) struct Manual {
    /// A folder that is there
    folder: PathBuf,
}

pub(super) fn run(arguments: &Manual) -> Result<()> {
    let folder = &arguments.folder;
    clap_mangen::generate_to(cli::Cli::command(), folder).with_context(|| format!("writing into {}", folder.display()))
}
