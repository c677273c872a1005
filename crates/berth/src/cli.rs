//! The command line.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

/// Amazon ECS and Fargate on machines you own.
///
/// Speaks the AWS APIs: point the AWS CLI, an SDK or a deploy tool at it with AWS_ENDPOINT_URL.
#[derive(Debug, Parser)]
#[command(name = "berth", version, propagate_version = true, arg_required_else_help = true, max_term_width = 110)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Start the whole system on this machine, with defaults for everything
    Up(Up),
    /// Start the control plane alone, in the foreground
    Server(Server),
    /// Print the lines that point AWS clients at this installation: eval "$(berth env)"
    Env(Env),
    /// Print the version
    Version(Version),
}

/// Where an installation keeps its data.
#[derive(Debug, Clone, Args)]
pub(crate) struct Data {
    /// The folder of the installation's data
    #[arg(long, env = "BERTH_DATA_DIR", default_value = "/var/lib/berth", value_name = "DIR")]
    pub(crate) data_dir: PathBuf,
}

/// What a control plane is.
#[derive(Debug, Clone, Args)]
pub(crate) struct Plane {
    #[command(flatten)]
    pub(crate) data: Data,

    /// The address to listen on; port 0 takes a free one
    #[arg(long, default_value = "127.0.0.1:7300", value_name = "ADDRESS:PORT")]
    pub(crate) listen: SocketAddr,

    /// The region that `berth env` names; clients may sign for any
    #[arg(long, default_value = "us-east-1")]
    pub(crate) region: String,

    /// The account of 12 digits that everything belongs to
    #[arg(long, default_value = "000000000000", value_name = "DIGITS")]
    pub(crate) account_id: String,

    /// What to log: error, warn, info, debug or trace, also by part (info,berth_front=debug)
    #[arg(long, env = "BERTH_LOG", default_value = "info", value_name = "LEVEL")]
    pub(crate) log_level: String,

    /// How to log: text for people, json for machines
    #[arg(long, default_value = "text", value_name = "FORM")]
    pub(crate) log_format: LogFormat,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum LogFormat {
    Text,
    Json,
}

#[derive(Debug, Args)]
pub(crate) struct Up {
    #[command(flatten)]
    pub(crate) plane: Plane,

    /// Start the control plane only; no tasks run on this machine
    #[arg(long)]
    pub(crate) no_agent: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Server {
    #[command(flatten)]
    pub(crate) plane: Plane,

    /// Take the listening socket from standard input (`berth up` passes it, and keeps it while the server restarts)
    #[arg(long, hide = true)]
    pub(crate) listener_on_stdin: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Env {
    #[command(flatten)]
    pub(crate) data: Data,

    /// Print one JSON object instead of shell lines
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Version {
    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,
}
