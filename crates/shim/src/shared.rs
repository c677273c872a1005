//! Namespaces that a container shares with others: of processes, and of messages and shared memory.

use std::fs::{self, File};
use std::os::fd::{AsFd, OwnedFd};
use std::path::{Path, PathBuf};

use berth_runtime::{ContainerSpec, Folder, Mark, Space};
use rustix::fs::CWD;
use rustix::mount::{MoveMountFlags, OpenTreeFlags, move_mount, open_tree};
use rustix::thread::{LinkNameSpaceType, ThreadNameSpaceType, move_into_link_name_space, move_into_thread_name_spaces};
use serde_json::{Value, json};

use crate::failure::{Result, at, broken, failed, refused, wrong};
use crate::running::first_process;
use crate::user_namespace::path_of;

const MEMORY: &str = "/dev/shm";

/// What is opened of others.
#[derive(Debug, Default)]
pub(crate) struct Shared {
    processes: Option<OwnedFd>,
    ipc: Option<OwnedFd>,
    /// Where the memory that is shared can be found.
    memory: Option<PathBuf>,
}

impl Shared {
    /// Finds what a container shares. `place`: a folder of this process's own mount namespace.
    pub(crate) fn find(spec: &ContainerSpec, place: &Path) -> Result<Self> {
        let mut shared = Self::default();
        if spec.id_map.is_some() && [&spec.processes, &spec.ipc].contains(&&Space::Host) {
            return Err(wrong("a container with ids of its own cannot share namespaces with the host"));
        }
        if let Space::Of(folder) = &spec.processes {
            shared.processes = Some(Other::find(folder)?.open("pid")?);
        }
        match &spec.ipc {
            Space::Own => {}
            Space::Host => shared.memory = Some(MEMORY.into()),
            Space::Of(folder) => {
                let other = Other::find(folder)?;
                shared.ipc = Some(other.open("ipc")?);
                let memory = place.join("shared-memory");
                fs::create_dir(&memory).map_err(at("making", &memory))?;
                other.show_memory(&memory)?;
                shared.memory = Some(memory);
            }
        }
        Ok(shared)
    }

    /// As the library is told of them.
    pub(crate) fn namespaces(&self, spec: &ContainerSpec) -> Vec<Value> {
        let namespace = |kind: &str, space: &Space, opened: &Option<OwnedFd>| match (space, opened) {
            (Space::Host, _) => None,
            (_, Some(opened)) => Some(json!({ "type": kind, "path": path_of(opened) })),
            (_, None) => Some(json!({ "type": kind })),
        };
        let both = [namespace("pid", &spec.processes, &self.processes), namespace("ipc", &spec.ipc, &self.ipc)];
        both.into_iter().flatten().collect()
    }

    /// The file system of shared memory.
    pub(crate) fn memory(&self, spec: &ContainerSpec) -> Option<Value> {
        if let Some(memory) = &self.memory {
            return Some(json!({ "destination": MEMORY, "type": "bind", "source": memory, "options": ["rbind", "rprivate"] }));
        }
        let size = format!("size={}", spec.shm_bytes);
        let options = ["nosuid", "noexec", "nodev", "mode=1777", &size];
        (spec.shm_bytes > 0).then(|| json!({ "destination": MEMORY, "type": "tmpfs", "source": "shm", "options": options }))
    }
}

/// Another container, which runs.
struct Other {
    /// Its first process.
    mark: Mark,
    process: OwnedFd,
}

impl Other {
    fn find(folder: &Path) -> Result<Self> {
        let over = || broken(&format!("entering the namespaces of {}", folder.display()), &"they are gone");
        let (mark, process) = first_process(&Folder::new(folder))?.ok_or_else(over)?;
        Ok(Self { mark, process })
    }

    /// A namespace of it. The number may have gone to somebody else before the file was opened, but not if the process is still there.
    fn open(&self, kind: &str) -> Result<OwnedFd> {
        let path = PathBuf::from(format!("/proc/{}/ns/{kind}", self.mark.pid));
        let opened = File::open(&path).map_err(at("opening", &path))?;
        let alive = self.mark.alive().map_err(failed("looking at the holder of namespaces"))?;
        alive.map(|_| opened.into()).ok_or_else(|| broken(&format!("opening {}", path.display()), &"the process is gone"))
    }

    /// Mounts its shared memory at a folder of this process's mount namespace.
    fn show_memory(&self, here: &Path) -> Result<()> {
        let doing = || refused("taking over the memory that containers share");
        let own = Path::new("/proc/self/ns/mnt");
        let own = File::open(own).map_err(at("opening", own))?;
        move_into_thread_name_spaces(self.process.as_fd(), ThreadNameSpaceType::MOUNT).map_err(doing())?;
        let tree = open_tree(CWD, MEMORY, OpenTreeFlags::OPEN_TREE_CLONE | OpenTreeFlags::OPEN_TREE_CLOEXEC);
        move_into_link_name_space(own.as_fd(), Some(LinkNameSpaceType::Mount)).map_err(doing())?;
        let tree = tree.map_err(doing())?;
        move_mount(&tree, "", CWD, here, MoveMountFlags::MOVE_MOUNT_F_EMPTY_PATH).map_err(doing())
    }
}
