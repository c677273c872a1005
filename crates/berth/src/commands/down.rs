//! `berth down`: ends an installation and removes what it made on this machine.

use std::io::{IsTerminal as _, Write as _};
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::cli::{Data, Shim};
use crate::connection::Connection;
use crate::installation;
use crate::oci_runtime::RuntimeNames;
use crate::readiness::{self, Instance};
use crate::remains::{self, Removed};
use crate::terminal::{self, WAITING};
use crate::{node, tasks};

#[derive(Debug, clap::Args)]
#[command(after_help = "Nothing of other installations is touched. It can be run again at any time.")]
pub(crate) struct Down {
    #[command(flatten)]
    data: Data,

    /// Delete the data folder too: definitions, images, logs and keys
    #[arg(long)]
    purge: bool,

    /// Do not ask before deleting
    #[arg(long, short)]
    yes: bool,

    /// Print one JSON object of what was removed
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    shim: Shim,
}

/// The longest that a task takes to stop, ECS's longest stopTimeout and some.
const STOPPING: Duration = Duration::from_secs(130);
/// The time that `berth up` gets to end.
const ENDING: Duration = Duration::from_secs(60);
const LOOK: Duration = Duration::from_millis(50);

/// What `berth down` did.
#[derive(Debug, Default, serde::Serialize)]
struct Done {
    tasks_stopped: usize,
    processes_ended: usize,
    #[serde(flatten)]
    removed: Removed,
    data_deleted: bool,
}

pub(super) async fn run(arguments: &Down) -> Result<()> {
    let folder = &arguments.data.data_dir;
    if !installation::exists(folder) {
        if arguments.json {
            return terminal::print(&format!("{}\n", serde_json::to_string(&Done::default())?));
        }
        return terminal::print(&format!("There is no Berth in {}: nothing to do.\n", folder.display()));
    }
    if arguments.purge && !arguments.yes {
        confirm(folder)?;
    }
    let id = installation::id(folder)?;
    let folder = &folder.canonicalize().with_context(|| format!("resolving {}", folder.display()))?;
    let agent = installation::agent_folder(folder);
    let mut done = Done { tasks_stopped: stop_tasks(folder).await?, ..Done::default() };
    for holder in [installation::holder as fn(&Path) -> Result<Option<u32>>, |folder| {
        installation::node_holder(&installation::agent_folder(folder))
    }] {
        done.processes_ended += usize::from(end(|| holder(folder)).await?);
    }
    let lock = installation::take(folder)?;
    if agent.is_dir() {
        let _node = installation::take_node(&agent)?;
        // What is there says itself what made it.
        let runtime = || node::runtime(arguments.shim.shim.as_deref(), &RuntimeNames::default(), &id);
        done.removed = remains::remove(folder, &id, runtime)?;
    }
    if arguments.purge {
        purge(folder)?;
        done.data_deleted = true;
    }
    drop(lock);
    tell(&done, folder, arguments.json)
}

/// Stops the tasks of this machine through the control plane, if there is one and the machine's agent is there to do it.
async fn stop_tasks(folder: &Path) -> Result<usize> {
    let runs = installation::holder(folder)?.is_some();
    let has_agent = installation::node_holder(&installation::agent_folder(folder))?.is_some();
    let Some(Instance { region, cluster, arn: Some(instance) }) = readiness::instance(folder)?.filter(|_| runs && has_agent)
    else {
        return Ok(0);
    };
    let connection = Connection::open(folder)?;
    let client = connection.in_region(&region)?;
    let mine = async || tasks::of_machine(&client, &cluster, &instance, &installation::agent_folder(folder)).await;
    let running = match mine().await {
        Ok(running) => running,
        Err(error) => {
            terminal::note(format_args!("{WAITING}the control plane does not answer ({error:#}): tasks are killed{WAITING:#}"));
            return Ok(0);
        }
    };
    for task in &running {
        let cluster = task.cluster_arn.as_deref().unwrap_or(&cluster);
        tasks::stop(&client, cluster, tasks::arn(task), "Stopped with berth down").await?;
    }
    // The agent clears what is over, and is not to be ended before that.
    let folders = installation::agent_folder(folder).join("tasks");
    let (began, bar) = (Instant::now(), progress(running.len()));
    loop {
        // Those that services start in their place go with the agent.
        let left = mine().await?.iter().filter(|task| running.iter().any(|one| tasks::arn(one) == tasks::arn(task))).count();
        bar.set_position(running.len().saturating_sub(left).try_into().unwrap_or(u64::MAX));
        let is_done = left == 0 && !running.iter().any(|task| folders.join(tasks::id(tasks::arn(task))).exists());
        if is_done || began.elapsed() > STOPPING {
            bar.finish_and_clear();
            return Ok(running.len().saturating_sub(left));
        }
        tokio::time::sleep(tasks::LOOK).await;
    }
}

