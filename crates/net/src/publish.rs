//! Ports of the node that lead to a task, and addresses that only one task sees.

use std::net::SocketAddrV4;

use crate::nft::{Element, add_elements};
use crate::ports::{Protocol, Publication, Published, hold};
use crate::slot::{Held, decode_published};
use crate::state::lock;
use crate::{NetError, Networks, conntrack};

impl Networks {
    /// Publishes ports of a slot: all, or none. They are bound before anything else happens, so that a port in use is found
    /// in time; and their sockets are to be kept until the slot was released.
    pub fn publish(&self, name: &str, publications: &[Publication]) -> Result<Vec<Published>, NetError> {
        self.held(name)?;
        let published = publications.iter().map(|publication| hold(*publication)).collect::<Result<Vec<_>, _>>()?;
        if published.is_empty() {
            return Ok(published);
        }
        self.extend(name, format!("publishing ports of {name}"), |held| {
            let elements: Vec<Element> = published.iter().map(|port| held.publication(port)).collect();
            held.published.extend_from_slice(&elements);
            [elements, held.return_path().into()].concat()
        })?;
        for port in published.iter().filter(|port| port.protocol == Protocol::Udp) {
            if let Err(error) = conntrack::forget_udp_port(&mut lock(&self.shared.rules), port.host_port) {
                tracing::debug!(port = port.host_port, %error, "connections are left to time out");
            }
        }
        Ok(published)
    }

    /// After a restart of this process: binds the ports of a slot again. They were published all the time.
    pub fn republish(&self, name: &str) -> Result<Vec<Published>, NetError> {
        let ports = self.held(name)?.published;
        let publications = ports.iter().filter_map(decode_published).map(|(protocol, host_port, container_port)| Publication {
            protocol,
            host_port: Some(host_port),
            container_port,
        });
        publications.map(hold).collect()
    }

    /// What this task sends to `from` (a link-local address, over TCP) goes to `to`, an address of the node; loopback is best,
    /// because other firewalls let it through.
    pub fn relay(&self, name: &str, from: SocketAddrV4, to: SocketAddrV4) -> Result<(), NetError> {
        let installation = self.shared.site.installation;
        self.extend(name, format!("relaying {from} for {name}"), |held| {
            let element = held.relay(installation, from, to);
            held.relays.retain(|other| other.key != element.key);
            held.relays.push(element.clone());
            vec![element]
        })
    }

    fn held(&self, name: &str) -> Result<Held, NetError> {
        let held = lock(&self.shared.state).held.get(name).cloned();
        held.ok_or_else(|| NetError::NoSuchSlot { name: name.to_owned() })
    }

    /// Changes what is known of a slot and gives the kernel the elements that follow; on failure neither is left.
    fn extend(&self, name: &str, doing: String, change: impl FnOnce(&mut Held) -> Vec<Element>) -> Result<(), NetError> {
        let mut rules = lock(&self.shared.rules);
        let before = self.held(name)?;
        let mut after = before.clone();
        let elements = change(&mut after);
        if let Some(held) = lock(&self.shared.state).held.get_mut(name) {
            *held = after;
        }
        let added = rules.transaction(&add_elements(&self.shared.site.installation.table(), &elements));
        added.map_err(|error| {
            if let Some(held) = lock(&self.shared.state).held.get_mut(name) {
                *held = before;
            }
            NetError::kernel(doing)(error)
        })
    }
}
