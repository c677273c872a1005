//! What `--volume` says: a folder of the machine or a named volume, and where the container sees it.

use std::str::FromStr;

use berth_api::ecs::{self as api, DockerVolumeConfiguration, HostVolumeProperties, MountPoint, Scope};

/// Something that a container mounts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Volume {
    source: Source,
    target: String,
    read_only: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Source {
    /// A path of the machine.
    Path(String),
    /// A volume of Berth's, which stays.
    Name(String),
}

impl FromStr for Volume {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (source, target, mode) = match text.split(':').collect::<Vec<_>>()[..] {
            [source, target] => (source, target, "rw"),
            [source, target, mode] => (source, target, mode),
            _ => return Err("a volume is PATH:TARGET[:ro] or NAME:TARGET[:ro]".to_owned()),
        };
        if !target.starts_with('/') {
            return Err(format!("{target:?} is no absolute path in the container"));
        }
        let read_only = match mode {
            "ro" => true,
            "rw" => false,
            other => return Err(format!("{other} is neither ro nor rw")),
        };
        Ok(Self { source: source.parse()?, target: target.to_owned(), read_only })
    }
}

impl FromStr for Source {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text.starts_with('/') {
            return Ok(Self::Path(text.to_owned()));
        }
        let in_name = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        if text.bytes().all(in_name) && text.bytes().next().is_some_and(|byte| byte.is_ascii_alphanumeric()) {
            return Ok(Self::Name(text.to_owned()));
        }
        Err(format!(
            "{text:?} is neither an absolute path of the machine nor the name of a volume: letters, digits, hyphens and underscores"
        ))
    }
}

/// A task's volumes and where its container mounts them.
pub(super) fn of(volumes: &[Volume]) -> (Vec<api::Volume>, Vec<MountPoint>) {
    let mut made: Vec<api::Volume> = Vec::new();
    let mut mounts = Vec::with_capacity(volumes.len());
    for (at, volume) in volumes.iter().enumerate() {
        let source = match &volume.source {
            // No name of a volume begins so.
            Source::Path(path) => api::Volume {
                name: Some(format!("_{at}")),
                host: Some(HostVolumeProperties { source_path: Some(path.clone()) }),
                ..Default::default()
            },
            Source::Name(name) => api::Volume {
                name: Some(name.clone()),
                docker_volume_configuration: Some(DockerVolumeConfiguration {
                    scope: Some(Scope::Shared),
                    autoprovision: Some(true),
                    ..Default::default()
                }),
                ..Default::default()
            },
        };
        mounts.push(MountPoint {
            source_volume: source.name.clone(),
            container_path: Some(volume.target.clone()),
            read_only: Some(volume.read_only),
        });
        if !made.contains(&source) {
            made.push(source);
        }
    }
    (made, mounts)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn volumes(texts: &[&str]) -> Vec<Volume> {
        texts.iter().map(|text| text.parse().unwrap()).collect()
    }

    #[test]
    fn volumes_are_written_as_docker_writes_them() {
        let given = volumes(&["/srv/www:/www:ro", "data:/data", "data:/copy"]);
        let (made, mounts) = of(&given);
        let names: Vec<_> = made.iter().map(|volume| volume.name.as_deref().unwrap()).collect();
        assert_eq!(names, ["_0", "data"], "a volume that is mounted twice is one");
        assert_eq!(made[0].host.as_ref().unwrap().source_path.as_deref(), Some("/srv/www"));
        assert_eq!(made[1].docker_volume_configuration.as_ref().unwrap().autoprovision, Some(true));
        let places: Vec<_> = mounts.iter().map(|mount| (mount.container_path.as_deref().unwrap(), mount.read_only)).collect();
        assert_eq!(places, [("/www", Some(true)), ("/data", Some(false)), ("/copy", Some(false))]);
    }

    #[test]
    fn what_is_no_volume_is_refused() {
        for wrong in ["", "/data", "a:b", "./a:/b", "a:/b:rx", "a:/b:ro:z", ":/b", "_a:/b", "a b:/c"] {
            assert!(wrong.parse::<Volume>().is_err(), "{wrong}");
        }
    }
}
