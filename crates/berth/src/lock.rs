//! A file that one process holds until it ends, however it ends.

use std::fs::{File, TryLockError};
use std::io::{Read as _, Write as _};
use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, Result};

/// How often, and after which time each, a lock is tried again that is held: [`is_held`] has it for an instant.
const LOOKS: usize = 5;
const LOOK: Duration = Duration::from_millis(20);

/// A lock, held until this is dropped.
#[derive(Debug)]
pub(crate) struct Lock(#[expect(dead_code, reason = "the open file is the lock")] File);

impl Lock {
    /// Takes a lock and leaves this process's id in it; nothing if another process has it.
    pub(crate) fn take(path: &Path) -> Result<Option<Self>> {
        let locking = || format!("locking {}", path.display());
        let file = File::options().create(true).truncate(false).write(true).open(path);
        let mut file = file.map_err(|error| owned(path, error)).with_context(locking)?;
        for look in 0..=LOOKS {
            match file.try_lock() {
                Ok(()) => {
                    file.set_len(0).and_then(|()| writeln!(file, "{}", std::process::id())).with_context(locking)?;
                    return Ok(Some(Self(file)));
                }
                // It may be a command that only looks whether somebody is here.
                Err(TryLockError::WouldBlock) if look < LOOKS => std::thread::sleep(LOOK),
                Err(TryLockError::WouldBlock) => return Ok(None),
                Err(TryLockError::Error(error)) => return Err(error).with_context(locking),
            }
        }
        Ok(None)
    }
}

/// The process that holds a lock; nothing if there is none. One that has just taken it is not known yet: 0.
pub(crate) fn holder(path: &Path) -> Result<Option<u32>> {
    let looking = || format!("looking at the lock {}", path.display());
    let mut file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(owned(path, error)).with_context(looking),
    };
    match file.try_lock_shared() {
        Ok(()) => Ok(None),
        Err(TryLockError::WouldBlock) => {
            let mut text = String::new();
            file.read_to_string(&mut text).with_context(looking)?;
            Ok(Some(text.trim().parse().unwrap_or(0)))
        }
        Err(TryLockError::Error(error)) => Err(error).with_context(looking),
    }
}

/// Says what to do about a lock that is somebody else's.
fn owned(path: &Path, error: std::io::Error) -> anyhow::Error {
    if error.kind() == std::io::ErrorKind::PermissionDenied {
        return anyhow::anyhow!(
            "{} belongs to another user: run this as the user who started Berth, or with sudo",
            path.display()
        );
    }
    error.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_is_held_once_and_tells_by_whom() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lock");
        assert_eq!(holder(&path).unwrap(), None);
        let lock = Lock::take(&path).unwrap();
        assert!(lock.is_some());
        assert_eq!(holder(&path).unwrap(), Some(std::process::id()));
        assert!(Lock::take(&path).unwrap().is_none());
        drop(lock);
        assert_eq!(holder(&path).unwrap(), None);
    }
}
