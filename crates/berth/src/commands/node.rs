//! `berth node`: the machines of a cluster, which ECS calls container instances.

mod ls;
mod set;

use anyhow::{Context as _, Result, bail};
use berth_api::ecs::{self as api, ContainerInstance, ContainerInstanceStatus, Resource};
use berth_client::Client;

use crate::{listing, tasks};

/// Instances that one call describes.
const DESCRIBED_AT_ONCE: usize = 100;

#[derive(Debug, clap::Args)]
pub(crate) struct Node {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// List nodes with what is left of them
    Ls(ls::Ls),
    /// Give nodes no more tasks; those of services move away
    Drain(set::Set),
    /// Give nodes tasks again
    Activate(set::Set),
}

pub(super) async fn run(arguments: &Node) -> Result<()> {
    match &arguments.action {
        Action::Ls(arguments) => ls::run(arguments).await,
        Action::Drain(arguments) => set::run(arguments, ContainerInstanceStatus::Draining).await,
        Action::Activate(arguments) => set::run(arguments, ContainerInstanceStatus::Active).await,
    }
}

/// The nodes of a cluster, by id.
pub(crate) async fn nodes(client: &Client, cluster: &str) -> Result<Vec<ContainerInstance>> {
    let input = api::ListContainerInstancesRequest { cluster: Some(cluster.to_owned()), ..Default::default() };
    let arns = listing::all(client, input).await.with_context(|| format!("listing the nodes of cluster {cluster}"))?;
    let mut nodes = Vec::with_capacity(arns.len());
    for some in arns.chunks(DESCRIBED_AT_ONCE) {
        let input = api::DescribeContainerInstancesRequest {
            cluster: Some(cluster.to_owned()),
            container_instances: some.to_vec(),
            ..Default::default()
        };
        nodes.extend(client.call(&input).await.context("describing nodes")?.container_instances.unwrap_or_default());
    }
    nodes.sort_by(|one, other| one.container_instance_arn.cmp(&other.container_instance_arn));
    Ok(nodes)
}

/// A node's ARN.
pub(crate) fn arn(node: &ContainerInstance) -> &str {
    node.container_instance_arn.as_deref().unwrap_or_default()
}

/// How much there is of a resource, such as CPU.
pub(crate) fn amount(resources: Option<&[Resource]>, name: &str) -> i32 {
    let found = resources.unwrap_or_default().iter().find(|resource| resource.name.as_deref() == Some(name));
    found.and_then(|resource| resource.integer_value).unwrap_or_default()
}

/// The node that somebody means by its id, the beginning of it, or its ARN.
async fn find(client: &Client, cluster: &str, text: &str) -> Result<String> {
    let prefix = tasks::id(text);
    let known = nodes(client, cluster).await?;
    let meant: Vec<&str> = known.iter().map(arn).filter(|arn| tasks::id(arn).starts_with(prefix)).collect();
    match meant.as_slice() {
        [arn] => Ok((*arn).to_owned()),
        [] => bail!("no node of cluster {cluster} has an id that starts with {prefix}; `berth node ls` lists them"),
        several => {
            let ids: Vec<&str> = several.iter().map(|arn| tasks::id(arn)).collect();
            bail!("{} nodes have an id that starts with {prefix}: {}; say more of it", several.len(), ids.join(", "))
        }
    }
}
