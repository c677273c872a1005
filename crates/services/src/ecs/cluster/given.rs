//! What a caller may say of a cluster.

use berth_api::Refusal;
use berth_api::ecs::{self as api, errors};
use berth_model::{Document, Name};

use super::INSIGHTS;
use crate::document;
use crate::ecs::scope::shortened;

/// Characters of a Service Connect namespace's name, at most, and those that it does not have.
const LONGEST_NAMESPACE: usize = 1024;
const NOT_IN_NAMESPACES: &[char] = &['<', '>', '"', '/'];

/// A cluster's settings.
pub(in crate::ecs) fn settings(given: &[api::ClusterSetting]) -> Result<Vec<(Name, Box<str>)>, Refusal> {
    let mut settings = Vec::with_capacity(given.len());
    for setting in given {
        let value = setting.value.as_deref().unwrap_or_default();
        if !["enabled", "enhanced", "disabled"].contains(&value) {
            return Err(errors::invalid_parameter_exception(format!(
                "The value of the cluster setting containerInsights must be enabled, enhanced or disabled, but was {}.",
                shortened(value)
            )));
        }
        settings.push((Name::new(INSIGHTS.0), value.into()));
    }
    if settings.len() > 1 {
        return Err(errors::invalid_parameter_exception(
            "Duplicate cluster settings: containerInsights is given more than once.",
        ));
    }
    Ok(settings)
}

/// A cluster's configuration, as it is kept.
pub(in crate::ecs) fn configuration(given: &api::ClusterConfiguration) -> Result<Document, Refusal> {
    let execute = given.execute_command_configuration.as_ref();
    let overrides = execute.is_some_and(|execute| execute.logging == Some(api::ExecuteCommandLogging::Override));
    if overrides && execute.is_some_and(|execute| execute.log_configuration.is_none()) {
        return Err(errors::invalid_parameter_exception("A logConfiguration must be specified when logging is OVERRIDE."));
    }
    Ok(document::write(api::ClusterConfiguration::PLACE, given))
}

/// A cluster's Service Connect namespace; the empty name is none.
pub(in crate::ecs) fn namespace(given: &api::ClusterServiceConnectDefaultsRequest) -> Result<Option<Box<str>>, Refusal> {
    let name = given.namespace.as_str();
    let fits = name.chars().count() <= LONGEST_NAMESPACE && (name.starts_with("arn:") || !name.contains(NOT_IN_NAMESPACES));
    if !fits {
        return Err(errors::invalid_parameter_exception(format!(
            "Invalid namespace: a name has at most {LONGEST_NAMESPACE} characters, and none of <, >, \" and /."
        )));
    }
    Ok(Some(name).filter(|name| !name.is_empty()).map(Into::into))
}

#[cfg(test)]
mod tests;
