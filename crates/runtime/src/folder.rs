//! What lies in a container's folder, and the records in it.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::error::RuntimeError;
use crate::outcome::Ended;
use crate::process::Mark;
use crate::spec::Rootfs;

/// Of the records and of the protocol with the shim. A shim outlives the version that started it: fields may come, none may change.
pub const VERSION: u32 = 1;

/// The names of everything in a container's folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Folder(PathBuf);

impl Folder {
    /// The folder at a path.
    #[must_use]
    pub fn new(path: &Path) -> Self {
        Self(path.to_owned())
    }

    /// The folder itself. Locked by everybody who is making the container: while the lock is held, something of it may still come to be.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// What the container is to be: a [`crate::ContainerSpec`].
    #[must_use]
    pub fn spec(&self) -> PathBuf {
        self.0.join("spec.json")
    }

    /// Who holds it: a [`Holder`], the last line of those there are.
    #[must_use]
    pub fn holder(&self) -> PathBuf {
        self.0.join("holder.json")
    }

    /// How it ended: an [`Exit`].
    #[must_use]
    pub fn exit(&self) -> PathBuf {
        self.0.join("exit.json")
    }

    /// Segments of output.
    #[must_use]
    pub fn output(&self) -> PathBuf {
        self.0.join("output")
    }

    /// What the container has changed in its file system.
    #[must_use]
    pub fn upper(&self, rootfs: &Rootfs) -> PathBuf {
        self.changes(rootfs).join("upper")
    }

    /// For overlayfs alone.
    #[must_use]
    pub fn work(&self, rootfs: &Rootfs) -> PathBuf {
        self.changes(rootfs).join("work")
    }

    fn changes<'a>(&'a self, rootfs: &'a Rootfs) -> &'a Path {
        rootfs.changes.as_deref().unwrap_or(&self.0)
    }

    /// The OCI bundle of a container that an OCI runtime makes.
    #[must_use]
    pub fn bundle(&self) -> PathBuf {
        self.0.join("bundle")
    }

    /// Where such a runtime keeps what it needs.
    #[must_use]
    pub fn library(&self) -> PathBuf {
        self.0.join("library")
    }
}

/// How far a container has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Phase {
    /// It is being made.
    Creating,
    /// It waits.
    Created,
    /// Its program may or may not have begun.
    Starting,
    /// Its program has begun.
    Running,
}

/// Who holds a container.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    /// [`VERSION`] of who wrote it.
    pub version: u32,
    /// The run of the machine for which the rest is true.
    pub boot_id: String,
    /// The shim.
    pub shim: Mark,
    /// The container's first process, once there is one.
    pub container: Option<Mark>,
    /// How far it has come.
    pub phase: Phase,
    /// When its program began, in nanoseconds since 1970.
    pub started_nanos: Option<u64>,
}

impl Holder {
    /// As it is appended to the others of its container.
    ///
    /// # Errors
    /// It cannot be written as JSON.
    pub fn to_line(&self) -> serde_json::Result<Vec<u8>> {
        let mut line = serde_json::to_vec(self)?;
        line.push(b'\n');
        Ok(line)
    }

    /// The last of those in a file. A line without its end is still being written, and counts only if it is whole: there is but one if
    /// an earlier version wrote it.
    ///
    /// # Errors
    /// The line is something else.
    pub fn last(text: &[u8]) -> serde_json::Result<Option<Self>> {
        let Some(end) = text.iter().rposition(|byte| *byte == b'\n') else { return Ok(serde_json::from_slice(text).ok()) };
        let whole = &text[..end];
        let begin = whole.iter().rposition(|byte| *byte == b'\n').map_or(0, |before| before + 1);
        serde_json::from_slice(&whole[begin..]).map(Some)
    }
}

/// How a container ended, as its shim writes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exit {
    /// [`VERSION`] of who wrote it.
    pub version: u32,
    /// As [`Ended::code`].
    pub code: i32,
    /// As [`Ended::out_of_memory`].
    pub out_of_memory: bool,
    /// As [`Ended::started_at`], in nanoseconds since 1970.
    pub started_nanos: u64,
    /// As [`Ended::ended_at`], in nanoseconds since 1970.
    pub ended_nanos: u64,
    /// As [`Ended::output_dropped`].
    pub output_dropped: u64,
    /// The number of the last segment of output.
    #[serde(default)]
    pub last_segment: u64,
}

impl Exit {
    /// As serde would write it, without serde: the waiting shim is to stay small.
    #[must_use]
    pub fn to_json(&self) -> String {
        let Self { version, code, out_of_memory, started_nanos, ended_nanos, output_dropped, last_segment } = self;
        format!(
            "{{\"version\":{version},\"code\":{code},\"out_of_memory\":{out_of_memory},\"started_nanos\":{started_nanos},\
             \"ended_nanos\":{ended_nanos},\"output_dropped\":{output_dropped},\"last_segment\":{last_segment}}}"
        )
    }
}

