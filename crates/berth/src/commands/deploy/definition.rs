//! A revision of a task definition with other images.

use std::collections::BTreeSet;

use anyhow::{Context as _, Result, bail};
use berth_api::ecs::{
    ContainerDefinition, DescribeTaskDefinitionRequest, RegisterTaskDefinitionRequest, TaskDefinition, TaskDefinitionField,
};
use berth_client::Client;

use crate::tasks;

/// An image for a container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Image {
    /// The only one if none is named.
    container: Option<String>,
    image: String,
}

impl Image {
    /// `IMAGE` or `CONTAINER=IMAGE`: no image has an equals sign.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let (container, image) = match text.split_once('=') {
            Some((container, image)) => (Some(container.to_owned()), image),
            None => (None, text),
        };
        if image.is_empty() || container.as_deref() == Some("") {
            return Err("say it as IMAGE or CONTAINER=IMAGE".to_owned());
        }
        Ok(Self { container, image: image.to_owned() })
    }
}

/// The task definition with these images in place of its own: a new revision, or the same one if it has them already.
pub(super) async fn with_images(client: &Client, arn: &str, images: &[Image]) -> Result<String> {
    let name = tasks::id(arn);
    let include = Some(vec![TaskDefinitionField::Tags]);
    let input = DescribeTaskDefinitionRequest { task_definition: arn.to_owned(), include };
    let answer = client.call(&input).await.with_context(|| format!("describing {name}"))?;
    let known = answer.task_definition.with_context(|| format!("{name} is not described"))?;
    let mut containers = known.container_definitions.clone().unwrap_or_default();
    replace(&mut containers, images).with_context(|| format!("changing the images of {name}"))?;
    if known.container_definitions.as_ref() == Some(&containers) {
        return Ok(arn.to_owned());
    }
    let tags = answer.tags.filter(|tags| !tags.is_empty());
    let input = RegisterTaskDefinitionRequest { tags, ..request(known, containers) };
    let answer = client.call(&input).await.with_context(|| format!("registering a revision of {}", input.family))?;
    answer.task_definition.and_then(|made| made.task_definition_arn).context("the answer names no task definition")
}

fn replace(containers: &mut [ContainerDefinition], images: &[Image]) -> Result<()> {
    let names: Vec<String> = containers.iter().filter_map(|container| container.name.clone()).collect();
    let mut changed = BTreeSet::new();
    for Image { container, image } in images {
        let at = match (container, containers.len()) {
            (Some(name), _) => names.iter().position(|known| known == name),
            (None, 1) => Some(0),
            (None, _) => bail!("it has several containers ({}): say which, as {}={image}", names.join(", "), names.join("|")),
        };
        let Some((at, one)) = at.and_then(|at| Some((at, containers.get_mut(at)?))) else {
            bail!("it has no container {}; there are {}", container.as_deref().unwrap_or_default(), names.join(", "));
        };
        if !changed.insert(at) {
            bail!("two images for one container");
        }
        one.image = Some(image.clone());
    }
    Ok(())
}

/// What registers the definition again, with other containers.
fn request(known: TaskDefinition, containers: Vec<ContainerDefinition>) -> RegisterTaskDefinitionRequest {
    RegisterTaskDefinitionRequest {
        family: known.family.unwrap_or_default(),
        task_role_arn: known.task_role_arn,
        execution_role_arn: known.execution_role_arn,
        network_mode: known.network_mode,
        container_definitions: containers,
        volumes: known.volumes,
        placement_constraints: known.placement_constraints,
        requires_compatibilities: known.requires_compatibilities,
        cpu: known.cpu,
        memory: known.memory,
        tags: None,
        pid_mode: known.pid_mode,
        ipc_mode: known.ipc_mode,
        proxy_configuration: known.proxy_configuration,
        inference_accelerators: known.inference_accelerators,
        ephemeral_storage: known.ephemeral_storage,
        runtime_platform: known.runtime_platform,
        enable_fault_injection: known.enable_fault_injection,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn container(name: &str) -> ContainerDefinition {
        ContainerDefinition { name: Some(name.to_owned()), image: Some("old".to_owned()), ..Default::default() }
    }

    fn images(of: &[&str], given: &[&str]) -> Result<Vec<String>> {
        let mut containers: Vec<_> = of.iter().map(|name| container(name)).collect();
        let given: Vec<_> = given.iter().map(|text| Image::parse(text).unwrap()).collect();
        replace(&mut containers, &given)?;
        Ok(containers.into_iter().filter_map(|container| container.image).collect())
    }

    #[test]
    fn images_are_for_the_only_container_or_a_named_one() {
        assert_eq!(images(&["web"], &["new:2"]).unwrap(), ["new:2"]);
        assert_eq!(
            images(&["web", "log"], &["log=registry:5000/log@sha256:00"]).unwrap(),
            ["old", "registry:5000/log@sha256:00"]
        );
        assert_eq!(images(&["web", "log"], &["log=a", "web=b"]).unwrap(), ["b", "a"]);
    }

    #[test]
    fn images_for_no_container_or_for_several_are_refused() {
        let refused = [
            (&["web", "log"][..], &["new"][..], "several containers (web, log)"),
            (&["web"], &["log=new"], "no container log; there are web"),
            (&["web"], &["a", "web=b"], "two images for one container"),
        ];
        for (of, given, why) in refused {
            let error = images(of, given).unwrap_err().to_string();
            assert!(error.contains(why), "{error}");
        }
        assert!(Image::parse("").is_err() && Image::parse("web=").is_err() && Image::parse("=new").is_err());
    }
}
