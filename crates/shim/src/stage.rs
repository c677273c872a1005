//! Where a container's file system is put together before its processes make it their root: on a small file system in memory, seen by
//! nobody else and gone with the last process here, at a place that processes with other ids than the host's can enter too.

use std::fs::{self, DirBuilder, File};
use std::os::fd::OwnedFd;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use berth_runtime::{ContainerSpec, Folder, Network};
use rustix::fs::CWD;
use rustix::io::Errno;
use rustix::mount::{MountFlags, MoveMountFlags, OpenTreeFlags, UnmountFlags, mount, move_mount, open_tree, unmount};

use crate::failure::{Result, at, refused, wrong};
use crate::root;
use crate::shared::Shared;
use crate::user_namespace::UserNamespace;

/// An empty folder of the host that each container's own file system covers, for itself alone.
const PLACE: &str = "/run/berth-stage";
const ROOTFS: &str = "rootfs";

/// Where libcontainer keeps what it needs.
pub(crate) fn library() -> PathBuf {
    Path::new(PLACE).join("library")
}

/// A container's file system, put together in this process's mount namespace.
#[derive(Debug)]
pub(crate) struct Stage {
    /// Where it is mounted.
    pub(crate) rootfs: PathBuf,
    /// The OCI bundle. Another runtime may come back to it, so that it is in the container's folder.
    pub(crate) bundle: PathBuf,
    /// The network namespace that was made for it.
    pub(crate) network: Option<OwnedFd>,
    /// Where the sources of its binds can be found, in their order.
    pub(crate) binds: Vec<PathBuf>,
    pub(crate) user: Option<UserNamespace>,
    pub(crate) shared: Shared,
}

impl Stage {
    /// `devices`: nodes in its layers can be opened. `namespaces`: a folder of mounts that this process's mount namespace loses.
    pub(crate) fn set(folder: &Folder, spec: &ContainerSpec, devices: bool, namespaces: Option<&Path>) -> Result<Self> {
        let network = match &spec.network {
            Network::Namespace(path) => Some(OwnedFd::from(File::open(path).map_err(at("opening", path))?)),
            Network::Host | Network::Loopback => None,
        };
        namespaces.map_or(Ok(()), lose)?;
        let user = UserNamespace::of(spec, network.as_ref())?;
        let place = Path::new(PLACE);
        DirBuilder::new().recursive(true).mode(0o755).create(place).map_err(at("making", place))?;
        let flags = MountFlags::NOSUID | MountFlags::NODEV | MountFlags::NOEXEC;
        mount("tmpfs", place, "tmpfs", flags, Some(c"mode=755,size=1m")).map_err(refused(format!("mounting {PLACE}")))?;
        let binds = match &user {
            None => spec.binds.iter().map(|bind| bind.source.clone()).collect(),
            Some(_) => show_all(spec)?,
        };
        let rootfs = place.join(ROOTFS);
        let bundle = if spec.runtime.is_some() { folder.bundle() } else { place.join("bundle") };
        for made in [&bundle, &rootfs] {
            make_folder(made)?;
        }
        root::mount_layers(folder, &spec.rootfs, &rootfs, devices, user.as_ref())?;
        let shared = Shared::find(spec, place)?;
        Ok(Self { rootfs, bundle, network, binds, user, shared })
    }
}

fn make_folder(path: &Path) -> Result<()> {
    DirBuilder::new().mode(0o755).create(path).map_err(at("making", path))
}

/// Takes a folder's mounts out of this process's mount namespace, so that nobody has to go through them.
fn lose(namespaces: &Path) -> Result<()> {
    match unmount(namespaces, UnmountFlags::DETACH) {
        // An older version's, which is no mount.
        Ok(()) | Err(Errno::INVAL | Errno::NOENT) => Ok(()),
        Err(errno) => Err(at("taking away", namespaces)(errno.into())),
    }
}

/// Makes the folder where a container's file system is in its own shim's mounts: a runtime enters it for a moment, also where nothing is
/// mounted there.
pub(crate) fn stand_in() -> Result<()> {
    let rootfs = Path::new(PLACE).join(ROOTFS);
    DirBuilder::new().recursive(true).mode(0o755).create(&rootfs).map_err(at("making", &rootfs))
}

/// Shows all that is to be seen of the host where other ids can get to it.
fn show_all(spec: &ContainerSpec) -> Result<Vec<PathBuf>> {
    let mut binds = Vec::with_capacity(spec.binds.len());
    for (number, bind) in spec.binds.iter().enumerate() {
        let here = Path::new(PLACE).join(format!("bind-{number}"));
        show(&bind.source, &here)?;
        binds.push(here);
    }
    Ok(binds)
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