impl From<Exit> for Ended {
    fn from(exit: Exit) -> Self {
        Self {
            code: exit.code,
            out_of_memory: exit.out_of_memory,
            started_at: time_of(exit.started_nanos),
            ended_at: time_of(exit.ended_nanos),
            output_dropped: exit.output_dropped,
        }
    }
}

/// A time from nanoseconds since 1970.
#[must_use]
pub fn time_of(nanos: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_nanos(nanos)
}

/// The nanoseconds since 1970 of now.
#[must_use]
pub fn now_nanos() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
}

/// Every record says which version wrote it.
pub(crate) trait Versioned {
    fn version(&self) -> u32;
}

impl Versioned for Holder {
    fn version(&self) -> u32 {
        self.version
    }
}

impl Versioned for Exit {
    fn version(&self) -> u32 {
        self.version
    }
}

/// Reads a record; nothing if it is not there.
pub(crate) fn read_record<T: DeserializeOwned + Versioned>(path: &Path) -> Result<Option<T>, RuntimeError> {
    read_as(path, |bytes| serde_json::from_slice(bytes).map(Some))
}

/// Who holds a container; nothing if nobody does yet.
pub(crate) fn read_holder(path: &Path) -> Result<Option<Holder>, RuntimeError> {
    read_as(path, Holder::last)
}

fn read_as<T: Versioned>(
    path: &Path,
    read: impl FnOnce(&[u8]) -> serde_json::Result<Option<T>>,
) -> Result<Option<T>, RuntimeError> {
    let damaged = |problem: String| RuntimeError::Record { path: path.to_owned(), problem };
    let bytes = match fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(source) => return Err(RuntimeError::System { doing: format!("reading {}", path.display()), source }),
    };
    let record = read(&bytes).map_err(|error| damaged(error.to_string()))?;
    if let Some(version) = record.as_ref().map(Versioned::version).filter(|version| *version > VERSION) {
        return Err(damaged(format!("version {version} is newer than this program's, {VERSION}")));
    }
    Ok(record)
}

/// Writes a record beside its place and moves it there, so that nobody sees half of it. `durable`: it also outlives the machine.
///
/// # Errors
/// The file system refuses.
pub fn write_record(path: &Path, bytes: &[u8], durable: bool) -> io::Result<()> {
    let beside = path.with_extension("new");
    let mut file = File::create(&beside)?;
    file.write_all(bytes)?;
    if durable {
        file.sync_all()?;
    }
    fs::rename(&beside, path)?;
    match path.parent() {
        Some(parent) if durable => File::open(parent)?.sync_all(),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_exit_written_by_hand_reads_as_serde_reads_it() {
        let (started_nanos, ended_nanos) = (5, 6);
        let exit =
            Exit { version: 1, code: 137, out_of_memory: true, started_nanos, ended_nanos, output_dropped: 7, last_segment: 8 };
        assert_eq!(serde_json::from_str::<Exit>(&exit.to_json()).unwrap(), exit);
    }

    #[test]
    fn the_last_whole_line_says_who_holds_a_container() {
        let holder = |phase| {
            let shim = Mark { pid: 7, began: 9 };
            Holder { version: VERSION, boot_id: "b".to_owned(), shim, container: None, phase, started_nanos: None }
        };
        let line = |phase| holder(phase).to_line().unwrap();
        let two = [line(Phase::Creating), line(Phase::Running)].concat();
        let last = |text: &[u8]| Holder::last(text).unwrap().map(|holder| holder.phase);
        assert_eq!(last(&two), Some(Phase::Running));
        for cut in line(Phase::Creating).len()..two.len() {
            assert_eq!(last(&two[..cut]), Some(Phase::Creating), "{cut}");
        }
        assert_eq!(last(&serde_json::to_vec(&holder(Phase::Running)).unwrap()), Some(Phase::Running), "of an earlier version");
        assert_eq!((last(b""), last(b"{\"vers")), (None, None));
        assert!(Holder::last(b"else\n").is_err());
    }

    #[test]
    fn a_record_of_a_newer_version_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("exit.json");
        assert!(read_record::<Exit>(&path).unwrap().is_none());
        let (started_nanos, ended_nanos) = (0, 0);
        let exit =
            Exit { version: 2, code: 0, out_of_memory: false, started_nanos, ended_nanos, output_dropped: 0, last_segment: 0 };
        write_record(&path, exit.to_json().as_bytes(), true).unwrap();
        assert!(read_record::<Exit>(&path).unwrap_err().to_string().contains("newer"));
    }
}
