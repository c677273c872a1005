//! The layer beneath every container's own: places for what is mounted in all of them. An image that has none would get them in what
//! its container has changed, a file or folder of the disk for each, at every start.

use std::fs::{self, File, Permissions};
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use crate::files::FileError;

const FOLDERS: [&str; 5] = ["", "dev", "etc", "proc", "sys"];
const FILES: [&str; 3] = ["etc/hostname", "etc/hosts", "etc/resolv.conf"];

/// Makes it, as far as it is not there. What it has is root's, and whatever an image has at the same place covers it.
///
/// # Errors
/// The file system refuses.
pub(crate) fn make(layer: &Path) -> Result<(), FileError> {
    let allow = |path: &Path, mode| fs::set_permissions(path, Permissions::from_mode(mode));
    let folder = |path: &Path| -> io::Result<()> {
        fs::create_dir_all(path)?;
        allow(path, 0o755)
    };
    let file = |path: &Path| -> io::Result<()> {
        File::create(path)?;
        allow(path, 0o644)
    };
    let make = |made: &dyn Fn(&Path) -> io::Result<()>, name: &str| {
        let path = layer.join(name);
        made(&path).map_err(|error| FileError::new("making", &path, error))
    };
    FOLDERS.iter().try_for_each(|name| make(&folder, name))?;
    FILES.iter().try_for_each(|name| make(&file, name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_the_same_however_often_it_is_made() {
        let folder = tempfile::tempdir().unwrap();
        let layer = folder.path().join("beneath");
        for _ in 0..2 {
            make(&layer).unwrap();
            let mode = |name: &str| fs::metadata(layer.join(name)).unwrap().permissions().mode();
            assert!(FOLDERS.iter().all(|name| mode(name) == 0o40755) && FILES.iter().all(|name| mode(name) == 0o100_644));
        }
        fs::remove_dir_all(layer.join("proc")).unwrap();
        File::create(layer.join("proc")).unwrap();
        assert!(make(&layer).unwrap_err().to_string().contains("proc"));
    }
}
