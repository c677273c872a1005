//! Tells people when the system is there, and what to try.

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use anyhow::Result;
use berth_api::{ecs, sts};
use serde::Deserialize;
use tracing::warn;

use crate::connection::Connection;
use crate::terminal::{self, BOLD, FAINT, GOOD};
use crate::{files, installation};

/// The time between two looks.
const LOOK: Duration = Duration::from_millis(20);

/// What is to come up.
#[derive(Debug)]
pub(crate) struct Expected {
    /// Where the control plane listens.
    pub(crate) listen: SocketAddr,
    /// Whose it is.
    pub(crate) account: String,
    /// The cluster that this machine joins, if it does.
    pub(crate) cluster: Option<&'static str>,
}

/// What is read of the agent's `instance.json`.
#[derive(Debug, Deserialize)]
pub(crate) struct Instance {
    pub(crate) region: String,
    pub(crate) cluster: String,
    pub(crate) arn: Option<String>,
}

/// This machine as its agent registered it; nothing if it never did.
pub(crate) fn instance(folder: &Path) -> Result<Option<Instance>> {
    files::read_json(&installation::agent_folder(folder).join("instance.json"))
}

/// Waits until requests are served and this machine is registered, and says so.
pub(crate) async fn tell(connection: Connection, expected: Expected) {
    // Until the server is there, calls wait in the socket's queue, or are cut off when a server dies early.
    while connection.client.call(&sts::GetCallerIdentityRequest::default()).await.is_err() {
        tokio::time::sleep(LOOK).await;
    }
    let mut text = headline(&connection, &expected);
    if let Some(cluster) = expected.cluster {
        let machine = registered(&connection).await;
        text.push_str(&format!("{GOOD}This machine is in cluster {cluster}{GOOD:#}: {}.\n", resources(&machine)));
    }
    text.push_str(&next(&connection.folder, expected.cluster.is_some()));
    if let Err(error) = terminal::print(&text) {
        warn!(%error, "nobody was told that the system is there");
    }
}

fn headline(connection: &Connection, expected: &Expected) -> String {
    format!(
        "{BOLD}Berth {version}{BOLD:#} listens on {BOLD}http://{listen}{BOLD:#} (region {region}, account {account}, data in {folder}).\n",
        version = env!("CARGO_PKG_VERSION"),
        listen = expected.listen,
        region = connection.client.region(),
        account = expected.account,
        folder = connection.folder.display(),
    )
}

/// Waits until the agent is connected.
async fn registered(connection: &Connection) -> ecs::ContainerInstance {
    loop {
        if let Ok(Some(Instance { cluster, arn: Some(arn), .. })) = instance(&connection.folder) {
            let input = ecs::DescribeContainerInstancesRequest {
                cluster: Some(cluster),
                container_instances: vec![arn],
                ..Default::default()
            };
            let found = connection.client.call(&input).await.ok().and_then(|answer| answer.container_instances?.pop());
            if let Some(instance) = found.filter(|instance| instance.agent_connected == Some(true)) {
                return instance;
            }
        }
        tokio::time::sleep(LOOK).await;
    }
}

fn resources(machine: &ecs::ContainerInstance) -> String {
    let of = |name: &str| {
        let resources = machine.registered_resources.iter().flatten();
        resources.filter(|resource| resource.name.as_deref() == Some(name)).find_map(|resource| resource.integer_value)
    };
    format!("{} CPU units, {} MiB of memory", of("CPU").unwrap_or_default(), of("MEMORY").unwrap_or_default())
}

fn next(folder: &Path, with_node: bool) -> String {
    let is_default = folder == Path::new("/var/lib/berth");
    let export = if is_default { String::new() } else { format!("    export BERTH_DATA_DIR={}\n", folder.display()) };
    let tasks = "    berth image import nginx.tar     # what `docker save nginx` wrote\n    berth run nginx\n    berth ps\n";
    format!(
        "In another shell:\n\n{export}{tasks}    eval \"$(berth env)\"             {FAINT}# the AWS CLI, any SDK{FAINT:#}\n    aws ecs describe-clusters\n\n{end}\n",
        tasks = if with_node { tasks } else { "" },
        end = if with_node {
            "Ctrl-C ends it; tasks go on, and the next `berth up` takes them over. `berth down` stops everything."
        } else {
            "Ctrl-C stops it; data stays."
        },
    )
}
