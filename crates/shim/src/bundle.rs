//! What the library is told: an OCI specification with Docker's defaults. Nothing of cgroups: see `groups`.

use std::fs;
use std::path::{Path, PathBuf};

use berth_runtime::{Bind, ContainerSpec, Folder, Network};
use rustix::fs::FileType;
use rustix::thread::CapabilitySet;
use serde_json::{Value, json};

use crate::confinement;
use crate::failure::{Result, at, broken, wrong};
use crate::identity::Identity;
use crate::stage::Stage;
use crate::user_namespace::path_of;

/// Hidden in a container.
const MASKED: [&str; 12] = [
    "/proc/acpi",
    "/proc/asound",
    "/proc/interrupts",
    "/proc/kcore",
    "/proc/keys",
    "/proc/latency_stats",
    "/proc/sched_debug",
    "/proc/scsi",
    "/proc/timer_list",
    "/proc/timer_stats",
    "/sys/devices/virtual/powercap",
    "/sys/firmware",
];
/// Not to be written in a container.
const READ_ONLY: [&str; 5] = ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"];

/// What the shim has found out about the first process.
pub(crate) struct First<'a> {
    pub(crate) identity: &'a Identity,
    pub(crate) cwd: PathBuf,
    pub(crate) capabilities: CapabilitySet,
}

/// Writes the specification into the container's bundle.
pub(crate) fn write(folder: &Folder, spec: &ContainerSpec, stage: &Stage, first: &First<'_>) -> Result<()> {
    let config = json!({
        "ociVersion": "1.0.2",
        "hostname": spec.hostname,
        "root": { "path": stage.rootfs, "readonly": spec.rootfs.read_only },
        "process": process(spec, first)?,
        "mounts": mounts(spec, stage)?,
        "linux": linux(spec, stage)?,
    });
    let path = folder.bundle().join("config.json");
    let text = serde_json::to_vec(&config).map_err(|error| broken("writing the container's OCI specification", &error))?;
    fs::write(&path, text).map_err(at("writing", &path))
}

fn process(spec: &ContainerSpec, first: &First<'_>) -> Result<Value> {
    let names: Vec<String> = first.capabilities.iter_names().map(|(name, _)| format!("CAP_{name}")).collect();
    let limits: Vec<Value> = confinement::limits(&spec.process.resource_limits)?
        .into_iter()
        .map(|(name, _, limit)| {
            let value = |value: Option<u64>| value.unwrap_or(u64::MAX);
            json!({ "type": format!("RLIMIT_{}", name.to_uppercase()), "soft": value(limit.current), "hard": value(limit.maximum) })
        })
        .collect();
    Ok(json!({
        "terminal": spec.process.terminal,
        "user": { "uid": first.identity.user, "gid": first.identity.group, "additionalGids": first.identity.groups, "umask": 0o022 },
        "args": spec.process.args,
        // What the library would look up in the container's files with the system's own functions, which load code from there.
        "env": [format!("HOME={}", first.identity.home), "PATH=/"],
        "cwd": first.cwd,
        // The executor goes on from here, and takes away what is not the container's.
        "capabilities": { "bounding": names, "permitted": names, "effective": names, "inheritable": [], "ambient": [] },
        "rlimits": limits,
        "noNewPrivileges": false,
    }))
}

fn mounts(spec: &ContainerSpec, stage: &Stage) -> Result<Vec<Value>> {
    let safe = ["nosuid", "noexec", "nodev"];
    let shm = format!("size={}", spec.shm_bytes);
    let access = if spec.privileged { "rw" } else { "ro" };
    let mut mounts = vec![
        mount("proc", "proc", "/proc", &safe),
        mount("tmpfs", "tmpfs", "/dev", &["nosuid", "strictatime", "mode=755", "size=65536k"]),
        mount("devpts", "devpts", "/dev/pts", &["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"]),
        mount("sysfs", "sysfs", "/sys", &["nosuid", "noexec", "nodev", access]),
        mount("mqueue", "mqueue", "/dev/mqueue", &safe),
        mount("tmpfs", "shm", "/dev/shm", &["nosuid", "noexec", "nodev", "mode=1777", &shm]),
    ];
    for (bind, source) in spec.binds.iter().zip(&stage.binds) {
        mounts.push(bound(bind, source, spec.privileged)?);
    }
    Ok(mounts)
}

