//! `berth task-definition`: what tasks are made from.

mod ls;
mod rm;
mod show;

use anyhow::Result;

#[derive(Debug, clap::Args)]
pub(crate) struct TaskDefinition {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// List families, or the revisions of one
    Ls(ls::Ls),
    /// Print a revision, as a file that can be registered again
    Show(show::Show),
    /// Deregister revisions; tasks of them go on
    Rm(rm::Rm),
}

pub(super) async fn run(arguments: &TaskDefinition) -> Result<()> {
    match &arguments.action {
        Action::Ls(arguments) => ls::run(arguments).await,
        Action::Show(arguments) => show::run(arguments).await,
        Action::Rm(arguments) => rm::run(arguments).await,
    }
}
