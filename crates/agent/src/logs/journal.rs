//! The file in which a driver keeps how far it came.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, flock};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// The format of the file. One of another is as good as none: lines come twice rather than never.
const FORMAT: u32 = 1;

/// A file in a container's folder.
#[derive(Debug, Clone)]
pub(super) struct Journal {
    path: PathBuf,
}

#[derive(serde::Serialize, serde::Deserialize)]
struct Entry<T> {
    format: u32,
    state: T,
}

impl Journal {
    pub(super) fn of(container: &Path) -> Self {
        Self { path: container.join("log.json") }
    }

    /// Keeps others off the container's log as long as the answer lives: a step of a driver that was aborted may still be at work.
    pub(super) fn lock(&self) -> io::Result<File> {
        let folder = File::open(self.path.parent().unwrap_or(Path::new("/")))?;
        flock(&folder, FlockOperation::LockExclusive)?;
        Ok(folder)
    }

    /// What was written last. A file that is damaged is as good as none, and said so in the log.
    pub(super) fn read<T: DeserializeOwned + Default>(&self) -> io::Result<T> {
        let bytes = match fs::read(&self.path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(T::default()),
            Err(error) => return Err(error),
        };
        match serde_json::from_slice::<Entry<T>>(&bytes) {
            Ok(Entry { format: FORMAT, state }) => Ok(state),
            Ok(_) | Err(_) => {
                tracing::warn!(path = %self.path.display(), "how far a log was brought in cannot be read; some lines will be doubled");
                Ok(T::default())
            }
        }
    }

    /// Writes it whole or not at all. `lasting`: so that it is there after a power cut, too.
    pub(super) fn write<T: Serialize>(&self, state: &T, lasting: bool) -> io::Result<()> {
        let aside = self.path.with_extension("json.new");
        let mut file = File::create(&aside)?;
        file.write_all(&serde_json::to_vec(&Entry { format: FORMAT, state })?)?;
        if lasting {
            file.sync_data()?;
        }
        fs::rename(&aside, &self.path)
    }
}