fn mount(kind: &str, source: &str, target: &str, options: &[&str]) -> Value {
    json!({ "destination": target, "type": kind, "source": source, "options": options })
}

/// `source`: where the stage has it.
fn bound(bind: &Bind, source: &Path, privileged: bool) -> Result<Value> {
    let target = bind.target.display();
    if !source.try_exists().map_err(at("looking for", source))? {
        return Err(wrong(format!("{}, which the container is to see as {target}, does not exist", source.display())));
    }
    if !bind.target.is_absolute() || bind.target == Path::new("/") {
        return Err(wrong(format!("{} cannot be mounted at {target}", bind.source.display())));
    }
    // With all that is mounted in it. Nodes of devices that lie in what it is given are none of a container's.
    let access = if bind.read_only { "rro" } else { "rw" };
    let mut options = vec!["rbind", "rprivate", access];
    if !privileged {
        options.push("rnodev");
    }
    Ok(json!({ "destination": bind.target, "type": "bind", "source": source, "options": options }))
}

fn linux(spec: &ContainerSpec, stage: &Stage) -> Result<Value> {
    let mut namespaces: Vec<Value> =
        ["pid", "mount", "ipc", "uts", "cgroup"].iter().map(|kind| json!({ "type": kind })).collect();
    let network = stage.user.as_ref().and_then(|user| user.network.as_ref());
    match (&spec.network, network) {
        (Network::Host, _) => {}
        (Network::Loopback, _) => namespaces.push(json!({ "type": "network" })),
        (Network::Namespace(_), Some(opened)) => namespaces.push(json!({ "type": "network", "path": path_of(opened) })),
        (Network::Namespace(path), None) => namespaces.push(json!({ "type": "network", "path": path })),
    }
    let mut linux = json!({
        "rootfsPropagation": "private",
    });
    if let Some(user) = &stage.user {
        namespaces.push(json!({ "type": "user", "path": user.path() }));
    }
    if spec.privileged {
        linux["devices"] = devices(Path::new("/dev"))?.into();
    } else {
        linux["maskedPaths"] = masked().into();
        linux["readonlyPaths"] = READ_ONLY.as_slice().into();
    }
    linux["namespaces"] = namespaces.into();
    Ok(linux)
}

/// With the processors' own files, of which there are as many as processors.
fn masked() -> Vec<String> {
    let mut masked: Vec<String> = MASKED.iter().map(|&path| path.to_owned()).collect();
    let processors = fs::read_dir("/sys/devices/system/cpu").into_iter().flatten().flatten();
    masked.extend(processors.filter_map(|entry| {
        let throttle = entry.path().join("thermal_throttle");
        throttle.exists().then(|| throttle.to_string_lossy().into_owned())
    }));
    masked
}

/// Nodes below a folder, for a container that sees all of the host's. Not those of terminals, which a container has its own of.
fn devices(folder: &Path) -> Result<Vec<Value>> {
    use std::os::unix::fs::MetadataExt;
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).map_err(at("listing", folder))? {
        let entry = entry.map_err(at("listing", folder))?;
        let (name, path) = (entry.file_name(), entry.path());
        // What goes while it is listed is not there.
        let Ok(metadata) = entry.metadata() else { continue };
        if metadata.is_dir() {
            if !["pts", "shm", "mqueue", "fd"].iter().any(|&own| name == own) {
                found.extend(devices(&path)?);
            }
            continue;
        }
        let kind = match FileType::from_raw_mode(metadata.mode()) {
            FileType::CharacterDevice => "c",
            FileType::BlockDevice => "b",
            _ => continue,
        };
        if ["console", "ptmx", "tty"].iter().any(|&own| name == own) {
            continue;
        }
        let (major, minor) = (rustix::fs::major(metadata.rdev()), rustix::fs::minor(metadata.rdev()));
        found.push(json!({
            "path": path, "type": kind, "major": major, "minor": minor,
            "fileMode": metadata.mode() & 0o777, "uid": metadata.uid(), "gid": metadata.gid(),
        }));
    }
    Ok(found)
}
