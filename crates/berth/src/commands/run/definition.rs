//! The task definition behind `berth run`: registered once for the same container, so that running it again makes no new revision.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result};
use berth_api::ecs::{self as api, ContainerDefinition, KeyValuePair, LogConfiguration, LogDriver, TaskDefinition};
use berth_client::Client;
use berth_wire::Redacted;
use sha2::{Digest as _, Sha256};

use super::{Container, Network};

/// The log group of all containers of `berth run`.
const GROUP: &str = "/berth/run";
/// What a container reserves that has no limit: it needs one of the two.
const RESERVED_MIB: i32 = 16;

/// The task definition for a container.
pub(super) async fn of(client: &Client, container: &Container) -> Result<TaskDefinition> {
    let name = container.name.clone().unwrap_or_else(|| slug(&container.image));
    let input = request(client.region(), container, &name);
    let known = api::DescribeTaskDefinitionRequest { task_definition: input.family.clone(), ..Default::default() };
    match client.call(&known).await {
        Ok(answer) if answer.task_definition.is_some() => return answer.task_definition.context("it is there"),
        Ok(_) => {}
        Err(error) if error.code() == Some("ClientException") => {}
        Err(error) => return Err(error).context("looking for the task definition"),
    }
    let family = input.family.clone();
    let answer = client.call(&input).await.with_context(|| format!("registering the task definition {family}"))?;
    answer.task_definition.context("the answer names no task definition")
}

fn request(region: &str, container: &Container, name: &str) -> api::RegisterTaskDefinitionRequest {
    let options = [
        ("awslogs-group", GROUP),
        ("awslogs-create-group", "true"),
        ("awslogs-region", region),
        ("awslogs-stream-prefix", "run"),
    ];
    let options: BTreeMap<String, String> =
        options.into_iter().map(|(option, value)| (option.to_owned(), value.to_owned())).collect();
    let variable = |(name, value): &(String, String)| KeyValuePair { name: Some(name.clone()), value: Some(value.clone()) };
    let definition = ContainerDefinition {
        name: Some(name.to_owned()),
        image: Some(container.image.clone()),
        command: (!container.command.is_empty()).then(|| container.command.clone()),
        entry_point: container.entrypoint.clone().map(|program| vec![program]),
        environment: Some(Redacted(container.env.iter().map(variable).collect())),
        user: container.user.clone(),
        cpu: container.cpu,
        memory: container.memory,
        memory_reservation: container.memory.is_none().then_some(RESERVED_MIB),
        essential: Some(true),
        log_configuration: Some(LogConfiguration {
            log_driver: LogDriver::Awslogs,
            options: Some(options),
            ..Default::default()
        }),
        ..Default::default()
    };
    let network = match container.network {
        Network::Host => api::NetworkMode::Host,
        Network::None => api::NetworkMode::None,
    };
    api::RegisterTaskDefinitionRequest {
        family: format!("run-{name}-{}", digest(region, container)),
        network_mode: Some(network),
        container_definitions: vec![definition],
        ..Default::default()
    }
}

/// Tells containers of the same name apart.
fn digest(region: &str, container: &Container) -> String {
    let what = serde_json::json!([
        region,
        container.image,
        container.command,
        container.entrypoint,
        container.env,
        container.user,
        container.cpu,
        container.memory,
        container.network == Network::Host,
    ]);
    let digest = Sha256::digest(what.to_string().as_bytes());
    hex::encode(digest.get(..4).unwrap_or_default())
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

/// `NAME=VALUE`.
pub(super) fn variable(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
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
        assert!(super::variable("A").is_err() && super::variable("=b").is_err());
    }
}
