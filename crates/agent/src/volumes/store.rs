//! Volumes on disk.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use berth_runtime::{Bind, RuntimeError, remove_tree};
use serde::{Deserialize, Serialize};

use super::mounted::{is_mounted, mount_memory, undo};
use super::options::Backing;
use super::wanted::{Mount, Shared, Source};
use crate::files::{self, FileError, Outlives};

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
        Self { folder: folder.to_owned(), one_at_a_time: Arc::default() }
    }

    /// Makes what a container mounts, as far as it is not there.
    pub(crate) fn prepare(&self, task: &str, mounts: &[Mount]) -> Result<Vec<Bind>, VolumeError> {
        let _alone = self.one_at_a_time.lock().unwrap_or_else(PoisonError::into_inner);
        let bind = |mount: &Mount| {
            let (source, fill) = match &mount.source {
                Source::Host(path) => (host_folder(path)?, None),
                Source::Own { name, backing } => make(&self.of_task(task).join(name), backing)?,
                Source::Shared(shared) => self.shared(shared)?,
            };
            let fill = fill.filter(|_| mount.fills);
            Ok(Bind { source, target: mount.target.clone(), read_only: mount.read_only, fill })
        };
        mounts.iter().map(bind).collect()
    }

    /// Removes the volumes of a task's own.
    pub(crate) fn remove_task(&self, task: &str) -> Result<(), VolumeError> {
        let folder = self.of_task(task);
        for volume in files::folders(&folder)? {
            let data = volume.join("data");
            undo(&data).map_err(system("unmounting", &data))?;
        }
        Ok(remove_tree(&folder)?)
    }

    /// Removes those of tasks that are no more.
    pub(crate) fn keep_only(&self, is_there: impl Fn(&str) -> bool) -> Result<(), VolumeError> {
        for folder in files::folders(&self.folder.join("task"))? {
            match folder.file_name().and_then(|name| name.to_str()) {
                Some(task) if !is_there(task) => self.remove_task(task)?,
                _ => {}
            }
        }
        Ok(())
    }

    fn of_task(&self, task: &str) -> PathBuf {
        self.folder.join("task").join(task)
    }

    fn shared(&self, wanted: &Shared) -> Result<(PathBuf, Option<PathBuf>), VolumeError> {
        let folder = self.folder.join("shared").join(&wanted.name);
        let refused = |problem: String| VolumeError::Shared { name: wanted.name.clone(), problem };
        let about = folder.join("volume.json");
        let kept = files::read(&about)?.map(|bytes| serde_json::from_slice::<Kept>(&bytes));
        match kept.transpose().map_err(|error| refused(format!("has a damaged {}: {error}", about.display())))? {
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
