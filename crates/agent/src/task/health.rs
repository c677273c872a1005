//! Health checks of a task's containers: run beside its actor, and what comes of them shown.

use std::fs::File;
use std::io::{self, pipe};
use std::os::fd::OwnedFd;
use std::time::Duration;

use berth_plan::node::{Event, Phase};
use berth_runtime::{ExecStdio, Executed, RuntimeError, TIMED_OUT};
use tokio::io::AsyncReadExt as _;
use tokio::net::unix::pipe::Receiver;
use tokio::time::{Instant, timeout};
use tracing::{debug, info};

use super::actor::Actor;
use super::view::{ContainerView, HealthView, View};
use super::work::{Done, Subject};
use crate::container_spec;
use crate::machine::wall;

/// Bytes of a check's output that are kept, as Docker keeps them.
const MOST_OUTPUT: usize = 4096;
/// Whoever ends a check in time is given so long for it.
const GRACE: Duration = Duration::from_secs(10);

/// How a check went.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Checkup {
    passed: bool,
    /// What it wrote, or why it did not run.
    said: String,
}

impl Actor {
    pub(super) fn check(&mut self, at: usize) {
        let Some(checks) = &self.record.node.containers[at].checks else { return };
        let checking = self.subject(at).check(checks.timeout);
        self.containers[at].check = Some(self.work.spawn(checking));
    }

    pub(super) fn checked(&mut self, at: usize, checkup: Checkup) {
        let before = self.record.node.containers[at].health;
        self.containers[at].check = None;
        self.event(at, Event::Checked { passed: checkup.passed, at: wall() });
        let health = self.record.node.containers[at].health;
        if health != before {
            info!(task = %self.folder.id(), container = self.name(at), ?health, said = checkup.said, "health");
        }
        self.containers[at].said = checkup.said;
    }

    /// Those that are over since the last look: their output is brought to its end, and nothing more is done to them.
    pub(super) fn close_ended(&mut self) {
        for at in 0..self.containers.len() {
            let container = &mut self.containers[at];
            let is_over = matches!(self.record.node.containers[at].phase, Phase::Stopped(_));
            if !is_over || *container.ended.borrow() {
                continue;
            }
            container.ended.send_replace(true);
            container.ended_at = Some(Instant::now());
            let (signal, check) = (container.signal.take(), container.check.take());
            signal.iter().chain(&check).for_each(tokio::task::AbortHandle::abort);
            self.follow(at);
        }
    }

    /// Shows what is new of the task.
    pub(super) fn show(&self) {
        let containers = self.record.node.containers.iter().zip(&self.containers);
        let one = |(record, own): (&berth_plan::node::NodeContainer, &super::actor::Container)| ContainerView {
            name: record.name.clone(),
            health: record.checks.as_ref().map(|_| HealthView {
                health: record.health,
                since: record.health_since,
                said: own.said.clone(),
            }),
            restarts: record.restart.as_ref().map(|_| record.restarts),
        };
        let view = View { containers: containers.map(one).collect() };
        let is_new = self.view.send_if_modified(|shown| {
            let is_new = *shown != view;
            *shown = view;
            is_new
        });
        if is_new && self.view.borrow().is_checked() {
            self.shared.health.notify_one();
        }
    }
}

impl Subject {
    /// Checks a container's health once. The check ends in time with all it started, though this agent may be gone by then.
    pub(super) async fn check(self, within: Duration) -> Done {
        let at = self.at;
        let checkup = match timeout(within + GRACE, self.run_check(within)).await {
            Ok(Ok((0, said))) => Checkup { passed: true, said },
            Ok(Ok((TIMED_OUT, _))) => Checkup { passed: false, said: late(within) },
            Ok(Ok((_, said)) | Err(said)) => Checkup { passed: false, said },
            Err(_) => Checkup { passed: false, said: late(within) },
        };
        debug!(task = %self.folder.id(), at, passed = checkup.passed, said = checkup.said, "a health check");
        Done::Checked(at, checkup)
    }

    /// Its exit code, and what it wrote; or why it does not run.
    async fn run_check(&self, within: Duration) -> Result<(i32, String), String> {
        let container = self.task.containers.get(self.at).ok_or("the task has no such container")?;
        let command = container_spec::check_command(container).map_err(|error| error.to_string())?;
        let command = command.ok_or("there is nothing to run")?;
        let begun = self.blocking(move |runtime, folder| {
            let absent = || RuntimeError::Standing { folder: folder.clone(), standing: "not there" };
            let mut process = runtime.specification(&folder)?.ok_or_else(absent)?.process;
            process.args = command;
            process.terminal = false;
            let system = |source| RuntimeError::System { doing: "making the output of a health check".to_owned(), source };
            let (output, stdio) = stdio().map_err(system)?;
            Ok((output, runtime.exec(&folder, &process, stdio, Some(within))?))
        });
        let (output, Executed { exit, .. }) = begun.await.map_err(|error| error.to_string())?;
        let reading = |error: io::Error| format!("reading the output of a health check: {error}");
        let (mut output, mut exit) = (receiver(output).map_err(reading)?, receiver(exit).map_err(reading)?);
        let (mut said, mut code) = (Vec::new(), [0; 4]);
        // What it wrote ends with it and all it started; more than is kept is read and forgotten, or it would wait for ever.
        let (drained, ended) = tokio::join!(drain(&mut output, &mut said), exit.read_exact(&mut code));
        drained.map_err(reading)?;
        ended.map_err(|_| "whoever waited for the health check was killed")?;
        Ok((i32::from_le_bytes(code), String::from_utf8_lossy(&said).trim_end().to_owned()))
    }
}

fn late(within: Duration) -> String {
    format!("Health check exceeded timeout ({}s)", within.as_secs())
}

/// Where the output of a check is read, and the check's own descriptors.
fn stdio() -> io::Result<(OwnedFd, ExecStdio)> {
    let (output, writer) = pipe()?;
    let error = writer.try_clone()?.into();
    Ok((output.into(), ExecStdio { input: File::open("/dev/null")?.into(), output: writer.into(), error }))
}

fn receiver(descriptor: OwnedFd) -> io::Result<Receiver> {
    Receiver::from_owned_fd(descriptor)
}

/// Reads to the end, and keeps the beginning.
async fn drain(from: &mut Receiver, kept: &mut Vec<u8>) -> io::Result<()> {
    let mut buffer = [0; 4096];
    loop {
        let read = from.read(&mut buffer).await?;
        if read == 0 {
            return Ok(());
        }
        let room = MOST_OUTPUT.saturating_sub(kept.len());
        kept.extend(buffer.iter().take(read.min(room)));
    }
}
