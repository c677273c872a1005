//! `berth server`: the control plane, in the foreground.

use std::net::TcpListener;
use std::os::fd::AsFd as _;

use anyhow::{Context, Result};

use crate::cli::Plane;
use crate::installation::{self, Installation, Run};
use crate::{keys, logging, server};

#[derive(Debug, clap::Args)]
pub(crate) struct Server {
    #[command(flatten)]
    plane: Plane,

    /// Take the listening socket from standard input (`berth up` passes it, and keeps it while the server restarts)
    #[arg(long, hide = true)]
    listener_on_stdin: bool,
}

pub(super) fn run(arguments: &Server) -> Result<()> {
    let plane = &arguments.plane;
    logging::start(&plane.log)?;
    let settings = server::Settings::of(plane)?;
    if arguments.listener_on_stdin {
        // `berth up` holds the installation and did the preparations.
        let socket = std::io::stdin().as_fd().try_clone_to_owned().context("taking the listening socket from standard input")?;
        let folder = plane.data.data_dir.join("server");
        let id = installation::id(&plane.data.data_dir)?;
        let settings = settings.supervised();
        return server::run(settings, TcpListener::from(socket), &folder, &id, installation::server_user(&folder)?);
    }
    let installation = Installation::open(&plane.data.data_dir)?;
    keys::prepare(&installation)?;
    let listener = bind(plane.listen)?;
    let _announced = installation.announce(&announcement(plane, &listener)?)?;
    server::run(settings, listener, &installation.server(), &installation.id, installation.server_user)
}

/// Binds the listening socket.
pub(super) fn bind(address: std::net::SocketAddr) -> Result<TcpListener> {
    TcpListener::bind(address)
        .with_context(|| format!("listening on {address}: is another Berth there? Choose another address with --listen"))
}

/// What `DATA/run.json` says of a control plane behind this socket.
pub(super) fn announcement(plane: &Plane, listener: &TcpListener) -> Result<Run> {
    Ok(Run {
        listen: listener.local_addr().context("asking for the listening address")?,
        region: plane.region.clone(),
        account_id: plane.account_id.clone(),
        pid: std::process::id(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
    })
}
