//! `berth cluster`: the clusters of an installation.

mod create;
mod ls;
mod rm;

use anyhow::Result;

pub(crate) use ls::clusters;

#[derive(Debug, clap::Args)]
pub(crate) struct Cluster {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// List clusters with what they have and do
    Ls(ls::Ls),
    /// Make clusters; one that is there stays as it is
    Create(create::Create),
    /// Delete clusters that nothing uses any more
    Rm(rm::Rm),
}

pub(super) async fn run(arguments: &Cluster) -> Result<()> {
    match &arguments.action {
        Action::Ls(arguments) => ls::run(arguments).await,
        Action::Create(arguments) => create::run(arguments).await,
        Action::Rm(arguments) => rm::run(arguments).await,
    }
}
