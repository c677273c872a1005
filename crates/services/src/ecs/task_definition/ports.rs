//! Port mappings.

use berth_api::ecs::{ContainerDefinition, NetworkMode, PortMapping, RegisterTaskDefinitionRequest, TransportProtocol};

use super::rule::{Checked, all, name, number, refusal, require, require_setting, text};

/// Characters in a port mapping's name, at most.
const LONGEST_NAME: usize = 64;

/// First and last port of a `containerPortRange`.
pub(super) fn range(text: &str) -> Option<(u16, u16)> {
    let (first, last) = text.split_once('-')?;
    let range = (number(first)?, number(last)?);
    (range.0 > 0 && range.0 <= range.1).then_some(range)
}

/// A port, if the number is one.
pub(super) fn port(number: i32) -> Option<u16> {
    u16::try_from(number).ok()
}

/// The ports in the container that a mapping names.
fn container_ports(mapping: &PortMapping) -> Option<(u16, u16)> {
    match (&mapping.container_port_range, mapping.container_port) {
        (Some(text), _) => range(text),
        (None, Some(number)) => port(number).map(|port| (port, port)),
        (None, None) => None,
    }
}

/// The rules about all ports of the task.
pub(super) fn check(request: &RegisterTaskDefinitionRequest) -> Checked {
    let mode = request.network_mode.as_ref().unwrap_or(&NetworkMode::Bridge);
    for container in &request.container_definitions {
        for mapping in all(container.port_mappings.as_ref()) {
            check_mapping(container, mapping, mode)?;
        }
    }
    check_conflicts(request, mode)
}

fn check_mapping(container: &ContainerDefinition, mapping: &PortMapping, mode: &NetworkMode) -> Checked {
    require(*mode != NetworkMode::None, || "Port mappings are not supported when networkMode=none.")?;
    let single = mapping.container_port.is_some() || mapping.host_port.is_some();
    require(mapping.container_port_range.is_none() || !single, || {
        format!("Invalid port mapping for container '{}', cannot specify both single port and port range.", name(container))
    })?;
    if let Some(text) = &mapping.container_port_range {
        // Ranges are for networks of the task's own and for published ports, not for the host's.
        return require_setting(range(text).is_some() && *mode != NetworkMode::Host, "containerPortRange", container);
    }
    let inner = mapping.container_port.and_then(port).filter(|&port| port > 0);
    require_setting(inner.is_some(), "containerPort", container)?;
    require_setting(mapping.host_port.is_none_or(|number| port(number).is_some()), "hostPort", container)?;
    if matches!(mode, NetworkMode::Awsvpc | NetworkMode::Host) {
        require(mapping.host_port.is_none_or(|host| Some(host) == mapping.container_port), || {
            format!("When networkMode={}, the host ports and container ports in port mappings must match.", word(mode))
        })?;
    }
    if let Some(name) = &mapping.name {
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'_');
        let valid = (1..=LONGEST_NAME).contains(&name.len()) && name.bytes().all(plain) && !name.starts_with('-');
        require_setting(valid, "portMappings.name", container)?;
    }
    Ok(())
}

/// Ports that two mappings want. Names must differ only where the task has a network of its own.
fn check_conflicts(request: &RegisterTaskDefinitionRequest, mode: &NetworkMode) -> Checked {
    let mappings = || request.container_definitions.iter().flat_map(|container| all(container.port_mappings.as_ref()));
    let own_network = *mode == NetworkMode::Awsvpc;
    for (at, mapping) in mappings().enumerate() {
        for earlier in mappings().take(at).filter(|earlier| earlier.protocol == mapping.protocol) {
            if let Some(host) = mapping.host_port.filter(|&host| host != 0 && earlier.host_port == Some(host)) {
                let protocol = protocol(mapping);
                return Err(refusal(format!("{protocol} host port '{host}' is mapped multiple times in task.")));
            }
            if let Some(port) = overlap(mapping, earlier).filter(|_| own_network) {
                let protocol = protocol(mapping);
                return Err(refusal(format!(
                    "{protocol} container port '{port}' is used multiple times in task when networkMode=awsvpc."
                )));
            }
        }
        let taken = || mappings().take(at).any(|earlier| earlier.name == mapping.name);
        require(
            !own_network || text(mapping.name.as_ref()).is_empty() || !taken(),
            || "When networkMode=awsvpc, port mapping name is already used",
        )?;
    }
    Ok(())
}

/// The first port that both mappings have in the container.
fn overlap(one: &PortMapping, other: &PortMapping) -> Option<u16> {
    let (one, other) = (container_ports(one)?, container_ports(other)?);
    let first = one.0.max(other.0);
    (first <= one.1.min(other.1)).then_some(first)
}

fn protocol(mapping: &PortMapping) -> &'static str {
    if mapping.protocol == Some(TransportProtocol::Udp) { "UDP" } else { "TCP" }
}

/// A network mode as messages write it.
pub(super) fn word(mode: &NetworkMode) -> &str {
    berth_wire::EnumShape::as_str(mode)
}
