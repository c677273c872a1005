//! What a container has in Docker's words.

use berth_api::acs::Container;
use berth_api::acs::docker::{Config, HostConfig};
use serde::de::DeserializeOwned;

use super::error::FieldError;

/// A container's own words and Docker's, side by side.
#[derive(Debug)]
pub(super) struct Wanted<'a> {
    pub(super) container: &'a Container,
    pub(super) command: Option<Vec<String>>,
    pub(super) config: Config,
    pub(super) host: HostConfig,
}

/// All that `overrides` may hold.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Overrides {
    #[serde(default)]
    command: Option<Vec<String>>,
}

impl<'a> Wanted<'a> {
    pub(super) fn of(container: &'a Container) -> Result<Self, FieldError> {
        let docker = container.docker_config.as_ref();
        let overrides: Option<Overrides> = read("overrides", container.overrides.as_deref())?;
        let overridden = overrides.and_then(|overrides| overrides.command);
        Ok(Self {
            container,
            command: overridden.or_else(|| container.command.clone()),
            config: read("dockerConfig.config", docker.and_then(|docker| docker.config.as_deref()))?.unwrap_or_default(),
            host: read("dockerConfig.hostConfig", docker.and_then(|docker| docker.host_config.as_deref()))?.unwrap_or_default(),
        })
    }
}

fn read<T: DeserializeOwned>(field: &'static str, text: Option<&str>) -> Result<Option<T>, FieldError> {
    let text = text.filter(|text| !text.is_empty());
    text.map(|text| serde_json::from_str(text).map_err(|error| FieldError::new(field, error.to_string()))).transpose()
}
