//! `berth agent`: a node, in the foreground.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use berth_agent::images::PullBehavior;
use berth_client::Endpoint;
use ipnet::Ipv4Net;
use nix::unistd::getppid;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

use crate::cli::{Data, Fargate, Log, Offer, Shim};
use crate::keys::AccessKey;
use crate::launches::{self, Part};
use crate::node_file::{self, NodeConfig, NodeSettings};
use crate::{addresses, confinement, fargate, files, installation, logging, node, preflight};

#[derive(Debug, clap::Args)]
#[command(after_help = AFTER_HELP)]
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

    /// The addresses of the control plane's task networks, if they are not 172.31.0.0/16: `"cidr"` in its
    /// DATA/server/network.json. Kept from the first start on
    #[arg(long, value_name = "BLOCK")]
    vpc_cidr: Option<Ipv4Net>,

    #[command(flatten)]
    offer: Offer,

    #[command(flatten)]
    shim: Shim,

    #[command(flatten)]
    node_config: NodeConfig,

    /// When registries are asked for images: default, always, once or prefer-cached; instead of what the file says
    #[arg(long, env = "ECS_IMAGE_PULL_BEHAVIOR", value_name = "WHEN")]
    image_pull_behavior: Option<PullBehavior>,

    #[command(flatten)]
    log: Log,

    /// End with the process that started it (`berth up`)
    #[arg(long, hide = true)]
    supervised: bool,
}

const AFTER_HELP: &str = "\
To join from another machine, start the control plane with `berth up --listen 0.0.0.0:7300` (on a network that you trust: it is plain
HTTP), copy its DATA/agent/node-key.json there, and run:
  berth agent --endpoint http://CONTROL-PLANE:7300 --key-file node-key.json";

/// The region of a machine that nothing is known of.
const REGION: &str = "us-east-1";

pub(super) fn run(arguments: &Agent) -> Result<()> {
    let parent = getppid();
    logging::start(&arguments.log)?;
    if arguments.supervised {
        confinement::end_with(parent)?;
    }
    if !confinement::is_root() {
        bail!("running containers needs root: start it with sudo");
    }
    raise_descriptors()?;
    let (endpoint, region) = control_plane(arguments)?;
    // The control plane's user gets through to a folder beside.
    files::folder(&arguments.data.data_dir, 0o711)?;
    let folder = &arguments.data.data_dir;
    let folder = folder.canonicalize().with_context(|| format!("resolving {}", folder.display()))?;
    let data = installation::agent_folder(&folder);
    files::folder(&data, 0o700)?;
    let _lock = installation::take_node(&data)?;
    preflight::check_file_system(&data)?;
    launches::keep(&data, Part::Agent);
    let installation = installation::id(&folder)?;
    let credentials = key(arguments.key_file.as_deref(), &data)?.credentials();
    let NodeSettings { capacity_provider, mut images, s3, runtime } = node_file::settings(&arguments.node_config, &folder)?;
    images.behavior = arguments.image_pull_behavior.unwrap_or(images.behavior);
    let runtime = node::runtime(arguments.shim.shim.as_deref(), &runtime, &installation)?;
    // Where nothing was settled by `berth up`, the control plane is elsewhere, and its choice counts.
    let vpc = arguments.vpc_cidr.map_or_else(addresses::default_vpc, Ok)?;
    let wanted = arguments.offer.fargate;
    let ids = fargate::ids(wanted, arguments.shim.shim.as_deref(), &data, &installation)?;
    let network = node::network(&installation, addresses::settle(&folder, &installation, Some(vpc))?, ids)?;
    let config = berth_agent::Config {
        endpoint,
        region,
        cluster: arguments.cluster.clone(),
        data,
        installation,
        credentials,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        runtime,
        images,
        s3,
        network: Some(network),
        fargate_only: wanted == Fargate::Only,
        capacity_provider,
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().context("starting the runtime")?;
    runtime.block_on(until_signalled(config))
}

/// Where the control plane is, and the machine's region.
fn control_plane(arguments: &Agent) -> Result<(Endpoint, String)> {
    let region = arguments.region.clone();
    if let Some(endpoint) = arguments.endpoint.clone() {
        return Ok((endpoint, region.unwrap_or_else(|| REGION.to_owned())));
    }
    let here = installation::running(&arguments.data.data_dir);
    let here = here.context("there is no control plane to join here, and --endpoint names no other")?;
    Ok((here.endpoint().parse().context("reading the control plane's address")?, region.unwrap_or(here.region)))
}

/// The key to sign with.
fn key(named: Option<&Path>, data: &Path) -> Result<AccessKey> {
    match named {
        Some(path) => AccessKey::read(path),
        None => AccessKey::read(&data.join("node-key.json")).context(
            "this data folder has no node key: copy one from the control plane's DATA/agent and name it with --key-file",
        ),
    }
}

/// A node holds a descriptor for each published port and some for each container: as many as it may.
fn raise_descriptors() -> Result<()> {
    let limits = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: limits.maximum, ..limits }).context("raising the limit of open files")
}

async fn until_signalled(config: berth_agent::Config) -> Result<()> {
    let mut terminate = signal(SignalKind::terminate()).context("listening for SIGTERM")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("listening for SIGINT")?;
    let (end, ending) = watch::channel(false);
    let agent = berth_agent::run(config, ending);
    tokio::pin!(agent);
    tokio::select! {
        outcome = &mut agent => return outcome.context("running the agent"),
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    end.send_replace(true);
    agent.await.context("ending the agent")
}
