//! `berth agent`: a node, in the foreground.

use std::path::PathBuf;

use anyhow::{Result, bail};
use berth_client::Endpoint;

use crate::cli::{Data, Log, Shim};

#[derive(Debug, clap::Args)]
pub(crate) struct Agent {
    #[command(flatten)]
    data: Data,

    /// The control plane to join; the one that runs with the same data folder if nothing is said
    #[arg(long, value_name = "URL")]
    endpoint: Option<Endpoint>,

    /// The cluster to join; it must exist
    #[arg(long, default_value = "default", value_name = "NAME")]
    cluster: String,

    /// The region that this machine is in; that of the control plane here if nothing is said, else us-east-1
    #[arg(long)]
    region: Option<String>,

    /// A copy of the control plane's DATA/agent/node-key.json; this data folder's own if nothing is said
    #[arg(long, value_name = "FILE")]
    key_file: Option<PathBuf>,

    #[command(flatten)]
    shim: Shim,

    #[command(flatten)]
    log: Log,

    /// End with the process that started it (`berth up`)
    #[arg(long, hide = true)]
    supervised: bool,
}

pub(super) fn run(arguments: &Agent) -> Result<()> {
    bail!("this build has no node yet: {arguments:?}")
}
