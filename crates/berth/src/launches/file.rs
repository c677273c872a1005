//! Launches on disk: a line for each, in a file that is put aside when it is full, so that those of the last thousands are there.

use std::fs::{self, File};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

use tracing::warn;

use super::launch::Launch;

/// The file, and the one before it.
const NAMES: [&str; 2] = ["launches.jsonl", "launches.old.jsonl"];
/// Bytes of a file before it is put aside.
const FULL: u64 = 4 << 20;
/// Launches on their way to disk; more are forgotten.
const WAITING: usize = 256;

/// Writes launches from a thread of its own, which nobody waits for.
#[derive(Debug)]
pub(super) struct Writer(SyncSender<Vec<u8>>);

impl Writer {
    pub(super) fn start(folder: PathBuf) -> Self {
        let (lines, received) = sync_channel(WAITING);
        // Without the thread nothing is kept.
        let _ = thread::Builder::new().name("launches".to_owned()).stack_size(256 << 10).spawn(move || run(&folder, &received));
        Self(lines)
    }

    pub(super) fn write(&self, launch: &Launch) {
        // Where the disk does not keep up, launches go untraced.
        let _ = self.0.try_send(line(launch));
    }
}

fn line(launch: &Launch) -> Vec<u8> {
    // Nothing here refuses to be written.
    let mut line = serde_json::to_vec(launch).unwrap_or_default();
    line.push(b'\n');
    line
}

fn run(folder: &Path, lines: &Receiver<Vec<u8>>) {
    let mut has_failed = false;
    while let Ok(line) = lines.recv() {
        if let Err(error) = append(folder, &line, FULL) {
            if !has_failed {
                warn!(folder = %folder.display(), %error, "launches are not traced: their file cannot be written");
            }
            has_failed = true;
        } else {
            has_failed = false;
        }
    }
}

fn append(folder: &Path, line: &[u8], full: u64) -> io::Result<()> {
    let [new, old] = NAMES.map(|name| folder.join(name));
    let mut file = File::options().create(true).append(true).mode(0o600).open(&new)?;
    file.write_all(line)?;
    if file.metadata()?.len() > full { fs::rename(new, old) } else { Ok(()) }
}

/// Why a launch is not there.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Problem {
    /// Nobody has traced such a one.
    #[error("no launch of a task whose id starts with {0} was traced: it has not come to run, or was too long ago")]
    Unknown(String),
    /// Several were traced.
    #[error("{} traced tasks have an id that starts with {prefix}: {}; say more of it", ids.len(), ids.join(", "))]
    Ambiguous {
        /// What was asked for.
        prefix: String,
        /// Those that it can mean.
        ids: Vec<String>,
    },
    /// A file cannot be read.
    #[error("reading {}: {cause}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What happened.
        #[source]
        cause: io::Error,
    },
}

/// The launch of the task whose id starts so, by all that the processes with these folders know of it.
pub(crate) fn find(folders: &[PathBuf], prefix: &str) -> Result<Launch, Problem> {
    let mut found: Vec<Launch> = Vec::new();
    for folder in folders {
        // A task that was launched again after a restart counts as it was last.
        let mut last: Vec<Launch> = Vec::new();
        for name in NAMES.iter().rev() {
            for launch in read(&folder.join(name), prefix)? {
                last.retain(|known| known.task != launch.task);
                last.push(launch);
            }
        }
        for launch in last {
            match found.iter_mut().find(|known| known.task == launch.task) {
                Some(known) => known.join(launch.spans),
                None => found.push(launch),
            }
        }
    }
    if found.len() > 1 {
        let ids = found.into_iter().map(|launch| launch.task).collect();
        return Err(Problem::Ambiguous { prefix: prefix.to_owned(), ids });
    }
    let mut launch = found.pop().ok_or_else(|| Problem::Unknown(prefix.to_owned()))?;
    launch.join(Vec::new());
    Ok(launch)
}

/// The launches of a file whose ids start so. A line that was cut off is none.
fn read(path: &Path, prefix: &str) -> Result<Vec<Launch>, Problem> {
    let unreadable = |cause| Problem::Unreadable { path: path.to_owned(), cause };
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(unreadable(error)),
    };
    let mut bytes = Vec::new();
    file.take(2 * FULL).read_to_end(&mut bytes).map_err(unreadable)?;
    let launches = bytes.split(|byte| *byte == b'\n').filter_map(|line| serde_json::from_slice::<Launch>(line).ok());
    Ok(launches.filter(|launch| launch.task.starts_with(prefix)).collect())
}

#[cfg(test)]
mod tests {
    use super::super::launch::{Part, Span};
    use super::*;

    fn launch(task: &str, step: &str, began: u64, took: u64) -> Launch {
        let span = Span { step: step.to_owned(), part: Part::Agent, container: String::new(), began, took };
        Launch { task: task.to_owned(), spans: vec![span] }
    }

    #[test]
    fn what_several_processes_know_of_a_launch_is_one() {
        let (server, agent) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let folders = [server.path().to_owned(), agent.path().to_owned()];
        append(server.path(), &line(&launch("abc", "request", 10, 5)), FULL).unwrap();
        append(server.path(), &line(&launch("abd", "request", 10, 5)), FULL).unwrap();
        append(agent.path(), &line(&launch("abc", "create", 1, 1)), FULL).unwrap();
        append(agent.path(), &line(&launch("abc", "create", 20, 30)), FULL).unwrap();
        append(agent.path(), b"{\"task\":\"abc\",\"spa", FULL).unwrap();
        let found = find(&folders, "abc").unwrap();
        assert_eq!((found.began(), found.took(), found.spans.len()), (10, 40, 2));
        assert!(matches!(find(&folders, "ab"), Err(Problem::Ambiguous { ids, .. }) if ids == ["abc", "abd"]));
        assert!(matches!(find(&folders, "x"), Err(Problem::Unknown(_))));
    }

    #[test]
    fn a_full_file_is_put_aside_and_the_one_before_it_is_gone() {
        let folder = tempfile::tempdir().unwrap();
        for number in 0..100 {
            append(folder.path(), &line(&launch(&format!("t{number:02}"), "request", 10, 5)), 500).unwrap();
        }
        let sizes = NAMES.map(|name| fs::metadata(folder.path().join(name)).map_or(0, |metadata| metadata.len()));
        assert!(sizes.iter().all(|size| *size < 700), "{sizes:?}");
        assert!(find(&[folder.path().to_owned()], "t99").is_ok() && find(&[folder.path().to_owned()], "t00").is_err());
    }
}
