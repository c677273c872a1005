//! `berth run --task-definition`: a task of a definition that is registered, with other things in it for this once.

use anyhow::{Context as _, Result, bail};
use berth_api::ecs::{
    ContainerDefinition, ContainerOverride, DescribeTaskDefinitionRequest, KeyValuePair, Secret, TaskDefinition, TaskOverride,
};
use berth_client::Client;
use berth_wire::Redacted;

use super::{Container, log};

/// What to run of what is registered.
#[derive(Debug, clap::Args)]
pub(super) struct Registered {
    /// Run a task of a definition that is registered; options and command are in place of what it says, for this task alone
    #[arg(
        long,
        value_name = "FAMILY[:NUMBER]",
        conflicts_with_all = ["name", "publish", "volume", "user", "task_role", "execution_role", "network"]
    )]
    task_definition: Option<String>,

    /// With --task-definition: the container that options and command are about; the only one if nothing is said
    #[arg(long, value_name = "NAME", requires = "task_definition")]
    container: Option<String>,

    /// With --task-definition: another image
    #[arg(long = "image", value_name = "IMAGE", requires = "task_definition")]
    other_image: Option<String>,
}

/// A task definition, what is in its place for one task, and the container that says how it went, where there are several.
#[derive(Debug)]
pub(super) struct Chosen {
    pub(super) definition: TaskDefinition,
    pub(super) overrides: Option<TaskOverride>,
    pub(super) container: Option<String>,
}

impl Chosen {
    /// A definition as it is.
    pub(super) const fn new(definition: TaskDefinition) -> Self {
        Self { definition, overrides: None, container: None }
    }
}

impl Registered {
    /// The definition that is named, if one is.
    pub(super) async fn find(&self, client: &Client, wanted: &Container) -> Result<Option<Chosen>> {
        let Some(name) = &self.task_definition else { return Ok(None) };
        let input = DescribeTaskDefinitionRequest { task_definition: name.clone(), ..Default::default() };
        let answer = client.call(&input).await.with_context(|| format!("describing the task definition {name}"))?;
        let definition = answer.task_definition.with_context(|| format!("{name} is not described"))?;
        let containers = definition.container_definitions.as_deref().unwrap_or_default();
        let said = self.overrides(client.region(), wanted);
        let container = meant(containers, self.container.as_deref(), said.is_some())
            .with_context(|| format!("looking for the container in {name}"))?
            .to_owned();
        let overrides = said.map(|said| TaskOverride {
            container_overrides: Some(vec![ContainerOverride { name: Some(container.clone()), ..said }]),
            ..Default::default()
        });
        Ok(Some(Chosen { definition, overrides, container: Some(container) }))
    }

    /// What is said of a container.
    fn overrides(&self, region: &str, wanted: &Container) -> Option<ContainerOverride> {
        let command: Vec<String> = wanted.image.iter().chain(&wanted.command).cloned().collect();
        let variable = |(name, value): &(String, String)| KeyValuePair { name: Some(name.clone()), value: Some(value.clone()) };
        let secret = |(name, arn): &(String, String)| Secret { name: name.clone(), value_from: arn.clone() };
        let is_log_said = wanted.log_driver.is_some() || !wanted.log_opt.is_empty();
        let said = ContainerOverride {
            command: (!command.is_empty()).then_some(command),
            environment: (!wanted.env.is_empty()).then(|| Redacted(wanted.env.iter().map(variable).collect())),
            cpu: wanted.cpu,
            memory: wanted.memory,
            berth_image: self.other_image.clone(),
            berth_entry_point: wanted.entrypoint.clone().map(|program| vec![program]),
            berth_log_configuration: is_log_said
                .then(|| log::configuration(region, wanted.log_driver.as_deref(), &wanted.log_opt)),
            berth_secrets: (!wanted.secret.is_empty()).then(|| wanted.secret.iter().map(secret).collect()),
            ..Default::default()
        };
        (said != ContainerOverride::default()).then_some(said)
    }
}

/// The container that somebody means. Where nothing is said of it, it is the one that the others live and end with.
fn meant<'a>(containers: &'a [ContainerDefinition], named: Option<&str>, is_something_said: bool) -> Result<&'a str> {
    let names: Vec<&str> = containers.iter().filter_map(|container| container.name.as_deref()).collect();
    let essential = containers.iter().find(|container| container.essential != Some(false));
    match (named, names.as_slice()) {
        (Some(named), _) => match names.iter().find(|known| **known == named) {
            Some(known) => Ok(known),
            None => bail!("it has no container {named}; there are {}", names.join(", ")),
        },
        (None, [only]) => Ok(only),
        (None, _) if is_something_said => {
            bail!("it has several containers ({}): say with --container which one this is about", names.join(", "))
        }
        (None, _) => essential.and_then(|container| container.name.as_deref()).context("it has no container"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn containers(names: &[&str]) -> Vec<ContainerDefinition> {
        let container = |name: &&str| ContainerDefinition {
            name: Some((*name).to_owned()),
            essential: Some(*name != "log"),
            ..Default::default()
        };
        names.iter().map(container).collect()
    }

    #[test]
    fn a_container_is_the_only_one_or_a_named_one_or_the_essential_one() {
        let both = containers(&["log", "web"]);
        assert_eq!(meant(&both, Some("log"), true).unwrap(), "log");
        assert_eq!(meant(&both, None, false).unwrap(), "web");
        assert_eq!(meant(&containers(&["web"]), None, true).unwrap(), "web");
        let several = meant(&both, None, true).unwrap_err().to_string();
        assert!(several.contains("(log, web)") && several.contains("--container"), "{several}");
        let none = meant(&both, Some("db"), true).unwrap_err().to_string();
        assert!(none.contains("no container db; there are log, web"), "{none}");
    }
}
