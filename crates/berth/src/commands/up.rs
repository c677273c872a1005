//! `berth up`: the whole system on this machine, supervised.

use std::net::TcpListener;
use std::os::fd::AsFd as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{Context as _, Result, bail};
use tokio::process::Command;
use tokio::signal::unix::{SignalKind, signal};
use tokio::task::LocalSet;

use super::server::{announcement, bind};
use crate::cli::{Fargate, Offer, Plane, Shim};
use crate::connection::Connection;
use crate::installation::Installation;
use crate::node_file::{self, NodeConfig};
use crate::readiness::{self, Expected};
use crate::supervisor::{Kept, Program};
use crate::{addresses, confinement, keys, logging, preflight, server};

#[derive(Debug, clap::Args)]
#[command(
    after_help = "Ctrl-C (or SIGTERM) ends it; tasks go on, and the next `berth up` takes them over. `berth down` stops them."
)]
pub(crate) struct Up {
    #[command(flatten)]
    plane: Plane,

    /// Start the control plane only, which needs no root; no tasks run on this machine
    #[arg(long)]
    no_agent: bool,

    #[command(flatten)]
    offer: Offer,

    #[command(flatten)]
    shim: Shim,

    #[command(flatten)]
    node_config: NodeConfig,
}

/// The cluster that this machine joins.
const CLUSTER: &str = "default";

pub(super) fn run(arguments: &Up) -> Result<()> {
    let mut plane = arguments.plane.clone();
    logging::start(&plane.log)?;
    server::Settings::of(&plane)?;
    let shim = if arguments.no_agent { None } else { Some(node(arguments)?) };
    let installation = Installation::open(&plane.data.data_dir)?;
    if shim.is_some() {
        preflight::check_file_system(&installation.agent())?;
    }
    keys::prepare(&installation)?;
    // Before the control plane's first start, for it keeps what it is told then.
    plane.vpc_cidr = Some(addresses::settle(installation.folder(), &installation.id, plane.vpc_cidr)?.vpc);
    let plane = &plane;
    let listener = bind(plane.listen)?;
    let run = announcement(plane, &listener)?;
    let _announced = installation.announce(&run)?;
    tracing::info!(installation = installation.id, listen = %run.listen, folder = %installation.folder().display(), "berth is starting");
    let endpoint = run.endpoint();
    let server = server_program(plane.clone(), installation.folder(), listener)?;
    let agent = shim.map(|shim| agent_program(arguments, installation.folder(), shim, endpoint));
    let is_instance = agent.is_some() && arguments.offer.fargate != Fargate::Only;
    let expected = Expected { listen: run.listen, account: run.account_id.clone(), cluster: is_instance.then_some(CLUSTER) };
    let connection = Connection::with(installation.folder(), run, &keys::root(installation.folder())?)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().context("starting the supervisor")?;
    LocalSet::new().block_on(&runtime, supervise(server, agent, connection, expected))
}

/// The shim of a machine that can be a node.
fn node(arguments: &Up) -> Result<PathBuf> {
    if !confinement::is_root() {
        bail!("running containers needs root: start it with sudo, or start the control plane alone with `berth up --no-agent`");
    }
    // What the agent would not start with is told at once.
    node_file::settings(&arguments.node_config, &arguments.plane.data.data_dir)?.runtime.find()?;
    preflight::shim(arguments.shim.shim.as_deref())
}

async fn supervise(server: Program, agent: Option<Program>, connection: Connection, expected: Expected) -> Result<()> {
    let mut terminate = signal(SignalKind::terminate()).context("listening for SIGTERM")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("listening for SIGINT")?;
    let mut server = Kept::start(server);
    let mut agent = agent.map(Kept::start);
    let telling = tokio::task::spawn_local(readiness::tell(connection, expected));
    let outcome = tokio::select! {
        failed = server.failed() => failed,
        failed = async { match &mut agent { Some(agent) => agent.failed().await, None => std::future::pending().await } } => failed,
        _ = terminate.recv() => Ok(()),
        _ = interrupt.recv() => Ok(()),
    };
    telling.abort();
    // The agent's last reports still reach the server.
    if let Some(agent) = agent {
        agent.end().await?;
    }
    server.end().await?;
    outcome
}

fn server_program(plane: Plane, folder: &Path, listener: TcpListener) -> Result<Program> {
    let folder = folder.to_path_buf();
    let command = move || {
        let socket = listener.as_fd().try_clone_to_owned().context("copying the listening socket")?;
        let mut command = myself("server", &plane, &folder);
        command.args(["--listener-on-stdin", "--region", &plane.region, "--account-id", &plane.account_id]);
        if let Some(vpc_cidr) = plane.vpc_cidr {
            command.args(["--vpc-cidr", &vpc_cidr.to_string()]);
        }
        command.stdin(Stdio::from(socket));
        Ok(command)
    };
    Ok(Program { name: "server", command: Box::new(command) })
}

fn agent_program(arguments: &Up, folder: &Path, shim: PathBuf, endpoint: String) -> Program {
    let (plane, fargate, node_config) = (arguments.plane.clone(), arguments.offer.fargate, arguments.node_config.clone());
    let folder = folder.to_path_buf();
    let command = move || {
        let mut command = myself("agent", &plane, &folder);
        command
            .args(["--supervised", "--endpoint", &endpoint, "--region", &plane.region, "--cluster", CLUSTER])
            .args(["--fargate", fargate.name(), "--shim"])
            .arg(&shim);
        if let Some(file) = &node_config.node_config {
            command.arg("--node-config").arg(file);
        }
        command.stdin(Stdio::null());
        Ok(command)
    };
    Program { name: "agent", command: Box::new(command) }
}

/// This executable, also when a newer one has taken its name.
fn myself(name: &str, plane: &Plane, folder: &Path) -> Command {
    let mut command = Command::new("/proc/self/exe");
    command
        .arg0("berth")
        .args([name, "--log-level", &plane.log.log_level, "--log-format", plane.log.log_format.name(), "--data-dir"])
        .arg(folder)
        // A signal to the terminal's group reaches the supervisor alone; it ends the others in order.
        .process_group(0);
    command
}
