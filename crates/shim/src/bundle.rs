//! What the library is told: an OCI specification with Docker's defaults. Nothing of cgroups: see `groups`. Other runtimes are told more:
//! see `oci`.

use std::fs;
use std::path::{Path, PathBuf};

use berth_runtime::{Bind, ContainerSpec, Network, Tmpfs};
use rustix::thread::CapabilitySet;
use serde_json::{Value, json};

use crate::confinement;
use crate::devices::Node;
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
    /// Besides those that every container has.
    pub(crate) devices: &'a [Node],
}

/// The specification of a container.
pub(crate) fn specification(spec: &ContainerSpec, stage: &Stage, first: &First<'_>) -> Result<Value> {
    Ok(json!({
        "ociVersion": "1.0.2",
        "hostname": spec.hostname,
        "root": { "path": stage.rootfs, "readonly": spec.rootfs.read_only },
        "process": process(spec, first)?,
        "mounts": mounts(spec, stage, first.devices)?,
        "linux": linux(spec, stage, first.devices),
    }))
}

/// Writes a specification into a container's bundle.
pub(crate) fn write(bundle: &Path, config: &Value) -> Result<()> {
    let path = bundle.join("config.json");
    let text = serde_json::to_vec(config).map_err(|error| broken("writing the container's OCI specification", &error))?;
    fs::write(&path, text).map_err(at("writing", &path))
}

fn process(spec: &ContainerSpec, first: &First<'_>) -> Result<Value> {
    let names: Vec<String> = first.capabilities.iter_names().map(|(name, _)| format!("CAP_{name}")).collect();
    Ok(json!({
        "terminal": spec.process.terminal,
        "user": { "uid": first.identity.user, "gid": first.identity.group, "additionalGids": first.identity.groups, "umask": 0o022 },
        "args": spec.process.args,
        // What the library would look up in the container's files with the system's own functions, which load code from there.
        "env": [format!("HOME={}", first.identity.home), "PATH=/"],
        "cwd": first.cwd,
        // The executor goes on from here, and takes away what is not the container's.
        "capabilities": { "bounding": names, "permitted": names, "effective": names, "inheritable": [], "ambient": [] },
        "rlimits": confinement::limits_text(&spec.process.resource_limits)?,
        "noNewPrivileges": false,
    }))
}

fn mounts(spec: &ContainerSpec, stage: &Stage, devices: &[Node]) -> Result<Vec<Value>> {
    let safe = ["nosuid", "noexec", "nodev"];
    let access = if spec.privileged { "rw" } else { "ro" };
    let mut mounts = vec![
        mount("proc", "proc", "/proc", &safe),
        mount("tmpfs", "tmpfs", "/dev", &["nosuid", "strictatime", "mode=755", "size=65536k"]),
        mount("devpts", "devpts", "/dev/pts", &["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"]),
        mount("sysfs", "sysfs", "/sys", &["nosuid", "noexec", "nodev", access]),
        mount("mqueue", "mqueue", "/dev/mqueue", &safe),
    ];
    mounts.extend(stage.shared.memory(spec));
    let binds = spec.binds.iter().zip(&stage.binds).map(|(bind, source)| bound(bind, source, spec.privileged));
    let mut asked: Vec<Value> = binds.collect::<Result<_>>()?;
    asked.extend(devices.iter().filter_map(Node::bound));
    asked.extend(spec.tmpfs.iter().map(
        |Tmpfs { target, options }| json!({ "destination": target, "type": "tmpfs", "source": "tmpfs", "options": options }),
    ));
    if let Some(wrongly) = asked.iter().map(destination).find(|target| !is_mountable(target)) {
        return Err(wrong(format!("nothing can be mounted at {}", wrongly.display())));
    }
    // What is asked for at the place of one of these is there instead of it; and what lies in something comes after it.
    mounts.retain(|own| !asked.iter().any(|asked| destination(asked) == destination(own)));
    mounts.append(&mut asked);
    mounts.sort_by_key(|mount| destination(mount).components().count());
    Ok(mounts)
}

fn destination(mount: &Value) -> &Path {
    Path::new(mount["destination"].as_str().unwrap_or_default())
}

/// Not where the container's own `/proc` has to be what it is: masks lie on it.
fn is_mountable(target: &Path) -> bool {
    target.is_absolute() && target != Path::new("/") && !target.starts_with("/proc")
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
    // With all that is mounted in it. Nodes of devices that lie in what it is given are none of a container's.
    let access = if bind.read_only { "rro" } else { "rw" };
    let mut options = vec!["rbind", "rprivate", access];
    if !privileged {
        options.push("rnodev");
    }
    Ok(json!({ "destination": bind.target, "type": "bind", "source": source, "options": options }))
}

fn linux(spec: &ContainerSpec, stage: &Stage, devices: &[Node]) -> Value {
    let mut namespaces = stage.shared.namespaces(spec);
    namespaces.extend(["mount", "uts", "cgroup"].iter().map(|kind| json!({ "type": kind })));
    match (&spec.network, &stage.network) {
        (Network::Host, _) => {}
        (_, None) => namespaces.push(json!({ "type": "network" })),
        (_, Some(opened)) => namespaces.push(json!({ "type": "network", "path": path_of(opened) })),
    }
    let mut linux = json!({
        "devices": devices.iter().filter_map(Node::made).collect::<Vec<_>>(),
        "sysctl": spec.sysctls,
        "rootfsPropagation": "private",
    });
    if let Some(user) = &stage.user {
        namespaces.push(json!({ "type": "user", "path": user.path() }));
    }
    if !spec.privileged {
        linux["maskedPaths"] = masked().into();
        linux["readonlyPaths"] = READ_ONLY.as_slice().into();
    }
    linux["namespaces"] = namespaces.into();
    linux
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
