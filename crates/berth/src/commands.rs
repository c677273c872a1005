//! The commands of the command line.

mod env;
mod server;
mod up;
mod version;

use anyhow::Result;

use crate::cli::{Cli, Command};

/// Runs one command to its end.
pub(crate) fn run(cli: Cli) -> Result<()> {
    match cli.command {
        Command::Up(arguments) => up::run(&arguments),
        Command::Server(arguments) => server::run(&arguments),
        Command::Env(arguments) => env::run(&arguments),
        Command::Version(arguments) => version::run(&arguments),
    }
}

/// Prints for whoever reads standard output; a reader that has gone away is no error.
fn print(text: &str) -> Result<()> {
    use std::io::Write as _;
    match std::io::stdout().write_all(text.as_bytes()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(()),
    }
}
