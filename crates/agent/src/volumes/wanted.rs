//! What a container mounts, as its task says it. No I/O.

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};

use berth_api::acs::{Container, DockerVolume, Task, Volume};
use berth_runtime::Bind;

use super::options::{Backing, backing, host_path};

/// Characters of a volume's name, at most.
const LONGEST_NAME: usize = 255;

/// A volume at a place of a container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mount {
    pub(crate) source: Source,
    pub(crate) target: PathBuf,
    pub(crate) read_only: bool,
    /// Whether the image of this container may be what the volume begins with.
    pub(crate) fills: bool,
}

/// A volume.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Source {
    /// A folder of the host, made if it is not there.
    Host(PathBuf),
    /// A volume of the task's own.
    Own { name: String, backing: Backing },
    /// A volume of the machine's.
    Shared(Shared),
}

/// A volume that many tasks use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Shared {
    pub(crate) name: String,
    pub(crate) backing: Backing,
    pub(crate) options: BTreeMap<String, String>,
    pub(crate) labels: BTreeMap<String, String>,
    /// Whether it is made as asked for if it is not there.
    pub(crate) autoprovision: bool,
}

/// Why a volume cannot be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum WantedError {
    /// The volume is none that can be made here.
    #[error("volume {volume}: {problem}")]
    Volume { volume: String, problem: String },
    /// It cannot be mounted there.
    #[error("mount point {target} of container {container}: {problem}")]
    MountPoint { container: String, target: String, problem: String },
    /// The container whose volumes are asked for is not there, or asks for this one's.
    #[error("volumesFrom of container {container}: {source_container} {problem}")]
    From { container: String, source_container: String, problem: &'static str },
}

/// What a container mounts, those further up first.
pub(crate) fn mounts(task: &Task, container: &Container) -> Result<Vec<Mount>, WantedError> {
    let mut found = collect(task, container, &mut Vec::new())?;
    found.sort_by_key(|mount| mount.target.components().count());
    Ok(found)
}

/// The places of the containers whose volumes a container shares; none if one is not there.
pub(crate) fn shared_with(task: &Task, container: &Container) -> Option<Vec<usize>> {
    let place = |name: &str| task.containers.iter().position(|other| other.name == name);
    container.volumes_from.iter().map(|from| place(from.source_container.as_deref()?)).collect()
}

/// Volumes and files of the container's own, in the order in which they are mounted: those further up first. Where a task mounts what is also such
/// a file, it has its way.
pub(crate) fn beside(volumes: Vec<Bind>, files: Vec<Bind>) -> Vec<Bind> {
    let files: Vec<Bind> = files.into_iter().filter(|file| volumes.iter().all(|volume| volume.target != file.target)).collect();
    let mut all: Vec<Bind> = volumes.into_iter().chain(files).collect();
    all.sort_by_key(|bind| bind.target.components().count());
    all
}

/// Its own mount points come before those that it has from others.
fn collect(task: &Task, container: &Container, on_the_way: &mut Vec<String>) -> Result<Vec<Mount>, WantedError> {
    let mut found: Vec<Mount> = Vec::new();
    for point in &container.mount_points {
        let target = point.container_path.clone().unwrap_or_default();
        let refused = |problem: &str| WantedError::MountPoint {
            container: container.name.clone(),
            target: target.clone(),
            problem: problem.to_owned(),
        };
        let clean = target_path(&target).map_err(refused)?;
        if found.iter().any(|other| other.target == clean) {
            return Err(refused("it is there twice"));
        }
        let name = point.source_volume.as_deref().unwrap_or_default();
        let volume = task.volumes.iter().find(|volume| volume.name == name);
        let volume = volume.ok_or_else(|| refused(&format!("the task has no volume {name:?}")))?;
        found.push(Mount { source: source(volume)?, target: clean, read_only: point.read_only == Some(true), fills: true });
    }
    on_the_way.push(container.name.clone());
    for from in &container.volumes_from {
        let wanted = from.source_container.clone().unwrap_or_default();
        let failed = |problem| WantedError::From { container: container.name.clone(), source_container: wanted.clone(), problem };
        if on_the_way.contains(&wanted) {
            return Err(failed("has them from this one"));
        }
        let other = task.containers.iter().find(|other| other.name == wanted).ok_or_else(|| failed("is not in the task"))?;
        for mount in collect(task, other, on_the_way)? {
            if found.iter().all(|known| known.target != mount.target) {
                let read_only = mount.read_only || from.read_only == Some(true);
                found.push(Mount { read_only, fills: false, ..mount });
            }
        }
    }
    on_the_way.pop();
    Ok(found)
}

fn source(volume: &Volume) -> Result<Source, WantedError> {
    let name = volume.name.clone();
    let refused = |problem: String| WantedError::Volume { volume: name.clone(), problem };
    if !is_name(&name) {
        return Err(refused("its name has to be of letters, digits, - and _".to_owned()));
    }
    let own = |backing| Source::Own { name: name.clone(), backing };
    match (volume.r#type.as_deref().unwrap_or("host"), &volume.docker_volume_configuration) {
        ("host" | "", None) => {
            let path = volume.host.as_ref().and_then(|host| host.source_path.as_deref()).filter(|path| !path.is_empty());
            let Some(path) = path else { return Ok(own(Backing::Folder)) };
            host_path(path).map(Source::Host).map_err(|problem| refused(format!("host.sourcePath: {problem}")))
        }
        ("docker", Some(docker)) => of_docker(docker, &name).map_err(refused),
        (kind, _) => Err(refused(format!("volumes of type {kind} cannot be mounted here yet"))),
    }
}

fn of_docker(docker: &DockerVolume, name: &str) -> Result<Source, String> {
    if let Some(driver) = docker.driver.as_deref().filter(|driver| !["", "local"].contains(driver)) {
        return Err(format!("dockerVolumeConfiguration.driver {driver}: this machine has the driver local alone"));
    }
    let backing = backing(&docker.driver_opts).map_err(|problem| format!("dockerVolumeConfiguration.{problem}"))?;
    let name = name.to_owned();
    match docker.scope.as_deref().unwrap_or("task") {
        "task" => Ok(Source::Own { name, backing }),
        "shared" => Ok(Source::Shared(Shared {
            name,
            backing,
            options: docker.driver_opts.clone(),
            labels: docker.labels.clone(),
            autoprovision: docker.autoprovision == Some(true),
        })),
        scope => Err(format!("dockerVolumeConfiguration.scope {scope}: it is task or shared")),
    }
}

pub(super) fn is_name(name: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    (1..=LONGEST_NAME).contains(&name.len()) && name.bytes().all(allowed)
}

/// A place in a container, without detours.
fn target_path(text: &str) -> Result<PathBuf, &'static str> {
    if !text.starts_with('/') || text.contains('\0') {
        return Err("it has to be an absolute path");
    }
    let mut clean = PathBuf::from("/");
    for part in Path::new(text).components() {
        match part {
            Component::Normal(name) => clean.push(name),
            Component::ParentDir => {
                clean.pop();
            }
            Component::RootDir | Component::CurDir | Component::Prefix(_) => {}
        }
    }
    if clean == Path::new("/") {
        return Err("a volume cannot take the place of /");
    }
    if clean.starts_with("/proc") {
        return Err("nothing can be mounted in /proc");
    }
    Ok(clean)
}
