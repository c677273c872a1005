//! What all calls share, and in which order it is locked: rules, then state; links are locked alone.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::net::Ipv4Addr;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use ipnet::Ipv4Net;

use crate::ids::Blocks;
use crate::nft::Element;
use crate::plan::Addresses;
use crate::prepared::{Prepared, Site};
use crate::slot::{Held, Slot};
use crate::socket::Netlink;
use crate::{IdBlock, NetError, forwarding, nft, route};

/// Everything of an installation's networks in this process.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) site: Site,
    pub(crate) vpc: Ipv4Net,
    pub(crate) bridge: Ipv4Net,
    /// How many prepared slots there shall be.
    pub(crate) pool: usize,
    /// How many of those with ids of their own.
    pub(crate) pool_with_ids: usize,
    /// The interface that holds the gateway addresses.
    pub(crate) holder: u32,
    /// The node's links and routes.
    pub(crate) links: Mutex<Netlink>,
    /// The ruleset. Whoever changes what follows from the state holds it from before the change until the kernel has it.
    pub(crate) rules: Mutex<Netlink>,
    pub(crate) state: Mutex<State>,
    /// There may be work in the background.
    pub(crate) wake: Condvar,
    /// Locked: nobody else works on these networks.
    pub(crate) _owner: File,
}

/// What changes.
#[derive(Debug)]
pub(crate) struct State {
    pub(crate) ready: Vec<Prepared>,
    pub(crate) ready_with_ids: Vec<Prepared>,
    /// Nothing if the node has no ids for tasks.
    pub(crate) blocks: Option<Blocks>,
    pub(crate) held: BTreeMap<String, Held>,
    pub(crate) doomed: Vec<Doomed>,
    /// When the first of them was doomed.
    pub(crate) doomed_since: Option<Instant>,
    pub(crate) uplinks: Vec<String>,
    pub(crate) gateways: BTreeSet<Ipv4Addr>,
    pub(crate) addresses: Addresses,
    pub(crate) next: u32,
    /// How often others had changed the ruleset at the last check, and whether iptables of the old kind were in use.
    pub(crate) undisturbed: Option<(u32, bool)>,
    pub(crate) stopping: bool,
}

/// A slot that nobody can use any more, and that takes time to destroy. Its interface is in the doomed group.
#[derive(Debug, Clone)]
pub(crate) struct Doomed {
    pub(crate) number: u32,
    pub(crate) address: Option<Ipv4Addr>,
    pub(crate) ids: Option<IdBlock>,
}

/// A thread that panicked left nothing half done that matters: the kernel is the record.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl State {
    pub(crate) fn number(&mut self) -> u32 {
        let number = self.next;
        self.next = (self.next + 1) & 0x0fff_ffff;
        number
    }

    /// Ids for one more task.
    pub(crate) fn ids(&mut self) -> Result<IdBlock, NetError> {
        let blocks = self.blocks.as_mut();
        let blocks = blocks.ok_or_else(|| NetError::Invalid { what: "this node has no ids for tasks".to_owned() })?;
        blocks.take().ok_or_else(|| NetError::Invalid { what: "all ids that this node has for tasks are in use".to_owned() })
    }

    /// Ids are nobody's any more.
    pub(crate) fn free(&mut self, ids: Option<IdBlock>) {
        if let (Some(ids), Some(blocks)) = (ids, &mut self.blocks) {
            blocks.free(ids);
        }
    }

    /// The name and the address are free again.
    pub(crate) fn forget(&mut self, name: &str) -> Option<Held> {
        let held = self.held.remove(name)?;
        self.addresses.free(held.address);
        Some(held)
    }
}

impl Shared {
    pub(crate) fn slot(&self, name: &str, held: &Held) -> Slot {
        Slot {
            name: name.to_owned(),
            namespace: self.site.namespace(held.number),
            interface: self.site.installation.interface(held.number),
            address: held.address,
            gateway: held.gateway,
            ids: held.ids,
        }
    }

    /// Puts the whole table in place, as the state says. The caller holds the rules.
    pub(crate) fn install(&self, rules: &mut Netlink) -> Result<(), NetError> {
        let elements: Vec<Element> = {
            let state = lock(&self.state);
            let uplinks = state.uplinks.iter().map(|interface| forwarding::element(interface));
            let slots = state.held.values().flat_map(|held| held.elements(self.site.installation));
            let mut all: Vec<Element> = uplinks.chain(slots).collect();
            all.sort_by_key(|element| element.set);
            all
        };
        let requests = nft::install(self.site.installation, self.vpc, self.bridge, &elements);
        rules.transaction(&requests).map_err(NetError::kernel(format!("installing the table {}", self.site.installation.table())))
    }

    /// The node answers for a gateway's address.
    pub(crate) fn ensure_gateway(&self, address: Ipv4Addr) -> Result<(), NetError> {
        if lock(&self.state).gateways.contains(&address) {
            return Ok(());
        }
        lock(&self.links).all(format!("adding the gateway address {address}"), &[route::add_address(self.holder, address)])?;
        lock(&self.state).gateways.insert(address);
        Ok(())
    }
}
