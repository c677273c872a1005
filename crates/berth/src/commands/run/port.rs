//! What `--publish` says: a port of the container, and where others reach it.

use std::str::FromStr;

use berth_api::ecs::{PortMapping, TransportProtocol};

use super::Network;

/// A port that a container listens on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Port {
    /// The machine's; a free one if nothing is said.
    host: Option<u16>,
    container: u16,
    udp: bool,
}

impl FromStr for Port {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (ports, protocol) = text.split_once('/').unwrap_or((text, "tcp"));
        let udp = match protocol {
            "tcp" => false,
            "udp" => true,
            other => return Err(format!("{other} is neither tcp nor udp")),
        };
        let number = |text: &str| match text.parse() {
            Ok(0) | Err(_) => Err(format!("{text:?} is no port: [HOST:]CONTAINER[/udp], each from 1 to 65535")),
            Ok(port) => Ok(port),
        };
        match ports.split(':').collect::<Vec<_>>()[..] {
            [container] => Ok(Self { host: None, container: number(container)?, udp }),
            [host, container] => Ok(Self { host: Some(number(host)?), container: number(container)?, udp }),
            _ => Err("a port is [HOST:]CONTAINER[/udp]; it is published on all addresses of the machine".to_owned()),
        }
    }
}

impl Port {
    /// Whether a network can do what is asked for; what to do if not.
    pub(super) fn check(self, network: Network) -> Result<(), String> {
        match (network, self.host) {
            (Network::Host | Network::None, _) => Err(format!(
                "--publish needs --network bridge, which it means by itself: with {network} there is nothing to publish"
            )),
            (Network::Awsvpc, Some(host)) if host != self.container => Err(format!(
                "with --network awsvpc the task has an address of its own, where port {0} is {0}: say --publish {0}",
                self.container
            )),
            _ => Ok(()),
        }
    }

    pub(super) fn mapping(self) -> PortMapping {
        PortMapping {
            container_port: Some(self.container.into()),
            host_port: self.host.map(i32::from),
            protocol: Some(if self.udp { TransportProtocol::Udp } else { TransportProtocol::Tcp }),
            ..Default::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_are_written_as_docker_writes_them() {
        let port = |host, container, udp| Ok(Port { host, container, udp });
        assert_eq!("80".parse(), port(None, 80, false));
        assert_eq!("8080:80".parse(), port(Some(8080), 80, false));
        assert_eq!("8080:80/tcp".parse(), port(Some(8080), 80, false));
        assert_eq!("53/udp".parse(), port(None, 53, true));
        for wrong in ["", "0", "65536", "80:", ":80", "a", "80/sctp", "127.0.0.1:80:80", "8000-8010"] {
            assert!(wrong.parse::<Port>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn ports_are_published_where_there_is_a_network_to_publish_from() {
        let check = |port: &str, network| port.parse::<Port>().and_then(|port| port.check(network)).is_ok();
        assert!(check("8080:80", Network::Bridge) && check("80", Network::Bridge));
        assert!(check("80:80", Network::Awsvpc) && check("80", Network::Awsvpc) && !check("8080:80", Network::Awsvpc));
        assert!(!check("80", Network::Host) && !check("80", Network::None));
    }
}
