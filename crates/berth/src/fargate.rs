//! What this machine needs to take Fargate tasks: ids for them that are nobody else's, and a kernel and file system that can map them.

use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, bail};
use berth_net::Ids;

use crate::cli::Fargate;
use crate::{own_ids, preflight};

/// Networks that are prepared for Fargate tasks.
const PREPARED: usize = 8;

/// The ids of the installation's Fargate tasks, whose files lie below `data`. None if the machine is to take no such tasks, or cannot:
/// then it says why, and does all else.
pub(crate) fn ids(wanted: Fargate, shim: Option<&Path>, data: &Path, installation: &str) -> Result<Option<Ids>> {
    if wanted == Fargate::No {
        return Ok(None);
    }
    let ids = own_ids::claim(installation).and_then(|range| {
        check(&preflight::shim(shim)?, data, range.start)?;
        Ok(Ids { range, slots: PREPARED })
    });
    match ids {
        Ok(ids) => Ok(Some(ids)),
        Err(error) if wanted == Fargate::Only => Err(error.context("this machine cannot take Fargate tasks")),
        Err(error) => {
            tracing::warn!("this machine takes no Fargate tasks, but all others: {error:#}");
            Ok(None)
        }
    }
}

/// Tries whether containers below `data` can have ids from `first` on.
fn check(shim: &Path, data: &Path, first: u32) -> Result<()> {
    let folder = data.join("check-ids");
    let clear = || match std::fs::remove_dir_all(&folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    };
    // A check that was cut off left something behind.
    clear().with_context(|| format!("removing {}", folder.display()))?;
    std::fs::create_dir(&folder).with_context(|| format!("making {}", folder.display()))?;
    let output = Command::new(shim).arg("check-ids").arg(&folder).arg(first.to_string()).output();
    clear().with_context(|| format!("removing {}", folder.display()))?;
    let output = output.with_context(|| format!("starting {}", shim.display()))?;
    if output.status.success() {
        return Ok(());
    }
    let why = String::from_utf8_lossy(&output.stderr);
    bail!(
        "files below {} cannot have other ids in a task than on disk: {}; Linux 5.19 and ext4, XFS or Btrfs can do it, and user namespaces \
         must be allowed (user.max_user_namespaces)",
        data.display(),
        why.trim()
    )
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn why_ids_cannot_be_mapped_is_said_with_what_to_do() {
        let folder = tempfile::tempdir().unwrap();
        let shim = folder.path().join("shim");
        let answer = |text: &str| {
            std::fs::write(&shim, format!("#!/bin/sh\n{text}\n")).unwrap();
            std::fs::set_permissions(&shim, std::fs::Permissions::from_mode(0o755)).unwrap();
            check(&shim, folder.path(), 1_900_000_000)
        };
        let why = answer("echo no such call >&2; exit 1").unwrap_err().to_string();
        assert!(why.contains("no such call; Linux 5.19"), "{why}");
        answer(r#"test "$1" = check-ids && test -d "$2" && test "$3" = 1900000000"#).unwrap();
        assert!(!folder.path().join("check-ids").exists());
    }
}
