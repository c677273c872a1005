//! `berth volume`: the shared volumes of this machine, which its agent keeps.

mod ls;
mod prune;
mod rm;

use anyhow::Result;

#[derive(Debug, clap::Args)]
pub(crate) struct Volume {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// List shared volumes
    Ls(ls::Ls),
    /// Remove all shared volumes that no task uses, with all that is in them
    Prune(prune::Prune),
    /// Remove shared volumes, with all that is in them
    Rm(rm::Rm),
}

pub(super) async fn run(arguments: &Volume) -> Result<()> {
    match &arguments.action {
        Action::Ls(arguments) => ls::run(arguments).await,
        Action::Prune(arguments) => prune::run(arguments).await,
        Action::Rm(arguments) => rm::run(arguments).await,
    }
}
