//! The task definition behind `berth run`: registered once for the same container, so that running it again makes no new revision; with
//! `--rm` one of its own, which goes when the task is over.

use anyhow::{Context as _, Result};
use berth_api::ecs::{self as api, ContainerDefinition, KeyValuePair, Secret, TaskDefinition};
use berth_api::logs::DeleteLogStreamRequest;
use berth_client::Client;
use berth_wire::json::JsonWriter;
use berth_wire::{Redacted, Shape as _};
use sha2::{Digest as _, Sha256};

use super::port::Port;
use super::{Container, Network, log, volume};
use crate::tasks;

/// What a container reserves that has no limit: it needs one of the two.
const RESERVED_MIB: i32 = 16;

/// The task definition for a container.
pub(super) async fn of(client: &Client, container: &Container, to_be_removed: bool) -> Result<TaskDefinition> {
    let name = container.name.clone().unwrap_or_else(|| slug(container.image.as_deref().unwrap_or_default()));
    let mut input = request(client.region(), container, &name);
    input.family = format!("run-{name}-{}", if to_be_removed { random()? } else { digest(&input) });
    if !to_be_removed && let Some(known) = known(client, &input.family).await? {
        return Ok(known);
    }
    let answer = client.call(&input).await.with_context(|| format!("registering the task definition {}", input.family))?;
    answer.task_definition.context("the answer names no task definition")
}

/// The newest revision of a family.
async fn known(client: &Client, family: &str) -> Result<Option<TaskDefinition>> {
    let input = api::DescribeTaskDefinitionRequest { task_definition: family.to_owned(), ..Default::default() };
    match client.call(&input).await {
        Ok(answer) => Ok(answer.task_definition),
        Err(error) if error.code() == Some("ClientException") => Ok(None),
        Err(error) => Err(error).context("looking for the task definition"),
    }
}

/// Removes a definition, and the log of the task that was made from it and has ended.
pub(super) async fn remove(client: &Client, definition: &TaskDefinition, ended: Option<&str>) -> Result<()> {
    let arn = definition.task_definition_arn.clone().unwrap_or_default();
    let input = api::DeregisterTaskDefinitionRequest { task_definition: arn.clone() };
    client.call(&input).await.context("deregistering the task definition")?;
    let input = api::DeleteTaskDefinitionsRequest { task_definitions: vec![arn] };
    client.call(&input).await.context("deleting the task definition")?;
    let container = definition.container_definitions.iter().flatten().next();
    let log = container.and_then(|container| Some((container.name.as_deref()?, container.log_configuration.as_ref()?)));
    let stream = log.zip(ended).and_then(|((name, log), task)| log::stream(log, name, tasks::id(task)));
    let Some((log_group_name, log_stream_name)) = stream else { return Ok(()) };
    let input = DeleteLogStreamRequest { log_group_name, log_stream_name };
    match client.call(&input).await {
        // It did not come to print anything.
        Err(error) if error.code() == Some("ResourceNotFoundException") => Ok(()),
        answer => answer.map(drop).context("deleting the log"),
    }
}

