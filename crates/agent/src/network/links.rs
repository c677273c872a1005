//! Links: what a container is told of another one of its task, as Docker's links tell it.

use std::net::Ipv4Addr;

use berth_api::acs;
use berth_oci::ImageConfig;

/// Variables that are no news of a linked container.
const NO_NEWS: [&str; 2] = ["HOME", "PATH"];

/// A container that another one is linked to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Link<'a> {
    /// Its place in the task.
    pub(crate) to: usize,
    /// What the other one calls it.
    pub(crate) alias: &'a str,
}

/// The links of a container; none if one leads to a container that is not there.
pub(crate) fn of<'a>(task: &'a acs::Task, container: &'a acs::Container) -> Option<Vec<Link<'a>>> {
    let link = |text: &'a String| {
        let (name, alias) = text.split_once(':').unwrap_or((text, text));
        let to = task.containers.iter().position(|other| other.name == name)?;
        Some(Link { to, alias })
    };
    container.links.iter().map(link).collect()
}

/// The names that a linked container has in the hosts file.
pub(super) fn names(alias: &str, name: &str) -> String {
    if alias == name { alias.to_owned() } else { format!("{alias} {name}") }
}

/// The variables that tell of a linked container: where it is, its ports, and what it was given itself.
pub(super) fn environment(
    from: &str,
    alias: &str,
    address: Ipv4Addr,
    to: &acs::Container,
    image: &ImageConfig,
) -> Vec<(String, String)> {
    let name = alias.to_uppercase().replace('-', "_");
    let mut told = Vec::new();
    let ports = ports(to, image);
    let url = |(is_udp, port): (bool, u16)| format!("{}://{address}:{port}", if is_udp { "udp" } else { "tcp" });
    told.extend(ports.first().map(|first| (format!("{name}_PORT"), url(*first))));
    for (is_udp, port) in ports {
        let protocol = if is_udp { "udp" } else { "tcp" };
        let variable = format!("{name}_PORT_{port}_{}", protocol.to_uppercase());
        told.extend([
            (format!("{variable}_ADDR"), address.to_string()),
            (format!("{variable}_PORT"), port.to_string()),
            (format!("{variable}_PROTO"), protocol.to_owned()),
            (variable, url((is_udp, port))),
        ]);
    }
    told.push((format!("{name}_NAME"), format!("/{from}/{alias}")));
    let of_image = image.env.iter().filter_map(|variable| variable.split_once('='));
    let given = of_image.chain(to.environment.0.iter().map(|(name, value)| (name.as_str(), value.as_str())));
    for (variable, value) in given.filter(|(variable, _)| !NO_NEWS.contains(variable)) {
        let variable = format!("{name}_ENV_{variable}");
        // What the definition says comes last, and counts.
        told.retain(|(known, _)| *known != variable);
        told.push((variable, value.to_owned()));
    }
    told
}

/// The ports of a container that others may know of, as (UDP, number): TCP first, then by number.
fn ports(container: &acs::Container, image: &ImageConfig) -> Vec<(bool, u16)> {
    let exposed = image.exposed_ports.iter().filter_map(|text| {
        let (port, protocol) = text.split_once('/').unwrap_or((text, "tcp"));
        Some((protocol == "udp", port.parse().ok()?))
    });
    let mapped = container.port_mappings.iter().filter_map(|mapping| {
        Some((mapping.protocol.as_deref() == Some("udp"), mapping.container_port.and_then(|port| u16::try_from(port).ok())?))
    });
    let mut ports: Vec<(bool, u16)> = exposed.chain(mapped).collect();
    ports.sort_unstable();
    ports.dedup();
    ports
}

#[cfg(test)]
mod tests;
