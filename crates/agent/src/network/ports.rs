//! Port mappings: which host ports are asked for, and what is told of those that were got.

use berth_api::acs::{self, PortMapping};
use berth_api::ecs;
use berth_model::{Name, NetworkBinding, PortSpan};
use berth_net::{Protocol, Publication, Published};
use berth_wire::EnumShape as _;

/// Ports of a container that are ports of the machine too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Mapping {
    protocol: Protocol,
    container_port: u16,
    /// How many, one after the other.
    count: u16,
    /// The first of the machine's; none: any.
    host_port: Option<u16>,
    is_range: bool,
}

/// A host port, as far as it tells which mapping it is for.
type Port = (Protocol, u16, u16);

impl Mapping {
    /// Those of a container. An error names what is no mapping.
    pub(super) fn of(container: &acs::Container) -> Result<Vec<Self>, String> {
        let mapping = |given: &PortMapping| {
            Self::parse(given).ok_or_else(|| format!("container {}: {given:?} is no port mapping", container.name))
        };
        container.port_mappings.iter().map(mapping).collect()
    }

    fn parse(given: &PortMapping) -> Option<Self> {
        let protocol = match given.protocol.as_deref() {
            None | Some("" | "tcp") => Protocol::Tcp,
            Some("udp") => Protocol::Udp,
            Some(_) => return None,
        };
        let port = |number: i64| u16::try_from(number).ok();
        let range = given.container_port_range.as_deref().filter(|range| !range.is_empty());
        if let Some(range) = range {
            let (first, last) = range.split_once('-')?;
            let (first, last): (u16, u16) = (first.parse().ok()?, last.parse().ok()?);
            let count = last.checked_sub(first)?.checked_add(1)?;
            return (first > 0).then_some(Self { protocol, container_port: first, count, host_port: None, is_range: true });
        }
        let container_port = given.container_port.and_then(port).filter(|port| *port > 0)?;
        let host_port = match given.host_port {
            None | Some(0) => None,
            Some(number) => Some(port(number)?),
        };
        Some(Self { protocol, container_port, count: 1, host_port, is_range: false })
    }

    pub(super) fn publication(&self) -> Publication {
        let Self { protocol, container_port, count, host_port, .. } = *self;
        Publication { protocol, host_port, container_port, count }
    }

    /// What leads to it of these ports, which are taken out.
    fn take(&self, ports: &mut Vec<Port>) -> Option<NetworkBinding> {
        let is_first = |(protocol, host, container): &Port| {
            *protocol == self.protocol && *container == self.container_port && self.host_port.is_none_or(|port| port == *host)
        };
        let (_, host, container) = *ports.iter().find(|port| is_first(port))?;
        let of_this = |(protocol, other_host, other): &Port| {
            let at = other.wrapping_sub(container);
            *protocol == self.protocol && at < self.count && *other_host == host.wrapping_add(at)
        };
        ports.retain(|port| !of_this(port));
        let span = |first: u16| {
            if self.is_range { PortSpan::Range(first, first.saturating_add(self.count - 1)) } else { PortSpan::Port(first) }
        };
        let protocol = match self.protocol {
            Protocol::Tcp => berth_model::Protocol::Tcp,
            Protocol::Udp => berth_model::Protocol::Udp,
        };
        Some(NetworkBinding { bind_ip: Name::new("0.0.0.0"), container: span(container), host: span(host), protocol })
    }
}

/// What is told of published ports, in the order of the mappings.
pub(super) fn bindings(mappings: &[Mapping], published: &[Published]) -> Vec<NetworkBinding> {
    of_ports(mappings, published.iter().map(|port| (port.protocol, port.host_port, port.container_port)).collect())
}

fn of_ports(mappings: &[Mapping], mut ports: Vec<Port>) -> Vec<NetworkBinding> {
    ports.sort_unstable();
    // Who asks for a port by its number has it; the others share what is left.
    let mut found = vec![None; mappings.len()];
    for by_number in [true, false] {
        for (mapping, found) in mappings.iter().zip(&mut found) {
            if mapping.host_port.is_some() == by_number {
                *found = mapping.take(&mut ports);
            }
        }
    }
    found.into_iter().flatten().collect()
}

/// As ECS is told.
pub(crate) fn reported(binding: &NetworkBinding) -> ecs::NetworkBinding {
    let one = |span: PortSpan| match span {
        PortSpan::Port(port) => (Some(i32::from(port)), None),
        PortSpan::Range(first, last) => (None, Some(format!("{first}-{last}"))),
    };
    let ((container_port, container_port_range), (host_port, host_port_range)) = (one(binding.container), one(binding.host));
    ecs::NetworkBinding {
        bind_ip: Some(binding.bind_ip.to_string()),
        container_port,
        host_port,
        protocol: Some(ecs::TransportProtocol::from_text(binding.protocol.as_str())),
        container_port_range,
        host_port_range,
    }
}

#[cfg(test)]
mod tests;