/// A definition without its family.
fn request(region: &str, container: &Container, name: &str) -> api::RegisterTaskDefinitionRequest {
    let (volumes, mounts) = volume::of(&container.volume);
    let variable = |(name, value): &(String, String)| KeyValuePair { name: Some(name.clone()), value: Some(value.clone()) };
    let secret = |(name, arn): &(String, String)| Secret { name: name.clone(), value_from: arn.clone() };
    let definition = ContainerDefinition {
        name: Some(name.to_owned()),
        image: container.image.clone(),
        command: (!container.command.is_empty()).then(|| container.command.clone()),
        entry_point: container.entrypoint.clone().map(|program| vec![program]),
        environment: Some(Redacted(container.env.iter().map(variable).collect())),
        user: container.user.clone(),
        cpu: container.cpu,
        memory: container.memory,
        memory_reservation: container.memory.is_none().then_some(RESERVED_MIB),
        essential: Some(true),
        port_mappings: Some(container.publish.iter().copied().map(Port::mapping).collect()),
        mount_points: Some(mounts),
        log_configuration: Some(log::configuration(region, container.log_driver.as_deref(), &container.log_opt)),
        secrets: (!container.secret.is_empty()).then(|| container.secret.iter().map(secret).collect()),
        ..Default::default()
    };
    let network = match container.network() {
        Network::Host => api::NetworkMode::Host,
        Network::None => api::NetworkMode::None,
        Network::Bridge => api::NetworkMode::Bridge,
        Network::Awsvpc => api::NetworkMode::Awsvpc,
    };
    api::RegisterTaskDefinitionRequest {
        network_mode: Some(network),
        task_role_arn: container.task_role.clone(),
        execution_role_arn: container.execution_role.clone(),
        volumes: Some(volumes),
        container_definitions: vec![definition],
        ..Default::default()
    }
}

/// Tells containers of the same name apart.
fn digest(definition: &api::RegisterTaskDefinitionRequest) -> String {
    let mut writer = JsonWriter::new();
    definition.write(api::RegisterTaskDefinitionRequest::PLACE, &mut writer);
    let digest = Sha256::digest(writer.into_bytes());
    hex::encode(digest.get(..4).unwrap_or_default())
}

/// A name that no other one has.
fn random() -> Result<String> {
    let mut bytes = [0; 8];
    getrandom::fill(&mut bytes).context("asking the kernel for random bytes")?;
    Ok(hex::encode(bytes))
}

/// A name made of an image's: `registry:5000/team/web:1.2` is `web`.
fn slug(image: &str) -> String {
    let path = image.split_once('@').map_or(image, |(path, _)| path);
    let last = path.rsplit('/').next().unwrap_or(path);
    let bare = last.split_once(':').map_or(last, |(bare, _)| bare);
    let letter = |letter: char| if letter.is_ascii_alphanumeric() || letter == '-' || letter == '_' { letter } else { '-' };
    let name: String = bare.chars().map(letter).take(LONGEST_NAME).collect();
    if name.is_empty() { "image".to_owned() } else { name }
}

/// Of a name, so that what is made of it is a family's.
const LONGEST_NAME: usize = 200;

/// A name that ECS takes.
pub(super) fn name(text: &str) -> Result<String, String> {
    let fits = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
    if fits && (1..=LONGEST_NAME).contains(&text.len()) {
        return Ok(text.to_owned());
    }
    Err(format!("a name has 1 to {LONGEST_NAME} letters, digits, hyphens and underscores"))
}

/// `NAME=VALUE`, or `NAME` for the value that it has here.
pub(super) fn variable(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        None if !text.is_empty() => match std::env::var(text) {
            Ok(value) => Ok((text.to_owned(), value)),
            Err(error) => Err(format!("{text} has no value here to take over ({error}): say {text}=VALUE")),
        },
        _ => Err("a variable is NAME=VALUE".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn families_are_named_after_the_images_last_part() {
        let names = [("nginx", "nginx"), ("registry:5000/team/web.app:1.2", "web-app"), ("a/b@sha256:00", "b"), ("", "image")];
        for (image, name) in names {
            assert_eq!(super::slug(image), name, "{image}");
        }
    }

    #[test]
    fn variables_have_a_name_and_may_have_an_empty_value() {
        assert_eq!(super::variable("A=b=c"), Ok(("A".to_owned(), "b=c".to_owned())));
        assert_eq!(super::variable("A="), Ok(("A".to_owned(), String::new())));
        assert_eq!(super::variable("PATH"), Ok(("PATH".to_owned(), std::env::var("PATH").unwrap())));
        assert!(
            super::variable("BERTH_NO_SUCH_VARIABLE").is_err() && super::variable("=b").is_err() && super::variable("").is_err()
        );
    }
}
