//! The command line.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

use crate::{burn, count, dare, datagram, eat, fetch, files, flood, look, orphan, pack, serve, terminal, wait};

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
        /// A variable of the image's environment, which tells images apart
        #[arg(long, value_name = "NAME=VALUE")]
        env: Vec<String>,
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
    /// Answer every datagram with who sent it, until a signal comes
    Answer {
        /// The port
        port: u16,
    },
    /// Send a datagram and print the answer
    Ask {
        /// HOST:PORT
        to: String,
    },
    /// Connect, and say whether that worked: reached, refused or silent
    Reach {
        /// HOST:PORT
        to: String,
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
    /// Print numbered lines as fast as they are taken
    Flood {
        /// How many
        lines: u64,
        /// Bytes of each, with its end
        #[arg(long, default_value_t = 100)]
        width: u16,
    },
    /// Print a text as it is
    Say {
        /// The text
        text: String,
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
    /// Compute for so many milliseconds, and print how many of them a processor did so, as one JSON object
    Burn {
        /// Milliseconds
        milliseconds: u64,
    },
    /// Print the environment, sorted
    Env,
    /// Print who and where this process is, as one JSON object
    Look,
    /// Open a file or device, and say whether that worked by the exit code
    Open {
        /// Which
        file: PathBuf,
        /// For writing
        #[arg(long)]
        write: bool,
    },
    /// Leave a process behind, and say whether somebody looks after it when it is over
    Orphan {
        /// End at once, and leave one
        #[arg(long, hide = true)]
        middle: bool,
    },
    /// Say what the standard streams are, and whether there is an end of the input
    Terminal,
    /// Try what a container may not do, and print how that went, as one JSON object
    Dare,
    /// Write a file, and say whether that worked by the exit code
    Write {
        /// Which
        file: PathBuf,
        /// What to write
        #[arg(default_value = "written")]
        text: String,
    },
    /// Take all the room that there is for a file, try to write one more, and print how that went, as one JSON object; then wait if told to
    Fill {
        /// Which
        file: PathBuf,
        /// Run until a signal comes
        #[arg(long)]
        wait: bool,
    },
    /// Write a file after so many seconds, then run until a signal comes
    WriteLate {
        /// Which
        file: PathBuf,
        /// Seconds
        seconds: u64,
    },
    /// Print files
    Read {
        /// Which
        files: Vec<PathBuf>,
    },
    /// Print whose files are and what is in folders, as one JSON object
    List {
        /// Which
        #[arg(required = true)]
        paths: Vec<PathBuf>,
    },
    /// Add a byte to a file, print how many it has, and end after so many seconds
    Notch {
        /// Which
        file: PathBuf,
        /// Seconds
        #[arg(default_value_t = 0)]
        seconds: u64,
    },
    /// Run until it is killed, with two more processes in sessions of their own
    Brood {
        /// An argument of all of them
        name: String,
        /// One of the two
        #[arg(long, hide = true)]
        child: bool,
    },
}

impl Command {
    /// Does it.
    pub(crate) fn run(self) -> Result<ExitCode> {
        match self {
            Self::Pack { file, env } => pack::run(&file, &env)?,
            Self::Serve { port, text } => serve::run(port, &text)?,
            Self::Fetch { url, patience } => fetch::run(&url, patience)?,
            Self::Answer { port } => datagram::answer(port)?,
            Self::Ask { to } => datagram::ask(&to)?,
            Self::Reach { to } => fetch::reach(&to)?,
            Self::Count { lines, every, stderr, exit } => {
                count::run(lines, every, stderr)?;
                return Ok(ExitCode::from(exit));
            }
            Self::Flood { lines, width } => flood::run(lines, usize::from(width).saturating_sub(2))?,
            Self::Say { text } => flood::say(&text)?,
            Self::Exit { code } => return Ok(ExitCode::from(code)),
            Self::Wait { seconds, stubborn } => return wait::run(seconds, stubborn),
            Self::Eat { mebibytes } => eat::run(mebibytes)?,
            Self::Burn { milliseconds } => burn::run(milliseconds)?,
            Self::Env => count::environment()?,
            Self::Look => look::run()?,
            Self::Open { file, write } => files::open(&file, write)?,
            Self::Orphan { middle } => orphan::run(middle)?,
            Self::Terminal => terminal::run()?,
            Self::Dare => dare::run()?,
            Self::Write { file, text } => files::write(&file, &text)?,
            Self::Fill { file, wait } => return files::fill(&file, wait),
            Self::WriteLate { file, seconds } => return files::write_late(&file, seconds),
            Self::Read { files } => files::read(&files)?,
            Self::List { paths } => files::list(&paths)?,
            Self::Notch { file, seconds } => files::notch(&file, seconds)?,
            Self::Brood { name, child } => return wait::brood(&name, child),
        }
        Ok(ExitCode::SUCCESS)
    }
}
