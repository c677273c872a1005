//! What the official agent cannot load.

use berth_api::acs::docker::{Config, HostConfig};
use berth_api::acs::{Container, DesiredStatus, Task, Volume};
use serde_json::Value;

/// Why the task cannot be loaded, if it cannot: what is needed is absent, or something stands there that no agent knows.
#[must_use]
pub fn unacceptable(task: &Task) -> Option<String> {
    let needed = [("arn", &task.arn), ("family", &task.family), ("version", &task.version)];
    if let Some((name, _)) = needed.iter().find(|(_, value)| value.is_empty()) {
        return Some(format!("{name} is absent"));
    }
    match &task.desired_status {
        Some(DesiredStatus::Unlisted(status)) => return Some(format!("unrecognized desired status {status}")),
        None => return Some("desired status is absent".to_owned()),
        Some(DesiredStatus::None | DesiredStatus::Created | DesiredStatus::Running | DesiredStatus::Stopped) => {}
    }
    if task.containers.is_empty() {
        return Some("it has no containers".to_owned());
    }
    if let Some(proxy) = &task.proxy_configuration
        && proxy.r#type.as_deref() != Some("APPMESH")
    {
        return Some("unsupported proxy type".to_owned());
    }
    task.volumes.iter().find_map(volume).or_else(|| task.containers.iter().find_map(container))
}

fn volume(volume: &Volume) -> Option<String> {
    let known = ["host", "docker", "efs", "fsxWindowsFileServer", "attachment"];
    let kind = volume.r#type.as_deref().unwrap_or("host");
    if !known.contains(&kind) {
        return Some(format!("invalid Volume: unrecognized type {kind}"));
    }
    let docker = volume.docker_volume_configuration.as_ref()?;
    let is_task = docker.scope.as_deref().unwrap_or("task") == "task";
    (is_task && docker.autoprovision == Some(true)).then(|| "task scoped volume could not be autoprovisioned".to_owned())
}

fn container(container: &Container) -> Option<String> {
    if container.name.is_empty() || container.image.is_empty() {
        return Some("a container lacks its name or image".to_owned());
    }
    let overrides = container.overrides.as_deref().unwrap_or("{}");
    match serde_json::from_str::<Value>(overrides) {
        Ok(Value::Object(keys)) if keys.keys().all(|key| key == "command") => {}
        _ => return Some(format!("overrides of {}: {overrides}", container.name)),
    }
    let docker = container.docker_config.clone().unwrap_or_default();
    let config: Config = match serde_json::from_str(docker.config.as_deref().unwrap_or("{}")) {
        Ok(config) => config,
        Err(error) => return Some(format!("decoding the docker config of {}: {error}", container.name)),
    };
    if let Err(error) = serde_json::from_str::<HostConfig>(docker.host_config.as_deref().unwrap_or("{}")) {
        return Some(format!("decoding the docker host config of {}: {error}", container.name));
    }
    let lacks_check = container.health_check_type.as_deref() == Some("docker") && config.healthcheck.is_none();
    lacks_check.then(|| format!("{} has a docker health check and none in its config", container.name))
}
