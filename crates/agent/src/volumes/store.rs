//! Volumes on disk.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::UNIX_EPOCH;

use berth_runtime::{Bind, RuntimeError, remove_tree};
use serde::{Deserialize, Serialize};

use super::disk;
use super::mounted::{is_mounted, mount_memory, undo};
use super::options::Backing;
use super::shelf::{ListedVolume, RemoveVolumeError, Users};
use super::wanted::{Mount, Shared, Source, is_name};
use crate::files::{self, FileError, Outlives};

/// The folder of a task's disk in which its containers keep what they change. No volume has its name.
const CHANGES: &str = ".containers";

/// Why a volume is not to be had.
#[derive(Debug, thiserror::Error)]
pub(crate) enum VolumeError {
    /// The file system or the kernel refuses.
    #[error("{doing} {}: {cause}", path.display())]
    System { doing: &'static str, path: PathBuf, cause: io::Error },
    /// A file of the agent's own cannot be read or written.
    #[error(transparent)]
    File(#[from] FileError),
    /// A folder cannot be emptied.
    #[error(transparent)]
    Remove(#[from] RuntimeError),
    /// It is not the one that was asked for.
    #[error("shared volume {name} {problem}")]
    Shared { name: String, problem: String },
}

/// The volumes of this machine.
#[derive(Debug, Clone)]
pub(crate) struct Volumes {
    folder: PathBuf,
    /// Containers that are made at the same time may ask for the same one.
    one_at_a_time: Arc<Mutex<()>>,
    /// The shared volumes that tasks were given since this process began, by the task's id.
    given: Arc<Mutex<BTreeMap<String, BTreeSet<String>>>>,
}

/// What is kept of a shared volume.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Kept {
    #[serde(default)]
    options: BTreeMap<String, String>,
    #[serde(default)]
    labels: BTreeMap<String, String>,
}

impl Volumes {
    /// Those in a folder, `DATA/agent/volumes`.
    pub(crate) fn in_folder(folder: &Path) -> Self {
        Self { folder: folder.to_owned(), one_at_a_time: Arc::default(), given: Arc::default() }
    }

    /// Makes what a container mounts, as far as it is not there.
    pub(crate) fn prepare(&self, task: &str, mounts: &[Mount]) -> Result<Vec<Bind>, VolumeError> {
        let _alone = self.one_at_a_time.lock().unwrap_or_else(PoisonError::into_inner);
        let bind = |mount: &Mount| {
            let (source, fill) = match &mount.source {
                Source::Host(path) => (host_folder(path)?, None),
                Source::Own { name, backing } => make(&self.of_task(task).join(name), backing)?,
                Source::Shared(shared) => {
                    let mut given = self.given.lock().unwrap_or_else(PoisonError::into_inner);
                    given.entry(task.to_owned()).or_default().insert(shared.name.clone());
                    drop(given);
                    self.shared(shared)?
                }
            };
            let fill = fill.filter(|_| mount.fills);
            Ok(Bind { source, target: mount.target.clone(), read_only: mount.read_only, fill })
        };
        mounts.iter().map(bind).collect()
    }

    /// Where a container of a task with a disk of its own keeps what it changes. The disk is made if it is not there.
    pub(crate) fn disk(&self, task: &str, gib: u32, container: &str) -> Result<PathBuf, VolumeError> {
        let _alone = self.one_at_a_time.lock().unwrap_or_else(PoisonError::into_inner);
        let folder = self.of_task(task);
        files::make_folder(&folder)?;
        if !is_mounted(&folder).map_err(system("looking at", &folder))? {
            let unmounted = self.unmounted();
            files::make_folder(&unmounted)?;
            disk::mount(&unmounted.join(task), u64::from(gib) << 30, &folder).map_err(system("mounting a disk at", &folder))?;
        }
        let kept = folder.join(CHANGES).join(container);
        files::make_folder(&kept)?;
        Ok(kept)
    }

    /// All shared volumes, by name. `users` are the tasks that are known.
    pub(super) fn list(&self, users: &Users) -> Result<Vec<ListedVolume>, VolumeError> {
        let mut listed = Vec::new();
        for folder in files::folders(&self.shared_folder())? {
            let Some(name) = folder.file_name().and_then(|name| name.to_str()) else { continue };
            let about = folder.join("volume.json");
            // One without is about to be made, or was not made to its end.
            let Some(Kept { options, labels }) = kept(&about, name)? else { continue };
            let made_at = fs::metadata(&about).and_then(|about| about.modified()).map_err(system("looking at", &about))?;
            let made_at = made_at.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
            listed.push(ListedVolume { name: name.to_owned(), options, labels, made_at, in_use_by: self.users(name, users) });
        }
        listed.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(listed)
    }

    /// Removes a shared volume that no task uses, with all that is in it.
    pub(super) fn remove_shared(&self, name: &str, users: &Users) -> Result<(), RemoveVolumeError> {
        let _alone = self.one_at_a_time.lock().unwrap_or_else(PoisonError::into_inner);
        let absent = || RemoveVolumeError::Absent(name.to_owned());
        let folder = Some(name).filter(|name| is_name(name)).map(|name| self.shared_folder().join(name)).ok_or_else(absent)?;
        if !folder.is_dir() {
            return Err(absent());
        }
        let tasks = self.users(name, users);
        if !tasks.is_empty() {
            return Err(RemoveVolumeError::InUse { name: name.to_owned(), tasks });
        }
        let data = folder.join("data");
        undo(&data).map_err(system("unmounting", &data))?;
        remove_tree(&folder).map_err(VolumeError::from)?;
        Ok(())
    }

    /// The tasks that use a shared volume: those that are known, and those that have been given it since.
    fn users(&self, name: &str, known: &Users) -> Vec<String> {
        let mut all = known.of(name);
        let given = self.given.lock().unwrap_or_else(PoisonError::into_inner);
        let since = given.iter().filter(|(_, names)| names.contains(name)).map(|(task, _)| task);
        all.extend(since.filter(|task| !known.of(name).iter().any(|arn| arn.ends_with(task.as_str()))).cloned());
        all
    }

    /// Removes the volumes of a task's own, and its disk.
    pub(crate) fn remove_task(&self, task: &str) -> Result<(), VolumeError> {
        self.given.lock().unwrap_or_else(PoisonError::into_inner).remove(task);
        let folder = self.of_task(task);
        for volume in files::folders(&folder)? {
            let data = volume.join("data");
            undo(&data).map_err(system("unmounting", &data))?;
        }
        // With a disk of its own goes all that is on it.
        undo(&folder).map_err(system("unmounting", &folder))?;
        Ok(remove_tree(&folder)?)
    }

    /// Removes those of tasks that are no more, and what an agent that was killed left in the middle of it.
    pub(crate) fn keep_only(&self, is_there: impl Fn(&str) -> bool) -> Result<(), VolumeError> {
        remove_tree(&self.unmounted())?;
        for folder in files::folders(&self.folder.join("task"))? {
            match folder.file_name().and_then(|name| name.to_str()) {
                Some(task) if !is_there(task) => self.remove_task(task)?,
                _ => {}
            }
        }
        Ok(())
    }

    fn shared_folder(&self) -> PathBuf {
        self.folder.join("shared")
    }

    /// Disks that are being made.
    fn unmounted(&self) -> PathBuf {
        self.folder.join("unmounted")
    }

    fn of_task(&self, task: &str) -> PathBuf {
        self.folder.join("task").join(task)
    }

    fn shared(&self, wanted: &Shared) -> Result<(PathBuf, Option<PathBuf>), VolumeError> {
        let folder = self.shared_folder().join(&wanted.name);
        let refused = |problem: String| VolumeError::Shared { name: wanted.name.clone(), problem };
        let about = folder.join("volume.json");
        match kept(&about, &wanted.name)? {
            Some(kept) if kept.options != wanted.options => {
                let (there, asked) = (kept.options, &wanted.options);
                return Err(refused(format!("is there with the driver options {there:?}, and is asked for with {asked:?}")));
            }
            Some(_) => {}
            // Docker makes one that is named and not there, of the plainest kind.
            None if !wanted.autoprovision && !wanted.options.is_empty() => {
                return Err(refused("is not there, and autoprovision does not say that it is to be made".to_owned()));
            }
            None => {
                let kept = Kept { options: wanted.options.clone(), labels: wanted.labels.clone() };
                files::make_folder(&folder)?;
                let bytes = serde_json::to_vec(&kept).map_err(|error| refused(error.to_string()))?;
                files::replace(&about, &bytes, Outlives::Power)?;
            }
        }
        make(&folder, &wanted.backing)
    }
}

/// What is kept of the shared volume of a name; nothing if it was not made.
fn kept(about: &Path, name: &str) -> Result<Option<Kept>, VolumeError> {
    let kept = files::read(about)?.map(|bytes| serde_json::from_slice(&bytes));
    let damaged = |error: serde_json::Error| format!("has a damaged {}: {error}", about.display());
    kept.transpose().map_err(|error| VolumeError::Shared { name: name.to_owned(), problem: damaged(error) })
}

/// The volume in a folder: what containers see, and what says that it was filled.
fn make(folder: &Path, backing: &Backing) -> Result<(PathBuf, Option<PathBuf>), VolumeError> {
    if let Backing::Bind(path) = backing {
        fs::metadata(path).map_err(system("looking for", path))?;
        return Ok((path.clone(), None));
    }
    let (data, filled) = (folder.join("data"), folder.join("filled"));
    files::make_folder(folder)?;
    fs::DirBuilder::new().recursive(true).mode(0o755).create(&data).map_err(system("making", &data))?;
    if let Backing::Memory { options } = backing
        && !is_mounted(&data).map_err(system("looking at", &data))?
    {
        // What was in it is gone with the machine's last run.
        match fs::remove_file(&filled) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(system("removing", &filled)(error)),
            _ => {}
        }
        mount_memory(&data, options).map_err(system("mounting memory at", &data))?;
    }
    Ok((data, Some(filled)))
}

/// As Docker makes the folders that it is to bind.
fn host_folder(path: &Path) -> Result<PathBuf, VolumeError> {
    if !path.exists() {
        fs::DirBuilder::new().recursive(true).mode(0o755).create(path).map_err(system("making", path))?;
    }
    Ok(path.to_owned())
}

fn system(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> VolumeError {
    move |cause| VolumeError::System { doing, path: path.to_owned(), cause }
}
