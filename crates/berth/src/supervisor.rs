//! Keeps programs running: starts them, starts them again when they die, and ends them in order when it is told to.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tokio::process::{Child, Command};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tracing::{info, warn};

/// The wait before a program is started again after an early death; it doubles up to [`LONGEST_WAIT`].
const SHORTEST_WAIT: Duration = Duration::from_millis(100);
const LONGEST_WAIT: Duration = Duration::from_secs(30);
/// A program that lived as long as this starts without a wait.
const STEADY: Duration = Duration::from_secs(60);
/// The time that a program gets to end by itself.
const ENDING: Duration = Duration::from_secs(20);

/// A program to keep running.
pub(crate) struct Program {
    /// For people.
    pub(crate) name: &'static str,
    /// How it is started, each time.
    pub(crate) command: Box<dyn Fn() -> Result<Command>>,
}

/// A program that is kept running. Dropping it kills the program.
#[derive(Debug)]
pub(crate) struct Kept {
    end: watch::Sender<bool>,
    keeper: JoinHandle<Result<()>>,
}

impl Kept {
    /// Starts a program. Call it within a `LocalSet` on the process's first thread: programs end with the thread that started them.
    pub(crate) fn start(program: Program) -> Self {
        let (end, ending) = watch::channel(false);
        Self { end, keeper: tokio::task::spawn_local(keep(program, ending)) }
    }

    /// Waits until it cannot be kept running; that is never without an error.
    pub(crate) async fn failed(&mut self) -> Result<()> {
        (&mut self.keeper).await.context("keeping a program running")?
    }

    /// Ends the program and waits for its end.
    pub(crate) async fn end(self) -> Result<()> {
        self.end.send_replace(true);
        if self.keeper.is_finished() {
            return Ok(());
        }
        self.keeper.await.context("ending a program")?
    }
}

async fn keep(program: Program, mut ending: watch::Receiver<bool>) -> Result<()> {
    let name = program.name;
    let mut wait = SHORTEST_WAIT;
    loop {
        let began = Instant::now();
        let mut child = (program.command)()?.kill_on_drop(true).spawn().with_context(|| format!("starting the {name}"))?;
        let status = tokio::select! {
            status = child.wait() => status.with_context(|| format!("waiting for the {name}"))?,
            _ = ending.changed() => return end(name, child).await,
        };
        wait = if began.elapsed() >= STEADY { SHORTEST_WAIT } else { wait };
        warn!(%status, again_in = ?wait, "the {name} died and is started again");
        tokio::select! {
            () = tokio::time::sleep(wait) => {}
            _ = ending.changed() => return Ok(()),
        }
        wait = (wait * 2).min(LONGEST_WAIT);
    }
}

async fn end(name: &str, mut child: Child) -> Result<()> {
    if let Some(pid) = child.id().and_then(|pid| i32::try_from(pid).ok()) {
        kill(Pid::from_raw(pid), Signal::SIGTERM).with_context(|| format!("ending the {name}"))?;
    }
    match tokio::time::timeout(ENDING, child.wait()).await {
        Ok(status) => {
            let status = status.with_context(|| format!("waiting for the {name} to end"))?;
            info!(%status, "the {name} ended");
        }
        Err(_) => {
            warn!(seconds = ENDING.as_secs(), "the {name} did not end in time and is killed");
            child.kill().await.with_context(|| format!("killing the {name}"))?;
        }
    }
    Ok(())
}
