//! Whether containers can have ids of their own on this machine, with their files below a certain folder: tried, not guessed.

use std::ffi::OsString;
use std::fs;
use std::io::Write;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::process::ExitCode;

use berth_runtime::{Folder, IdMap, Rootfs, RuntimeError};
use rustix::mount::{MountPropagationFlags, UnmountFlags, mount_change, unmount};
use rustix::thread::UnshareFlags;

use crate::failure::{Result, at, broken, refused, wrong};
use crate::user_namespace::UserNamespace;
use crate::{root, system};

/// As many as a task has.
const COUNT: u32 = 1 << 16;

/// Tries it in an empty folder, with ids from a certain one on. Says why it cannot be.
pub(crate) fn run(folder: &OsString, first: &OsString) -> ExitCode {
    let first = first.to_str().and_then(|first| first.parse().ok()).ok_or_else(|| wrong("the first id is not a number"));
    match first.and_then(|first| try_it(Path::new(folder), IdMap { first, count: COUNT })) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            // Whoever asked may be gone.
            let _ = writeln!(std::io::stderr(), "{}", RuntimeError::from(failure));
            ExitCode::FAILURE
        }
    }
}

fn try_it(folder: &Path, map: IdMap) -> Result<()> {
    let user = UserNamespace::with(map)?;
    system::unshare(UnshareFlags::NEWNS).map_err(refused("making a mount namespace"))?;
    mount_change("/", MountPropagationFlags::DOWNSTREAM | MountPropagationFlags::REC)
        .map_err(refused("separating this process's mounts"))?;
    let (layer, target) = (folder.join("layer"), folder.join("target"));
    for made in [&layer, &target] {
        fs::create_dir(made).map_err(at("making", made))?;
    }
    let file = layer.join("file");
    fs::write(&file, "").map_err(at("writing", &file))?;
    let rootfs = Rootfs { layers: vec![layer], read_only: false, changes: None };
    root::mount_layers(&Folder::new(folder), &rootfs, &target, true, Some(&user))?;
    let found = fs::metadata(target.join("file")).map_err(at("looking at", &file))?.uid();
    // The whole, and the layer below it.
    for _ in 0..2 {
        unmount(&target, UnmountFlags::DETACH).map_err(refused("unmounting what was tried"))?;
    }
    if found == map.first { Ok(()) } else { Err(broken("mapping ids", &format!("root's file belongs to {found}"))) }
}
