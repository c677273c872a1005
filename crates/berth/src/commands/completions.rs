//! `berth completions`: scripts that complete berth's commands in a shell.

use anyhow::Result;
use clap::CommandFactory as _;

use crate::{cli, terminal};

/// To try it at once: source <(berth completions bash)
#[derive(Debug, clap::Args)]
pub(crate) struct Completions {
    /// The shell
    shell: Shell,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Shell {
    Bash,
    Zsh,
    Fish,
}

pub(super) fn run(arguments: &Completions) -> Result<()> {
    use clap_complete::{generate, shells};
    let mut command = cli::Cli::command();
    let mut script = Vec::new();
    match arguments.shell {
        Shell::Bash => generate(shells::Bash, &mut command, "berth", &mut script),
        Shell::Zsh => generate(shells::Zsh, &mut command, "berth", &mut script),
        Shell::Fish => generate(shells::Fish, &mut command, "berth", &mut script),
    }
    terminal::print_bytes(&script)
}
