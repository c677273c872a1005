//! Devices of the host that a container has.

use std::fs::{self, Metadata};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use berth_runtime::{ContainerSpec, Device};
use rustix::fs::FileType;
use serde_json::{Value, json};

use crate::failure::{Result, at, wrong};

/// Nodes of a folder that is not there for its own sake are as many at most.
const MOST: usize = 4096;

/// A device node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Node {
    /// On the host.
    source: PathBuf,
    /// In the container.
    target: PathBuf,
    /// `c` or `b`.
    kind: char,
    major: u32,
    minor: u32,
    mode: u32,
    user: u32,
    group: u32,
    access: String,
}

impl Node {
    /// The node at a path of the host; nothing if there is none.
    fn of(source: &Path, target: &Path, access: &str, metadata: &Metadata) -> Option<Self> {
        let kind = match FileType::from_raw_mode(metadata.mode()) {
            FileType::CharacterDevice => 'c',
            FileType::BlockDevice => 'b',
            _ => return None,
        };
        let number = metadata.rdev();
        Some(Self {
            source: source.to_owned(),
            target: target.to_owned(),
            kind,
            major: rustix::fs::major(number),
            minor: rustix::fs::minor(number),
            mode: metadata.mode() & 0o777,
            user: metadata.uid(),
            group: metadata.gid(),
            access: access.to_owned(),
        })
    }

    /// Whether the library makes it, which it does below `/dev` alone.
    fn is_made(&self) -> bool {
        self.target.starts_with("/dev")
    }

    /// As the library makes it; nothing if it is bound.
    pub(crate) fn made(&self) -> Option<Value> {
        self.is_made().then(|| {
            json!({
                "path": self.target, "type": self.kind, "major": self.major, "minor": self.minor,
                "fileMode": self.mode, "uid": self.user, "gid": self.group,
            })
        })
    }

    /// As a mount; nothing if it is made.
    pub(crate) fn bound(&self) -> Option<Value> {
        let options = ["bind", "rprivate", "noexec", "nosuid"];
        (!self.is_made())
            .then(|| json!({ "destination": self.target, "type": "bind", "source": self.source, "options": options }))
    }

    /// The same, as an OCI specification has it.
    pub(crate) fn allowed(&self) -> Value {
        json!({ "allow": true, "type": self.kind, "major": self.major, "minor": self.minor, "access": self.access })
    }

    /// What the list of devices of a cgroup says of it.
    pub(crate) fn rule(&self) -> String {
        format!("{} {}:{} {}", self.kind, self.major, self.minor, self.access)
    }
}

/// All that a container has besides what every container has. `lists`: cgroups have lists of devices here.
pub(crate) fn of(spec: &ContainerSpec, lists: bool) -> Result<Vec<Node>> {
    let mut nodes = Vec::new();
    for device in &spec.devices {
        // Without a list, all that the node's own mode allows can be done with it.
        let is_whole = device.access.contains('r') && device.access.contains('w');
        if !(lists || spec.privileged || is_whole) {
            let (source, access) = (device.source.display(), &device.access);
            return Err(wrong(format!(
                "the device {source} cannot be given with the permissions {access}: cgroups of version 2 have no list of devices here"
            )));
        }
        nodes.extend(given(device)?);
    }
    if spec.privileged {
        let others = below(Path::new("/dev"), Path::new("/dev"), "rwm")?;
        nodes.extend(others.into_iter().filter(|node| !spec.devices.iter().any(|given| given.target == node.target)));
    }
    Ok(nodes)
}

/// A device, or all below a folder of them.
fn given(device: &Device) -> Result<Vec<Node>> {
    let (source, target) = (&device.source, &device.target);
    if !target.is_absolute() || target == Path::new("/") || target == Path::new("/dev") {
        return Err(wrong(format!("the device {} cannot be at {}", source.display(), target.display())));
    }
    let metadata = match fs::metadata(source) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Err(wrong(format!("there is no device {} on this machine", source.display())));
        }
        Err(error) => return Err(at("looking at", source)(error)),
    };
    let found = if metadata.is_dir() {
        below(source, target, &device.access)?
    } else {
        Node::of(source, target, &device.access, &metadata).into_iter().collect()
    };
    if found.is_empty() {
        return Err(wrong(format!("{} is not a device", source.display())));
    }
    Ok(found)
}

/// Nodes below a folder. Not those of terminals and of what else a container has of its own.
fn below(folder: &Path, target: &Path, access: &str) -> Result<Vec<Node>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).map_err(at("listing", folder))? {
        let entry = entry.map_err(at("listing", folder))?;
        let (name, path, target) = (entry.file_name(), entry.path(), target.join(entry.file_name()));
        // What goes while it is listed is not there.
        let Ok(metadata) = entry.metadata() else { continue };
        if metadata.is_dir() {
            if !["pts", "shm", "mqueue", "fd"].iter().any(|&own| name == own) {
                found.extend(below(&path, &target, access)?);
            }
        } else if !["console", "ptmx", "tty"].iter().any(|&own| name == own) {
            found.extend(Node::of(&path, &target, access, &metadata));
        }
        if found.len() > MOST {
            return Err(wrong(format!("there are more than {MOST} devices below {}", folder.display())));
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn device(source: &str, target: &str) -> Device {
        Device { source: source.into(), target: target.into(), access: "rw".to_owned() }
    }

    #[test]
    fn a_device_is_made_below_dev_and_bound_elsewhere() {
        let node = |target: &str| given(&device("/dev/zero", target)).unwrap().remove(0);
        let made = node("/dev/other");
        assert_eq!(made.made().unwrap()["minor"], 5);
        assert_eq!((made.bound(), made.rule()), (None, "c 1:5 rw".to_owned()));
        let bound = node("/opt/zero");
        assert_eq!((bound.made(), bound.bound().unwrap()["source"].as_str()), (None, Some("/dev/zero")));
    }

    #[test]
    fn what_is_no_device_is_said() {
        for (source, target, said) in [
            ("/dev/not-there", "/dev/x", "there is no device /dev/not-there"),
            ("/etc/passwd", "/dev/x", "/etc/passwd is not a device"),
            ("/dev/zero", "dev/x", "cannot be at dev/x"),
        ] {
            let failure = given(&device(source, target)).unwrap_err();
            assert!(format!("{failure:?}").contains(said), "{failure:?}");
        }
    }

    #[test]
    fn a_folder_of_devices_is_all_of_them_without_terminals() {
        let found = below(Path::new("/dev"), Path::new("/dev/host"), "r").unwrap();
        let targets: Vec<_> = found.iter().map(|node| node.target.to_str().unwrap()).collect();
        assert!(targets.contains(&"/dev/host/null"), "{targets:?}");
        assert!(!targets.iter().any(|target| target.contains("/pts/") || target.ends_with("ptmx")), "{targets:?}");
    }
}
