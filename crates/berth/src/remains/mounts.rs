//! The mount table, and mounts below a folder.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use nix::mount::{MntFlags, umount2};

/// A mount of this process's namespace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Mount {
    pub(super) target: PathBuf,
    pub(super) kind: String,
}

/// All mounts, in the order in which they were made.
pub(super) fn all() -> Result<Vec<Mount>> {
    let table = std::fs::read_to_string("/proc/self/mountinfo").context("reading the mount table")?;
    Ok(table.lines().filter_map(parse).collect())
}

/// A line of `/proc/self/mountinfo`: the target is the fifth word, the kind the first one after a lone hyphen.
fn parse(line: &str) -> Option<Mount> {
    let target = line.split(' ').nth(4)?;
    let kind = line.split(" - ").nth(1)?.split(' ').next()?;
    Some(Mount { target: PathBuf::from(unescaped(target)), kind: kind.to_owned() })
}

/// Blanks, tabs, newlines and backslashes are written as three octal digits.
fn unescaped(text: &str) -> String {
    [("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\")]
        .into_iter()
        .fold(text.to_owned(), |text, (escape, character)| text.replace(escape, character))
}

/// Unmounts what is mounted below a folder, if there is one, the latest first; a mount of the folder itself stays.
pub(super) fn remove_below(folder: &Path) -> Result<usize> {
    let folder = match folder.canonicalize() {
        Ok(folder) => folder,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(0),
        Err(error) => return Err(error).with_context(|| format!("resolving {}", folder.display())),
    };
    let mut removed = 0;
    for mount in all()?.into_iter().rev() {
        if mount.target.starts_with(&folder) && mount.target != folder {
            umount2(&mount.target, MntFlags::MNT_DETACH).with_context(|| format!("unmounting {}", mount.target.display()))?;
            removed += 1;
        }
    }
    Ok(removed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_the_mount_table_are_read() {
        let line = "36 35 98:0 /mnt1 /mnt\\0402 rw,noatime master:1 - ext3 /dev/root rw,errors=continue";
        assert_eq!(parse(line), Some(Mount { target: PathBuf::from("/mnt 2"), kind: "ext3".to_owned() }));
        assert_eq!(parse("no mount"), None);
    }
}
