//! `berth image`: the container images of this machine, which its agent keeps.

mod import;
mod inspect;
mod ls;
mod prune;
mod pull;
mod rm;

use anyhow::{Result, bail};
use berth_agent::images::{ListedImage, LocalClient, LocalError};

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

/// The names that somebody means: a name as it is, or all names of the image whose id begins so.
async fn meant(agent: &LocalClient, text: &str) -> Result<Vec<String>> {
    let start = text.strip_prefix("sha256:").unwrap_or(text);
    if start.len() < SHORTEST_ID || !start.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Ok(vec![text.to_owned()]);
    }
    let images = agent.list().await.map_err(explained)?;
    if images.iter().flat_map(|image| &image.names).any(|name| name.split(':').next() == Some(text)) {
        return Ok(vec![text.to_owned()]);
    }
    let begins = |image: &&ListedImage| image.id.strip_prefix("sha256:").is_some_and(|id| id.starts_with(start));
    match images.iter().filter(begins).collect::<Vec<_>>()[..] {
        [image] if !image.names.is_empty() => Ok(image.names.clone()),
        [_] => bail!("the image {text} has no name any more: `berth image prune` removes it once no task uses it"),
        [] => bail!("no image has the name {text} or an id that starts so; `berth image ls` lists them"),
        ref several => {
            let ids: Vec<&str> = several.iter().map(|image| image.id.as_str()).collect();
            bail!("{} images have an id that starts with {start}: {}; say more of it", several.len(), ids.join(", "))
        }
    }
}

/// Of an id, so that a short name is not taken for one.
const SHORTEST_ID: usize = 4;

/// Bytes in a unit that leaves few digits.
fn bytes(count: u64) -> String {
    format!("{}", indicatif::DecimalBytes(count))
}
