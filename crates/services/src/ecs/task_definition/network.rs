//! What each network mode rules out.

use berth_api::ecs::{ContainerDefinition, NetworkMode, RegisterTaskDefinitionRequest};

use super::ports::word;
use super::rule::{Checked, all, require};

/// The rules between the task's network mode and its containers.
pub(super) fn check(request: &RegisterTaskDefinitionRequest) -> Checked {
    let mode = request.network_mode.as_ref().unwrap_or(&NetworkMode::Bridge);
    for container in &request.container_definitions {
        require(*mode == NetworkMode::Bridge || all(container.links.as_ref()).is_empty(), || {
            format!("Links are not supported when networkMode={}.", word(mode))
        })?;
        if *mode == NetworkMode::Awsvpc {
            check_own_network(container)?;
        }
    }
    Ok(())
}

/// A task with its own network interface has one host name and one resolver for all of its containers.
fn check_own_network(container: &ContainerDefinition) -> Checked {
    let unsupported = |what: &str| format!("{what} supported on container when networkMode=awsvpc.");
    let none = |names: &Option<Vec<String>>| all(names.as_ref()).is_empty();
    require(container.hostname.is_none(), || unsupported("hostname is not"))?;
    require(none(&container.dns_servers), || unsupported("DNS servers are not"))?;
    require(none(&container.dns_search_domains), || unsupported("DNS search domains are not"))?;
    require(all(container.extra_hosts.as_ref()).is_empty(), || unsupported("Extra hosts are not"))?;
    require(container.disable_networking != Some(true), || unsupported("Disable Networking is not"))
}
