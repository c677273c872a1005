//! The command line.

use std::net::SocketAddr;
use std::path::PathBuf;

use berth_wire::Sensitive;
use clap::{Args, Parser, Subcommand};

/// Loads an AWS endpoint with requests signed beforehand.
#[derive(Debug, Parser)]
#[command(name = "loadgen", arg_required_else_help = true, max_term_width = 110)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Send requests and print what came of it as JSON
    Load(Load),
    /// Run tasks from several clients and wait until they are RUNNING
    Launch(Launch),
    /// Answer every request with the same bytes: the floor for a server on this machine
    ServeStatic(ServeStatic),
}

/// A server, and whom it knows.
#[derive(Debug, Args)]
pub(crate) struct At {
    /// Where the server listens
    #[arg(long)]
    pub(crate) address: SocketAddr,

    /// The region that requests are signed for
    #[arg(long, env = "AWS_REGION")]
    pub(crate) region: String,

    #[arg(long, env = "AWS_ACCESS_KEY_ID", hide_env_values = true)]
    pub(crate) access_key_id: String,

    #[arg(long, env = "AWS_SECRET_ACCESS_KEY", hide_env_values = true, value_parser = secret)]
    pub(crate) secret_access_key: Sensitive<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Load {
    #[command(flatten)]
    pub(crate) at: At,

    /// The value of X-Amz-Target
    #[arg(long)]
    pub(crate) target: String,

    /// A file of request bodies, one JSON document a line; sent in turn
    #[arg(long, value_name = "FILE")]
    pub(crate) bodies: PathBuf,

    /// How long to measure; without it, every body is sent once
    #[arg(long)]
    pub(crate) seconds: Option<f64>,

    /// How long to send before measuring
    #[arg(long, default_value_t = 0.5, value_name = "SECONDS")]
    pub(crate) warm_up: f64,

    /// Connections, each with one request at a time
    #[arg(long, default_value_t = 64)]
    pub(crate) connections: usize,

    /// Threads that share the connections
    #[arg(long, default_value_t = 2)]
    pub(crate) threads: usize,

    /// A process whose processor time to measure; may be given several times
    #[arg(long, value_name = "PID")]
    pub(crate) server_pid: Vec<u32>,

    /// The service that requests are signed for
    #[arg(long, default_value = "ecs")]
    pub(crate) service: String,
}

#[derive(Debug, Args)]
pub(crate) struct Launch {
    #[command(flatten)]
    pub(crate) at: At,

    /// The body of RunTask
    #[arg(long, value_name = "JSON")]
    pub(crate) request: String,

    /// Clients at the same time, each on a connection and a thread of its own
    #[arg(long, default_value_t = 8)]
    pub(crate) clients: usize,

    /// Tasks that each of them launches, one after the other
    #[arg(long, default_value_t = 6)]
    pub(crate) each: usize,

    /// Milliseconds between two looks of a client at its task
    #[arg(long, default_value_t = 10)]
    pub(crate) look: u64,
}

#[derive(Debug, Args)]
pub(crate) struct ServeStatic {
    /// The address to listen on; port 0 takes a free one. The address taken is printed
    #[arg(long, default_value = "127.0.0.1:0")]
    pub(crate) listen: SocketAddr,

    /// How long each answer's body is
    #[arg(long)]
    pub(crate) bytes: usize,
}

/// `Debug` of what is parsed keeps the secret.
#[allow(clippy::unnecessary_wraps)] // The form of clap's parsers.
fn secret(text: &str) -> Result<Sensitive<String>, std::convert::Infallible> {
    Ok(Sensitive::new(text.to_owned()))
}
