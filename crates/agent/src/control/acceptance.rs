//! Which tasks can be taken in.

use std::path::{Component, Path};

use berth_api::acs::docker::{Config, HostConfig};
use berth_api::acs::{Container, DesiredStatus, Task};
use serde_json::Value;

/// Characters of the last part of a task's ARN, at most: it names a folder.
const LONGEST_ID: usize = 64;

/// Why a task cannot be taken in, if it cannot. What a container asks for is looked at when it is made.
pub(super) fn unacceptable(task: &Task) -> Option<String> {
    if task_id(&task.arn).is_none() {
        return Some(format!("its arn {:?} is none", shown(&task.arn)));
    }
    for (name, value) in [("family", &task.family), ("version", &task.version)] {
        if value.is_empty() {
            return Some(format!("{name} is absent"));
        }
    }
    match &task.desired_status {
        Some(DesiredStatus::Unlisted(status)) => return Some(format!("unrecognized desired status {}", shown(status))),
        None => return Some("desired status is absent".to_owned()),
        Some(DesiredStatus::None | DesiredStatus::Created | DesiredStatus::Running | DesiredStatus::Stopped) => {}
    }
    if task.containers.is_empty() {
        return Some("it has no containers".to_owned());
    }
    let twice = task.containers.iter().enumerate().find(|(at, container)| {
        let before = task.containers.get(..*at).unwrap_or_default();
        before.iter().any(|other| other.name == container.name)
    });
    if let Some((_, container)) = twice {
        return Some(format!("two containers are called {}", container.name));
    }
    task.containers.iter().find_map(container)
}

fn container(container: &Container) -> Option<String> {
    let Container { name, image, .. } = container;
    if name.is_empty() || image.is_empty() {
        return Some("a container lacks its name or image".to_owned());
    }
    if !names_a_folder(name) {
        return Some(format!("{:?} is no name of a container", shown(name)));
    }
    let overrides = container.overrides.as_deref().unwrap_or("{}");
    match serde_json::from_str::<Value>(overrides) {
        Ok(Value::Object(keys)) if keys.is_empty() => {}
        _ => return Some(format!("overrides of container {name} are to be merged by the control plane")),
    }
    let docker = container.docker_config.as_ref();
    let config = docker.and_then(|docker| docker.config.as_deref()).unwrap_or("{}");
    if let Err(error) = serde_json::from_str::<Config>(config) {
        return Some(format!("decoding the docker config of container {name}: {error}"));
    }
    let host = docker.and_then(|docker| docker.host_config.as_deref()).unwrap_or("{}");
    serde_json::from_str::<HostConfig>(host)
        .err()
        .map(|error| format!("decoding the docker host config of container {name}: {error}"))
}

/// The last part of a task's ARN, which names it on this machine.
pub(crate) fn task_id(arn: &str) -> Option<&str> {
    let id = arn.rsplit('/').next()?;
    let is_id = id.len() <= LONGEST_ID && !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    (arn.starts_with("arn:") && is_id).then_some(id)
}

/// Whether a folder of this name lies where it should.
fn names_a_folder(name: &str) -> bool {
    let mut parts = Path::new(name).components();
    name.len() <= 255 && matches!((parts.next(), parts.next()), (Some(Component::Normal(part)), None) if part == name)
}

/// As much of it as an error shows.
fn shown(text: &str) -> String {
    text.chars().take(128).collect()
}
