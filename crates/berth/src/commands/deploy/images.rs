//! Images for the containers of a service.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result, bail};
use berth_api::ecs::DescribeTaskDefinitionRequest;
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

/// The images by their containers, which a task definition has to have.
pub(super) async fn by_container(client: &Client, arn: &str, images: &[Image]) -> Result<BTreeMap<String, String>> {
    let name = tasks::id(arn);
    let input = DescribeTaskDefinitionRequest { task_definition: arn.to_owned(), ..Default::default() };
    let answer = client.call(&input).await.with_context(|| format!("describing {name}"))?;
    let known = answer.task_definition.with_context(|| format!("{name} is not described"))?;
    let containers = known.container_definitions.unwrap_or_default().into_iter();
    let names: Vec<String> = containers.filter_map(|container| container.name).collect();
    assigned(&names, images).with_context(|| format!("changing the images of {name}"))
}

fn assigned(names: &[String], images: &[Image]) -> Result<BTreeMap<String, String>> {
    let mut assigned = BTreeMap::new();
    for Image { container, image } in images {
        let name = match (container, names) {
            (Some(name), _) if !names.contains(name) => bail!("it has no container {name}; there are {}", names.join(", ")),
            (Some(name), _) => name,
            (None, [only]) => only,
            (None, _) => bail!("it has several containers ({}): say which, as {}={image}", names.join(", "), names.join("|")),
        };
        if assigned.insert(name.clone(), image.clone()).is_some() {
            bail!("two images for one container");
        }
    }
    Ok(assigned)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn images(of: &[&str], given: &[&str]) -> Result<Vec<String>> {
        let names: Vec<String> = of.iter().map(ToString::to_string).collect();
        let given: Vec<_> = given.iter().map(|text| Image::parse(text).unwrap()).collect();
        Ok(assigned(&names, &given)?.into_iter().map(|(name, image)| format!("{name} {image}")).collect())
    }

    #[test]
    fn images_are_for_the_only_container_or_a_named_one() {
        assert_eq!(images(&["web"], &["new:2"]).unwrap(), ["web new:2"]);
        assert_eq!(images(&["web", "log"], &["log=registry:5000/log@sha256:00"]).unwrap(), ["log registry:5000/log@sha256:00"]);
        assert_eq!(images(&["web", "log"], &["log=a", "web=b"]).unwrap(), ["log a", "web b"]);
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
