//! Small files that survive a crash: written aside, synced, renamed.

use std::fs::{self, File, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;

use anyhow::{Context, Result};

/// Replaces `path` by `content`, readable by `mode` alone and owned by `owner` (user and group) if given. Either the old or
/// the new content is there after a crash.
pub(crate) fn replace(path: &Path, content: &[u8], mode: u32, owner: Option<(u32, u32)>) -> Result<()> {
    let aside = path.with_extension("new");
    let doing = || format!("writing {}", path.display());
    if let Err(error) = fs::remove_file(&aside)
        && error.kind() != std::io::ErrorKind::NotFound
    {
        return Err(error).with_context(doing);
    }
    let mut file = OpenOptions::new().write(true).create_new(true).mode(mode).open(&aside).with_context(doing)?;
    file.write_all(content).with_context(doing)?;
    if let Some((user, group)) = owner {
        std::os::unix::fs::fchown(&file, Some(user), Some(group)).with_context(doing)?;
    }
    file.sync_all().with_context(doing)?;
    fs::rename(&aside, path).with_context(doing)?;
    if let Some(folder) = path.parent() {
        File::open(folder).and_then(|folder| folder.sync_all()).with_context(doing)?;
    }
    Ok(())
}

/// Makes a folder of the installation, with its parents, and gives it this mode.
pub(crate) fn folder(path: &Path, mode: u32) -> Result<()> {
    fs::create_dir_all(path).with_context(|| format!("making the folder {}", path.display()))?;
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).with_context(|| format!("setting the mode of {}", path.display()))
}

/// Reads a small JSON file; nothing if there is none.
pub(crate) fn read_json<T: serde::de::DeserializeOwned>(path: &Path) -> Result<Option<T>> {
    match fs::read(path) {
        Ok(bytes) => serde_json::from_slice(&bytes).map(Some).with_context(|| format!("parsing {}", path.display())),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(|| format!("reading {}", path.display())),
    }
}
