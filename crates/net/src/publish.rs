//! Ports of the node that lead to a task, and addresses that only one task sees.

use std::net::SocketAddrV4;

use crate::nft::{Element, add_elements, delete_elements};
use crate::ports::{Protocol, Publication, Published, hold, hold_one};
use crate::slot::{Held, decode_published};
use crate::state::lock;
use crate::{NetError, Networks, conntrack};

/// An address that one task alone sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Relay {
    /// Of which protocol.
    pub protocol: Protocol,
    /// What the task sends to, a link-local address.
    pub from: SocketAddrV4,
    /// Where that goes: an address of the node. Loopback is best, because other firewalls let it through.
    pub to: SocketAddrV4,
}

impl Networks {
    /// Publishes ports of a slot: all, or none. They are bound before anything else happens, so that a port in use is found
    /// in time; and their sockets are to be kept until the slot was released.
    pub fn publish(&self, name: &str, publications: &[Publication]) -> Result<Vec<Published>, NetError> {
        self.held(name)?;
        let mut published = Vec::with_capacity(publications.len());
        for publication in publications {
            published.extend(hold(*publication)?);
        }
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
            count: 1,
        });
        publications.map(hold_one).collect()
    }

    /// What this task sends to the first address of each goes to the second. One that leads elsewhere now is changed.
    pub fn relay(&self, name: &str, relays: &[Relay]) -> Result<(), NetError> {
        let installation = self.shared.site.installation;
        let mut rules = lock(&self.shared.rules);
        let before = self.held(name)?;
        let wanted: Vec<Element> = relays.iter().map(|relay| before.relay(installation, *relay)).collect();
        let changes = |old: &&Element| wanted.iter().any(|new| new.key == old.key && new.value != old.value);
        let old: Vec<Element> = before.relays.iter().filter(changes).cloned().collect();
        let table = installation.table();
        let requests = [delete_elements(&table, &old), add_elements(&table, &wanted)].concat();
        rules.transaction(&requests).map_err(NetError::kernel(format!("relaying for {name}")))?;
        if let Some(held) = lock(&self.shared.state).held.get_mut(name) {
            held.relays.retain(|other| wanted.iter().all(|new| new.key != other.key));
            held.relays.extend(wanted);
        }
        Ok(())
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
