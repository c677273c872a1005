//! The command line.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

use crate::{count, dare, eat, fetch, look, pack, serve, wait};

/// A small program to run in containers.
#[derive(Debug, Parser)]
#[command(name = "berth-demo", version, arg_required_else_help = true)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Write an image of this program as a `docker save` archive; it is named berth-demo:latest
    Pack {
        /// The archive; `-` for standard output
        file: PathBuf,
    },
    /// Serve a page on every address until a signal comes
    Serve {
        /// The port; 0 takes a free one
        port: u16,
        /// What the page says
        #[arg(long, default_value = "Hello from a container.")]
        text: String,
    },
    /// Fetch a page over HTTP and print it
    Fetch {
        /// http://HOST:PORT/PATH
        url: String,
        /// Try for so many seconds if nobody listens
        #[arg(long, default_value_t = 0)]
        patience: u64,
    },
    /// Print numbered lines
    Count {
        /// How many
        lines: u64,
        /// Milliseconds between them
        #[arg(long, default_value_t = 0)]
        every: u64,
        /// To standard error
        #[arg(long)]
        stderr: bool,
        /// Exit with this code
        #[arg(long, default_value_t = 0)]
        exit: u8,
    },
    /// Exit with a code
    Exit {
        /// The code
        code: u8,
    },
    /// Run until a signal comes, or so many seconds
    Wait {
        /// Seconds
        seconds: Option<u64>,
        /// Take no notice of SIGTERM
        #[arg(long)]
        stubborn: bool,
    },
    /// Take memory and keep it
    Eat {
        /// MiB
        mebibytes: usize,
    },
    /// Print the environment, sorted
    Env,
    /// Print who and where this process is, as one JSON object
    Look,
    /// Try what a container may not do, and print how that went, as one JSON object
    Dare,
    /// Write a file, and say whether that worked by the exit code
    Write {
        /// Which
        file: PathBuf,
    },
}

impl Command {
    /// Does it.
    pub(crate) fn run(self) -> Result<ExitCode> {
        match self {
            Self::Pack { file } => pack::run(&file)?,
            Self::Serve { port, text } => serve::run(port, &text)?,
            Self::Fetch { url, patience } => fetch::run(&url, patience)?,
            Self::Count { lines, every, stderr, exit } => {
                count::run(lines, every, stderr)?;
                return Ok(ExitCode::from(exit));
            }
            Self::Exit { code } => return Ok(ExitCode::from(code)),
            Self::Wait { seconds, stubborn } => return wait::run(seconds, stubborn),
            Self::Eat { mebibytes } => eat::run(mebibytes)?,
            Self::Env => count::environment()?,
            Self::Look => look::run()?,
            Self::Dare => dare::run()?,
            Self::Write { file } => look::write(&file)?,
        }
        Ok(ExitCode::SUCCESS)
    }
}