fn progress(tasks: usize) -> indicatif::ProgressBar {
    use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
    let watched = terminal::is_watched() && tasks > 0;
    let target = if watched { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
    let style = ProgressStyle::with_template("stopping tasks [{bar:30}] {pos}/{len}");
    ProgressBar::with_draw_target(u64::try_from(tasks).ok(), target)
        .with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()).progress_chars("=> "))
}

/// Ends the process that holds a lock, and waits until it has given it up.
async fn end(holder: impl Fn() -> Result<Option<u32>>) -> Result<bool> {
    let began = Instant::now();
    let mut told = None;
    while let Some(pid) = holder()? {
        // Who has just taken a lock has not said yet who it is.
        if pid > 0 && told != Some(pid) {
            let raw = i32::try_from(pid).context("reading a process id")?;
            match kill(Pid::from_raw(raw), Signal::SIGTERM) {
                Ok(()) | Err(nix::errno::Errno::ESRCH) => told = Some(pid),
                Err(error) => return Err(error).with_context(|| format!("ending process {pid}")),
            }
        }
        if began.elapsed() > ENDING {
            bail!("process {pid} does not end; end it with `kill -9 {pid}` and run `berth down` again");
        }
        tokio::time::sleep(LOOK).await;
    }
    Ok(told.is_some())
}

fn confirm(folder: &Path) -> Result<()> {
    if !std::io::stdin().is_terminal() {
        bail!("--purge deletes all of {}: say --yes too where nobody can be asked", folder.display());
    }
    let mut to = std::io::stderr();
    write!(to, "Delete all of {}: definitions, images, logs and keys? [y/N] ", folder.display()).context("asking")?;
    let mut answer = String::new();
    std::io::stdin().read_line(&mut answer).context("reading the answer")?;
    if !matches!(answer.trim(), "y" | "Y" | "yes") {
        bail!("nothing was done");
    }
    Ok(())
}

/// Deletes what Berth has in a folder, what tells that it is Berth's last; the folder itself if nothing else is in it.
fn purge(folder: &Path) -> Result<()> {
    use std::io::ErrorKind;
    for name in ["agent", "server", "models", "run.json", "root-key.json", "lock", "installation"] {
        let path = folder.join(name);
        let removed = if path.is_dir() { std::fs::remove_dir_all(&path) } else { std::fs::remove_file(&path) };
        match removed {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                return Err(error).with_context(|| format!("deleting {}", path.display()));
            }
            _ => {}
        }
    }
    match std::fs::remove_dir(folder) {
        Err(error) if !matches!(error.kind(), ErrorKind::DirectoryNotEmpty | ErrorKind::ResourceBusy) => {
            Err(error).with_context(|| format!("deleting {}", folder.display()))
        }
        _ => Ok(()),
    }
}

fn tell(done: &Done, folder: &Path, json: bool) -> Result<()> {
    if json {
        return terminal::print(&format!("{}\n", serde_json::to_string(done)?));
    }
    let count = |number: usize, one: &str, many: &str| match number {
        0 => None,
        1 => Some(format!("1 {one}")),
        number => Some(format!("{number} {many}")),
    };
    let ended = [
        count(done.tasks_stopped, "task stopped", "tasks stopped"),
        (done.processes_ended > 0).then(|| "the system ended".to_owned()),
    ];
    let removed = [
        count(done.removed.containers, "container", "containers"),
        count(done.removed.processes, "process", "processes"),
        count(done.removed.cgroups, "cgroup", "cgroups"),
        count(done.removed.mounts, "mount", "mounts"),
        count(done.removed.interfaces, "network interface", "network interfaces"),
    ];
    let removed: Vec<String> = removed.into_iter().flatten().collect();
    let mut what: Vec<String> = ended.into_iter().flatten().collect();
    if !removed.is_empty() {
        what.push(format!("{} removed", removed.join(", ")));
    }
    what.push(match (done.data_deleted, what.is_empty()) {
        (true, _) => format!("{} deleted", folder.display()),
        (false, true) => format!("nothing ran; the data in {} stays", folder.display()),
        (false, false) => format!("the data in {} stays", folder.display()),
    });
    terminal::print(&format!("{}.\n", what.join("; ")))
}
