//! Where a container's file system is put together before its processes make it their root.
//!
//! A container with the host's ids has it in its own folder. One with ids of its own could not get there: the folders around it are
//! root's alone. It has it on a small file system at a place that everybody can enter, seen by nobody else.

use std::fs::{self, DirBuilder, File};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use berth_runtime::{ContainerSpec, Folder};
use rustix::fs::CWD;
use rustix::mount::{MountFlags, MoveMountFlags, OpenTreeFlags, mount, move_mount, open_tree};

use crate::failure::{Result, at, refused, wrong};
use crate::root;
use crate::shared::Shared;
use crate::user_namespace::UserNamespace;

/// An empty folder of the host that each container's own file system covers, for itself alone.
const PLACE: &str = "/run/berth-stage";
const ROOTFS: &str = "rootfs";

/// A container's file system, put together in this process's mount namespace.
#[derive(Debug)]
pub(crate) struct Stage {
    /// Where it is mounted.
    pub(crate) rootfs: PathBuf,
    /// Where the sources of its binds can be found, in their order.
    pub(crate) binds: Vec<PathBuf>,
    pub(crate) user: Option<UserNamespace>,
    pub(crate) shared: Shared,
}

impl Stage {
    /// `devices`: nodes in its layers can be opened.
    pub(crate) fn set(folder: &Folder, spec: &ContainerSpec, devices: bool) -> Result<Self> {
        let user = UserNamespace::of(spec)?;
        let (rootfs, binds) = match &user {
            None => (folder.rootfs(), spec.binds.iter().map(|bind| bind.source.clone()).collect()),
            Some(_) => apart(spec)?,
        };
        make_folder(&folder.bundle())?;
        make_folder(&rootfs)?;
        root::mount_layers(folder, &spec.rootfs, &rootfs, devices, user.as_ref())?;
        let shared = Shared::find(spec, rootfs.parent().unwrap_or(&rootfs))?;
        Ok(Self { rootfs, binds, user, shared })
    }
}

fn make_folder(path: &Path) -> Result<()> {
    DirBuilder::new().mode(0o755).create(path).map_err(at("making", path))
}

/// Makes the folder where a container's file system is in its own shim's mounts: a runtime enters it for a moment, also where nothing is
/// mounted there.
pub(crate) fn stand_in() -> Result<()> {
    let rootfs = Path::new(PLACE).join(ROOTFS);
    DirBuilder::new().recursive(true).mode(0o755).create(&rootfs).map_err(at("making", &rootfs))
}

/// Makes a place apart, with all that is to be seen of the host in it.
fn apart(spec: &ContainerSpec) -> Result<(PathBuf, Vec<PathBuf>)> {
    let place = Path::new(PLACE);
    DirBuilder::new().recursive(true).mode(0o755).create(place).map_err(at("making", place))?;
    let flags = MountFlags::NOSUID | MountFlags::NODEV | MountFlags::NOEXEC;
    mount("tmpfs", place, "tmpfs", flags, Some(c"mode=755,size=1m")).map_err(refused(format!("mounting {PLACE}")))?;
    let mut binds = Vec::with_capacity(spec.binds.len());
    for (number, bind) in spec.binds.iter().enumerate() {
        let here = place.join(format!("bind-{number}"));
        show(&bind.source, &here)?;
        binds.push(here);
    }
    Ok((place.join(ROOTFS), binds))
}

/// Mounts a file or folder, and what is mounted in it, at another place.
fn show(source: &Path, here: &Path) -> Result<()> {
    let doing = || refused(format!("mounting {} at {}", source.display(), here.display()));
    let folder = match fs::metadata(source) {
        Ok(metadata) => metadata.is_dir(),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Err(wrong(format!("{}, which the container is to see, does not exist", source.display())));
        }
        Err(error) => return Err(at("looking for", source)(error)),
    };
    if folder {
        make_folder(here)?;
    } else {
        File::create(here).map_err(at("making", here))?;
    }
    let flags = OpenTreeFlags::OPEN_TREE_CLONE | OpenTreeFlags::OPEN_TREE_CLOEXEC | OpenTreeFlags::AT_RECURSIVE;
    let tree = open_tree(CWD, source, flags).map_err(doing())?;
    move_mount(&tree, "", CWD, here, MoveMountFlags::MOVE_MOUNT_F_EMPTY_PATH).map_err(doing())
}
