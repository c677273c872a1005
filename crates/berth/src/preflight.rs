//! What a machine needs to be a node, looked at before anything starts, with what to do where it is not so.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};
use rustix::fs::{XattrFlags, removexattr, setxattr, statfs};

/// File systems that cannot hold what a container writes, by the number that `statfs` tells (linux/magic.h).
const UNFIT: &[(u64, &str)] = &[
    (0x794c_7630, "overlayfs"),
    (0x6969, "NFS"),
    (0x6573_5546, "FUSE"),
    (0x0102_1997, "9p"),
    (0xff53_4d42, "CIFS"),
    (0xfe53_4d42, "SMB"),
    (0x4d44, "FAT"),
    (0x2011_bab0, "exFAT"),
    (0xf15f, "eCryptfs"),
];

/// Finds the shim, or takes the one named, and checks that it is of this version.
pub(crate) fn shim(named: Option<&Path>) -> Result<PathBuf> {
    let path = match named {
        Some(path) => path.to_path_buf(),
        None => std::env::current_exe().context("finding this executable")?.with_file_name("berth-shim"),
    };
    if !path.is_file() {
        bail!(
            "{} is not there: it holds the containers and is installed beside berth; name another place with --shim or BERTH_SHIM",
            path.display()
        );
    }
    let path = path.canonicalize().with_context(|| format!("resolving {}", path.display()))?;
    let output = Command::new(&path).arg("version").output().with_context(|| format!("starting {}", path.display()))?;
    let told = String::from_utf8_lossy(&output.stdout);
    let version = told.split_whitespace().last().unwrap_or_default();
    let ours = env!("CARGO_PKG_VERSION");
    if !output.status.success() || version != ours {
        bail!(
            "{} is of version {version:?}, and this is berth {ours}: install both of the same version, or name another with --shim",
            path.display()
        );
    }
    Ok(path)
}

/// Checks that containers can have their files below a folder: an overlay's upper layer must fit there.
pub(crate) fn check_file_system(folder: &Path) -> Result<()> {
    let found = statfs(folder).with_context(|| format!("looking at the file system of {}", folder.display()))?;
    let kind = u64::try_from(found.f_type).unwrap_or_default() & 0xffff_ffff;
    let advice = "choose a folder on ext4, XFS or Btrfs with --data-dir (in a container: a volume)";
    if let Some((_, name)) = UNFIT.iter().find(|(number, _)| *number == kind) {
        bail!("{} is on {name}, which cannot hold what containers write; {advice}", folder.display());
    }
    // Overlays mark folders in that namespace.
    let marked = setxattr(folder, "trusted.berth.probe", b"y", XattrFlags::empty());
    if let Err(error) = marked.and_then(|()| removexattr(folder, "trusted.berth.probe")) {
        bail!(
            "{} is on a file system that does not keep what overlays need (trusted extended attributes: {error}); {advice}",
            folder.display()
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    fn script(text: &str) -> tempfile::TempPath {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(&file, format!("#!/bin/sh\n{text}\n")).unwrap();
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o755)).unwrap();
        file.into_temp_path()
    }

    #[test]
    fn shim_of_this_version_is_taken() {
        let same = script(&format!("echo berth-shim {}", env!("CARGO_PKG_VERSION")));
        assert_eq!(shim(Some(&same)).unwrap(), same.canonicalize().unwrap());
    }

    #[test]
    fn shim_of_another_version_and_no_shim_are_refused() {
        let other = script("echo berth-shim 0.0.7");
        let text = shim(Some(&other)).unwrap_err().to_string();
        assert!(text.contains("version \"0.0.7\""), "{text}");
        let text = shim(Some(Path::new("/nonexistent/berth-shim"))).unwrap_err().to_string();
        assert!(text.contains("BERTH_SHIM"), "{text}");
    }
}
