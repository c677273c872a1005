//! FireLens: one container that routes the logs of others.

use berth_api::ecs::{FirelensConfiguration, LogDriver, RegisterTaskDefinitionRequest};

use super::environment::is_s3_object;
use super::rule::{Checked, require};

/// The rules about the router and those who log through it.
pub(super) fn check(request: &RegisterTaskDefinitionRequest) -> Checked {
    let containers = &request.container_definitions;
    let routers = || containers.iter().filter_map(|container| container.firelens_configuration.as_ref());
    let logs = || containers.iter().filter_map(|container| container.log_configuration.as_ref());
    let used = logs().any(|log| log.log_driver == LogDriver::Awsfirelens);
    require(routers().count() <= 1, || "Only one container of a task definition can have a firelensConfiguration object.")?;
    let Some(router) = routers().next() else {
        return require(!used, || {
            "When awsfirelens log driver is specified in log configuration, a firelens configuration object must be \
             configured in one of the containers."
        });
    };
    require(used, || {
        "When a firelensConfiguration object is specified, at least one container has to be configured with the \
         awsfirelens log driver."
    })?;
    let kind = config_file(router);
    require(
        kind.is_none_or(|kind| matches!(kind, "file" | "s3")),
        || "Invalid FirelensConfiguration option 'config-file-type'. Must be one of [file,s3]",
    )?;
    require(kind != Some("s3") || is_s3_object(option(router, "config-file-value").unwrap_or_default()), || "Invalid arn syntax")
}

/// Where the router's own configuration comes from.
pub(super) fn config_file(router: &FirelensConfiguration) -> Option<&str> {
    option(router, "config-file-type")
}

fn option<'a>(router: &'a FirelensConfiguration, name: &str) -> Option<&'a str> {
    router.options.as_ref()?.get(name).map(String::as_str)
}
