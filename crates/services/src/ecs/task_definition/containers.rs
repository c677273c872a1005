//! What a container definition must have, and its plain members.

use std::net::IpAddr;

use berth_api::ecs::{ContainerDefinition, RegisterTaskDefinitionRequest};

use super::rule::{Checked, all, duplicate, is_plain_name, name, require, require_setting, text};

/// Containers in a task, at most.
const MOST: usize = 10;
/// Characters in a container's name and in an image, at most.
const LONGEST: usize = 255;

/// The list as a whole.
pub(super) fn check_list(request: &RegisterTaskDefinitionRequest) -> Checked {
    let containers = &request.container_definitions;
    require(!containers.is_empty(), || "Container list cannot be empty.")?;
    require(containers.len() <= MOST, || "Too many containers.")?;
    for container in containers {
        check_identity(container)?;
    }
    require(duplicate(containers, name).is_none(), || "Container names must be unique within a task definition.")?;
    require(
        containers.iter().any(|container| container.essential != Some(false)),
        || "Task definition doesn't have any essential container.",
    )
}

fn check_identity(container: &ContainerDefinition) -> Checked {
    let name = name(container);
    require(!name.is_empty(), || "Container.name should not be null or empty.")?;
    require(name.len() <= LONGEST, || format!("Container.name should not be longer than {LONGEST} characters."))?;
    require(is_plain_name(name), || "Container.name contains invalid characters.")?;
    let image = text(container.image.as_ref());
    require(!image.is_empty(), || "Container.image should not be null or empty.")?;
    require(image.len() <= LONGEST, || format!("Container.image should not be longer than {LONGEST} characters."))?;
    let of_image = |byte: u8| byte.is_ascii_alphanumeric() || b"-_:./@#+".contains(&byte);
    require(image.bytes().all(of_image), || "Container.image contains invalid characters.")
}

/// The members that only have to be well formed.
pub(super) fn check_members(container: &ContainerDefinition, execution_role: bool) -> Checked {
    for (field, names) in [("dnsServers", &container.dns_servers), ("dnsSearchDomains", &container.dns_search_domains)] {
        require_setting(all(names.as_ref()).iter().all(|name| is_domain(name)), field, container)?;
    }
    let hosts = all(container.extra_hosts.as_ref());
    let known = hosts.iter().all(|host| !host.hostname.is_empty() && host.ip_address.parse::<IpAddr>().is_ok());
    require_setting(known, "extraHosts", container)?;
    let options = all(container.docker_security_options.as_ref());
    require_setting(options.iter().all(|option| is_security_option(option)), "dockerSecurityOptions", container)?;
    let credentials = all(container.credential_specs.as_ref());
    let kinds = ["credentialspec:", "credentialspecdomainless:"];
    let known = credentials.iter().all(|spec| kinds.iter().any(|kind| spec.starts_with(kind)));
    require_setting(credentials.len() <= 1 && known, "credentialSpecs", container)?;
    if let Some(registry) = &container.repository_credentials {
        require_setting(!registry.0.credentials_parameter.is_empty(), "repositoryCredentials", container)?;
        require(
            execution_role,
            || "When you are specifying container repository credentials, you must also specify a value for 'executionRoleArn'.",
        )?;
    }
    Ok(())
}

/// Letters, digits, hyphens and dots that do not end with either.
fn is_domain(text: &str) -> bool {
    let inner = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.');
    text.len() < 255 && text.bytes().all(inner) && text.bytes().last().is_some_and(|byte| byte.is_ascii_alphanumeric())
}

fn is_security_option(option: &str) -> bool {
    let kinds = ["apparmor:", "label:", "credentialspec:"];
    matches!(option, "no-new-privileges" | "no-new-privileges:true")
        || kinds.iter().any(|kind| option.strip_prefix(kind).is_some_and(|value| !value.is_empty()))
}
