//! Keeps the control plane running: starts it, starts it again when it dies, and ends it when it is told to.
//!
//! The listening socket belongs to the supervisor, so that callers wait in its queue while a server is replaced.

use std::net::TcpListener;
use std::os::fd::AsFd as _;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tokio::process::{Child, Command};
use tokio::signal::unix::{SignalKind, signal};
use tracing::{info, warn};

use crate::cli::Plane;

/// The wait before a server is started again after an early death; it doubles up to [`LONGEST_WAIT`].
const SHORTEST_WAIT: Duration = Duration::from_millis(100);
const LONGEST_WAIT: Duration = Duration::from_secs(30);
/// A server that lived as long as this starts without a wait.
const STEADY: Duration = Duration::from_secs(60);
/// The time that a server gets to end by itself.
const ENDING: Duration = Duration::from_secs(20);

/// Supervises a server behind `listener` until a signal ends it.
pub(crate) fn run(plane: &Plane, folder: &Path, listener: &TcpListener) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().context("starting the supervisor")?;
    runtime.block_on(supervise(plane, folder, listener))
}

async fn supervise(plane: &Plane, folder: &Path, listener: &TcpListener) -> Result<()> {
    let mut terminate = signal(SignalKind::terminate()).context("listening for SIGTERM")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("listening for SIGINT")?;
    let mut wait = SHORTEST_WAIT;
    loop {
        let began = Instant::now();
        let mut server = start(plane, folder, listener)?;
        let status = tokio::select! {
            status = server.wait() => status.context("waiting for the server")?,
            _ = terminate.recv() => return end(server).await,
            _ = interrupt.recv() => return end(server).await,
        };
        wait = if began.elapsed() >= STEADY { SHORTEST_WAIT } else { wait };
        warn!(%status, again_in = ?wait, "the server died and is started again");
        tokio::select! {
            () = tokio::time::sleep(wait) => {}
            _ = terminate.recv() => return Ok(()),
            _ = interrupt.recv() => return Ok(()),
        }
        wait = (wait * 2).min(LONGEST_WAIT);
    }
}

fn start(plane: &Plane, folder: &Path, listener: &TcpListener) -> Result<Child> {
    let socket = listener.as_fd().try_clone_to_owned().context("copying the listening socket")?;
    let format = if plane.log_format == crate::cli::LogFormat::Json { "json" } else { "text" };
    Command::new("/proc/self/exe")
        .arg0("berth")
        .args(["server", "--listener-on-stdin", "--region", &plane.region, "--account-id", &plane.account_id])
        .args(["--log-level", &plane.log_level, "--log-format", format, "--data-dir"])
        .arg(folder)
        .stdin(Stdio::from(socket))
        // A signal to the terminal's group reaches the supervisor alone; it ends the server in order.
        .process_group(0)
        .kill_on_drop(true)
        .spawn()
        .context("starting the server")
}

async fn end(mut server: Child) -> Result<()> {
    if let Some(pid) = server.id().and_then(|pid| i32::try_from(pid).ok()) {
        kill(Pid::from_raw(pid), Signal::SIGTERM).context("ending the server")?;
    }
    match tokio::time::timeout(ENDING, server.wait()).await {
        Ok(status) => info!(status = %status.context("waiting for the server to end")?, "the server ended"),
        Err(_) => {
            warn!(seconds = ENDING.as_secs(), "the server did not end in time and is killed");
            server.kill().await.context("killing the server")?;
        }
    }
    Ok(())
}
