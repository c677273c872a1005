//! The folder that holds images.
//!
//! ```text
//! FOLDER/                 0700: set-user-id programs of images are in reach of root alone
//!   format, lock
//!   blobs/sha256/HEX      what images are made of
//!   refs/HEX              a name and the manifest it means; HEX is the digest of the name
//!   layers/HEX/fs         an unpacked layer, named by its diff id; layer.json beside it
//!   staging/              what is being made; emptied at start
//!   trash/                what is to be deleted, a few files at a time
//! ```

mod blobs;
mod collect;
mod layers;
mod references;
mod sweep;

#[cfg(test)]
mod tests;

use std::collections::{HashMap, HashSet};
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use rustix::fs::{FlockOperation, StatVfs, flock, fstatvfs};

use crate::digest::Digest;
use crate::error::{StoreError, doing};
use crate::limits::Limits;

pub use collect::{Collected, InUse};
pub(crate) use layers::Claim;
pub use references::{Origin, StoredReference};
pub(crate) use sweep::remove_tree;

const FORMAT: &str = "1";

/// Images on this machine. Clones are the same store.
#[derive(Debug, Clone)]
pub struct ContentStore {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    folder: PathBuf,
    limits: Limits,
    /// Tells layers of this run of the machine from those that a power cut may have damaged.
    boot: String,
    /// Locked as long as the store is open.
    _lock: File,
    state: Mutex<State>,
    /// Told when something in `State::making` is done.
    done: Condvar,
    next_name: AtomicU64,
}

#[derive(Debug, Default)]
struct State {
    /// How often something is pinned.
    pins: HashMap<Digest, usize>,
    /// Blobs and layers that somebody is making.
    making: HashSet<Making>,
}

/// What is made once, however many ask for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Making {
    Blob(Digest),
    Layer(Digest),
}

/// Blobs and layers that are not collected as long as this lives, because somebody is at work with them.
#[derive(Debug)]
pub struct Pins {
    shared: Arc<Shared>,
    held: Mutex<Vec<Digest>>,
}

impl ContentStore {
    /// Opens the store in a folder, which is made if need be. What an earlier process left half done is put away.
    ///
    /// # Errors
    /// Another process has it open, or the file system refuses.
    pub fn open(folder: &Path, limits: Limits) -> Result<Self, StoreError> {
        for name in ["", "blobs", "blobs/sha256", "refs", "layers", "staging", "trash"] {
            let path = folder.join(name);
            DirBuilder::new().recursive(true).mode(0o700).create(&path).map_err(doing("making the folder", path))?;
        }
        let path = folder.join("lock");
        let lock = OpenOptions::new().create(true).truncate(false).write(true).mode(0o600).open(&path);
        let lock = lock.map_err(doing("opening", &path))?;
        flock(&lock, FlockOperation::NonBlockingLockExclusive).map_err(|_| StoreError::Locked(folder.to_owned()))?;
        check_format(folder)?;
        let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default().trim().to_owned();
        let store = Self {
            shared: Arc::new(Shared {
                folder: folder.to_owned(),
                limits,
                boot,
                _lock: lock,
                state: Mutex::default(),
                done: Condvar::new(),
                next_name: AtomicU64::new(first_name(&folder.join("trash"))?),
            }),
        };
        store.discard_unfinished()?;
        Ok(store)
    }

    /// The folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.shared.folder
    }

    /// What images may take.
    #[must_use]
    pub fn limits(&self) -> &Limits {
        &self.shared.limits
    }

    /// Nothing is pinned yet.
    #[must_use]
    pub fn pins(&self) -> Pins {
        Pins { shared: Arc::clone(&self.shared), held: Mutex::default() }
    }

    /// A name in `staging` that nothing else has.
    pub(crate) fn staging(&self) -> PathBuf {
        self.shared.folder.join("staging").join(self.fresh_name())
    }

    fn fresh_name(&self) -> String {
        self.shared.next_name.fetch_add(1, Ordering::Relaxed).to_string()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.shared.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// An error if the disk is nearly full.
    pub(crate) fn check_space(&self) -> Result<(), StoreError> {
        self.check_room(0)
    }

    /// An error if so many bytes more would fill the disk.
    pub(crate) fn check_room(&self, bytes: u64) -> Result<(), StoreError> {
        let (folder, statistics) = (&self.shared.folder, self.statistics()?);
        let needed = self.shared.limits.free_bytes.saturating_add(bytes);
        if statistics.f_bavail.saturating_mul(statistics.f_frsize) < needed {
            return Err(StoreError::DiskFull { path: folder.clone(), needed });
        }
        Ok(())
    }

    /// How much of the disk is taken, in percent of what this process may use of it.
    ///
    /// # Errors
    /// The file system refuses.
    pub fn used_percent(&self) -> Result<u8, StoreError> {
        let statistics = self.statistics()?;
        let used = statistics.f_blocks.saturating_sub(statistics.f_bfree);
        let whole = used.saturating_add(statistics.f_bavail).max(1);
        Ok(u8::try_from(used.saturating_mul(100).div_ceil(whole)).unwrap_or(100))
    }

    fn statistics(&self) -> Result<StatVfs, StoreError> {
        let folder = &self.shared.folder;
        let statistics = File::open(folder).and_then(|folder| fstatvfs(folder).map_err(Into::into));
        statistics.map_err(doing("looking at the free space of", folder))
    }

    /// Moves something to where `sweep` deletes it. It is gone for everybody at once.
    fn discard(&self, path: &Path) -> Result<(), StoreError> {
        let to = self.shared.folder.join("trash").join(self.fresh_name());
        fs::rename(path, to).map_err(doing("moving to the trash", path))
    }
}

impl Pins {
    /// Pins one more.
    pub fn add(&self, digest: Digest) {
        *self.shared.state.lock().unwrap_or_else(PoisonError::into_inner).pins.entry(digest).or_default() += 1;
        self.held.lock().unwrap_or_else(PoisonError::into_inner).push(digest);
    }
}

impl Drop for Pins {
    fn drop(&mut self) {
        let held = std::mem::take(self.held.get_mut().unwrap_or_else(PoisonError::into_inner));
        let mut state = self.shared.state.lock().unwrap_or_else(PoisonError::into_inner);
        for digest in held {
            if let Some(count) = state.pins.get_mut(&digest) {
                *count -= 1;
                if *count == 0 {
                    state.pins.remove(&digest);
                }
            }
        }
    }
}

fn check_format(folder: &Path) -> Result<(), StoreError> {
    let path = folder.join("format");
    match fs::read_to_string(&path) {
        Ok(found) if found.trim() == FORMAT => Ok(()),
        Ok(found) => Err(StoreError::Format { path: folder.to_owned(), found: found.trim().to_owned(), known: FORMAT }),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            fs::write(&path, format!("{FORMAT}\n")).map_err(doing("writing", path))
        }
        Err(error) => Err(doing("reading", path)(error)),
    }
}

/// Names are numbers; the trash may hold some of an earlier run.
fn first_name(trash: &Path) -> Result<u64, StoreError> {
    let entries = fs::read_dir(trash).map_err(doing("listing", trash))?;
    let names = entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<u64>().ok());
    Ok(names.max().map_or(0, |last| last + 1))
}
