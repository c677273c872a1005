//! `berth image`: the container images of this machine, which its agent keeps.

mod import;
mod inspect;
mod ls;
mod prune;
mod pull;
mod rm;

use anyhow::Result;
use berth_agent::images::{LocalClient, LocalError};

use crate::cli::Data;

#[derive(Debug, clap::Args)]
pub(crate) struct Image {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// Take in what `docker save` or `skopeo copy ... oci:` wrote
    Import(import::Import),
    /// Show all that an image says, as JSON
    Inspect(inspect::Inspect),
    /// List images
    Ls(ls::Ls),
    /// Remove all images that no task uses
    Prune(prune::Prune),
    /// Fetch an image from its registry
    Pull(pull::Pull),
    /// Remove names of images; an image goes with its last one
    Rm(rm::Rm),
}

pub(super) async fn run(arguments: &Image) -> Result<()> {
    match &arguments.action {
        Action::Import(arguments) => import::run(arguments).await,
        Action::Inspect(arguments) => inspect::run(arguments).await,
        Action::Ls(arguments) => ls::run(arguments).await,
        Action::Prune(arguments) => prune::run(arguments).await,
        Action::Pull(arguments) => pull::run(arguments).await,
        Action::Rm(arguments) => rm::run(arguments).await,
    }
}

/// The agent of an installation; its socket is root's.
pub(super) fn agent(data: &Data) -> LocalClient {
    LocalClient::new(&data.data_dir.join("agent/agent.sock"))
}

/// Why the agent did not do it, and what to do about it.
pub(super) fn explained(error: LocalError) -> anyhow::Error {
    match &error {
        LocalError::Unreachable { socket, cause } if cause.kind() == std::io::ErrorKind::PermissionDenied => {
            anyhow::anyhow!("{} is root's to use: run this with sudo", socket.display())
        }
        _ => error.into(),
    }
}

/// Bytes in a unit that leaves few digits.
fn bytes(count: u64) -> String {
    format!("{}", indicatif::DecimalBytes(count))
}
