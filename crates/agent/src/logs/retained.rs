//! Logs that stay on this machine when their containers are gone, for a while.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use tokio::sync::watch;

/// A container's log; older parts have a number behind it.
pub(super) const FILE: &str = "json.log";
/// Beside a log to which nothing will be added.
const OVER: &str = "over";
/// So often it is looked for what can go.
const PERIOD: Duration = Duration::from_secs(600);

/// How long logs stay when their containers are gone, and how much room they may take then.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retention {
    /// The oldest.
    pub age: Duration,
    /// Bytes of all of them; the oldest go first.
    pub bytes: u64,
}

impl Default for Retention {
    /// As long as ECS's agent keeps stopped containers.
    fn default() -> Self {
        Self { age: Duration::from_secs(3 * 3600), bytes: 4 << 30 }
    }
}

/// Where a container's log is: `logs` is `DATA/agent/logs`. It holds `json.log`, and `json.log.1` ..., which are older.
#[must_use]
pub fn log_folder(logs: &Path, task_id: &str, container: &str) -> PathBuf {
    logs.join(task_id).join(container)
}

/// Removes logs that have been over for long enough, now and then, until the shutdown.
pub async fn keep_tidy(logs: PathBuf, retention: Retention, mut shutdown: watch::Receiver<bool>) {
    let work = async {
        loop {
            let folder = logs.clone();
            let swept = tokio::task::spawn_blocking(move || sweep(&folder, retention, now())).await;
            if let Ok(Err(error)) = swept {
                tracing::warn!(folder = %logs.display(), %error, "removing old logs");
            }
            tokio::time::sleep(PERIOD).await;
        }
    };
    tokio::select! {
        () = work => {}
        _ = shutdown.wait_for(|ends| *ends) => {}
    }
}

/// Nothing will be added to a log.
pub(super) fn mark_over(folder: &Path) -> io::Result<()> {
    match File::create_new(folder.join(OVER)) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        _ => Ok(()),
    }
}

/// Removes what is over and too old or too much.
pub(super) fn sweep(logs: &Path, retention: Retention, now: SystemTime) -> io::Result<()> {
    let mut over: Vec<(SystemTime, u64, PathBuf)> = Vec::new();
    for task in folders(logs)? {
        for container in folders(&task)? {
            if let Ok(mark) = fs::metadata(container.join(OVER)) {
                over.push((mark.modified()?, size(&container)?, container));
            }
        }
    }
    over.sort();
    let mut total: u64 = over.iter().map(|(_, size, _)| size).sum();
    for (at, size, container) in over {
        let is_old = now.duration_since(at).is_ok_and(|age| age > retention.age);
        if is_old || total > retention.bytes {
            total -= size;
            fs::remove_dir_all(&container)?;
            if let Some(task) = container.parent() {
                // Goes with its last container.
                let _ = fs::remove_dir(task);
            }
        }
    }
    Ok(())
}

fn folders(of: &Path) -> io::Result<Vec<PathBuf>> {
    let entries = match fs::read_dir(of) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        other => other?,
    };
    let folder = |entry: io::Result<fs::DirEntry>| match entry {
        Ok(entry) => entry.file_type().map(|kind| kind.is_dir().then(|| entry.path())).transpose(),
        Err(error) => Some(Err(error)),
    };
    entries.filter_map(folder).collect()
}

fn size(of: &Path) -> io::Result<u64> {
    fs::read_dir(of)?.map(|entry| Ok(entry?.metadata()?.len())).sum()
}

/// Wall time: files carry it.
fn now() -> SystemTime {
    SystemTime::now()
}
