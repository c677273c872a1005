//! The networks of a node: slots are taken and released here.

use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Instant;

use crate::nft::{add_elements, delete_elements};
use crate::open::Options;
use crate::prepared::{Inside, Prepared, prepare};
use crate::slot::{Addressing, Attach, Held, Slot, check_name};
use crate::socket::Netlink;
use crate::state::{Doomed, Shared, lock};
use crate::{NetError, background, firewall, forwarding, legacy, listing, nft, open, plan, route, slot};

/// All task networks of an installation on this node. There is one at a time; dropping it leaves the networks as they are.
#[derive(Debug)]
pub struct Networks {
    pub(crate) shared: Arc<Shared>,
    background: Option<JoinHandle<()>>,
}

/// What had to be repaired.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Repaired {
    /// Our table was gone.
    pub table: bool,
    /// Interfaces on which forwarding was turned on.
    pub uplinks: usize,
    /// Rules that were added to other firewalls.
    pub admissions: usize,
}

impl Networks {
    /// Makes or repairs the fixed part, adopts the slots whose names are to be kept, dooms all others, and begins to fill the pool.
    pub fn open(options: Options, keep: impl Fn(&str) -> bool) -> Result<Self, NetError> {
        let shared = Arc::new(open::open(options, &keep)?);
        let thread = background::start(Arc::clone(&shared))?;
        let networks = Self { shared, background: Some(thread) };
        networks.check()?;
        Ok(networks)
    }

    /// The slots in use, after `open` those that were adopted.
    #[must_use]
    pub fn slots(&self) -> Vec<Slot> {
        lock(&self.shared.state).held.iter().map(|(name, held)| self.shared.slot(name, held)).collect()
    }

    /// A network for a task. Taking a name again that has the same address makes sure of it.
    pub fn take(&self, attach: Attach<'_>) -> Result<Slot, NetError> {
        check_name(attach.name)?;
        let existing = lock(&self.shared.state).held.get(attach.name).cloned();
        if let Some(held) = existing {
            return self.take_again(attach, &held);
        }
        let mut prepared = self.prepared(attach)?;
        let (held, mac) = match self.reserve(attach, &prepared) {
            Ok(reserved) => reserved,
            Err(error) => {
                self.doom(prepared.index, Doomed { number: prepared.number, address: None, ids: prepared.ids });
                return Err(error);
            }
        };
        if let Err(error) = self.connect(attach.name, &held, mac, &mut prepared.inside) {
            self.release(attach.name);
            return Err(error);
        }
        Ok(self.shared.slot(attach.name, &held))
    }

    /// From the pool, or made now.
    fn prepared(&self, attach: Attach<'_>) -> Result<Prepared, NetError> {
        let mut state = lock(&self.shared.state);
        let ready = if attach.own_ids { &mut state.ready_with_ids } else { &mut state.ready };
        if let Some(prepared) = ready.pop() {
            self.shared.wake.notify_one();
            return Ok(prepared);
        }
        let ids = if attach.own_ids { Some(state.ids()?) } else { None };
        let number = state.number();
        drop(state);
        // A socket of its own: others shall not wait for this.
        let made = Netlink::route().and_then(|mut links| prepare(&self.shared.site, &mut links, number, ids));
        if made.is_err() {
            lock(&self.shared.state).free(ids);
        }
        made
    }

    /// From here on the name and the address are taken, and what comes from the interface with the address may pass.
    fn reserve(&self, attach: Attach<'_>, prepared: &Prepared) -> Result<(Held, [u8; 6]), NetError> {
        let mut rules = lock(&self.shared.rules);
        let mut state = lock(&self.shared.state);
        if state.held.contains_key(attach.name) {
            return Err(NetError::Invalid { what: format!("{} is being taken twice", attach.name) });
        }
        let network = self.shared.bridge;
        let (address, mac, gateway) = match attach.addressing {
            Addressing::Own { address, mac, gateway } => (address, mac, gateway),
            Addressing::Bridge => {
                let address = state.addresses.take().ok_or(NetError::NoAddress { network })?;
                (address, plan::mac(address), plan::gateway(network))
            }
        };
        if state.held.values().any(|held| held.address == address) {
            return Err(NetError::Invalid { what: format!("the address {address} is in use") });
        }
        let (number, index) = (prepared.number, prepared.index);
        let held = Held { number, index, address, gateway, ids: prepared.ids, published: Vec::new(), relays: Vec::new() };
        state.held.insert(attach.name.to_owned(), held.clone());
        drop(state);
        let installation = self.shared.site.installation;
        let added = rules.transaction(&add_elements(&installation.table(), &[held.source(installation)]));
        if let Err(error) = added {
            lock(&self.shared.state).forget(attach.name);
            return Err(NetError::kernel(format!("admitting {address}"))(error));
        }
        Ok((held, mac))
    }

    /// The few things that make a prepared slot a task's.
    fn connect(&self, name: &str, held: &Held, mac: [u8; 6], inside: &mut Inside) -> Result<(), NetError> {
        let Held { index, address, gateway, .. } = *held;
        self.shared.ensure_gateway(gateway)?;
        let node_mac = self.shared.site.installation.mac();
        inside.netlink.all(
            format!("giving a task the address {address}"),
            &[
                route::set_mac(inside.index, mac),
                route::add_address(inside.index, address),
                route::put_neighbour(inside.index, gateway, node_mac),
                route::put_default(inside.index, gateway),
            ],
        )?;
        lock(&self.shared.links).all(
            format!("leading {address} to its task"),
            &[
                route::set_alias(index, &slot::alias(name, held.ids)),
                route::put_neighbour(index, address, mac),
                route::put_host_route(index, address, gateway),
            ],
        )
    }

    fn take_again(&self, attach: Attach<'_>, held: &Held) -> Result<Slot, NetError> {
        if held.ids.is_some() != attach.own_ids {
            return Err(NetError::Invalid { what: format!("{} has another kind of network already", attach.name) });
        }
        let mac = match attach.addressing {
            Addressing::Own { address, mac, gateway } if (address, gateway) == (held.address, held.gateway) => mac,
            Addressing::Bridge if self.shared.bridge.contains(&held.address) => plan::mac(held.address),
            _ => return Err(NetError::Invalid { what: format!("{} has another address already", attach.name) }),
        };
        let slot = self.shared.slot(attach.name, held);
        self.connect(attach.name, held, mac, &mut Inside::open(&slot.namespace)?)?;
        Ok(slot)
    }

    /// The task is unreachable, and cannot send, when this returns; the rest is destroyed in the background. A name that is
    /// not there is released already.
    pub fn release(&self, name: &str) {
        let mut rules = lock(&self.shared.rules);
        let Some(held) = lock(&self.shared.state).forget(name) else { return };
        let installation = self.shared.site.installation;
        let (table, elements) = (installation.table(), held.elements(installation));
        if rules.transaction(&delete_elements(&table, &elements)).is_err() {
            // One that is missing keeps all others; then each for itself. What is not there is what we want.
            for element in elements {
                let gone = rules.transaction(&delete_elements(&table, std::slice::from_ref(&element)));
                tracing::debug!(set = element.set, ?gone, "an element was removed alone");
            }
        }
        drop(rules);
        let requests = [route::delete_host_route(held.index, held.address), route::delete_neighbour(held.index, held.address)];
        if let Err(error) = lock(&self.shared.links).each(&requests) {
            tracing::warn!(name, %error, "the route to a released task was not removed");
        }
        self.doom(held.index, Doomed { number: held.number, address: Some(held.address), ids: held.ids });
    }

    fn doom(&self, index: u32, doomed: Doomed) {
        let requests = [route::set_group(index, self.shared.site.installation.doomed()), route::set_alias(index, "")];
        if let Err(error) = lock(&self.shared.links).each(&requests) {
            tracing::warn!(number = doomed.number, %error, "a slot is left for the next start");
        }
        let mut state = lock(&self.shared.state);
        state.doomed.push(doomed);
        state.doomed_since.get_or_insert_with(Instant::now);
        drop(state);
        self.shared.wake.notify_one();
    }

    /// Whether anybody else changed the ruleset since the last check: one short question to the kernel, however many tasks there
    /// are. Of iptables of the old kind only the first use is seen.
    pub fn is_disturbed(&self) -> Result<bool, NetError> {
        let others = by_others(&mut lock(&self.shared.rules))?;
        Ok(lock(&self.shared.state).undisturbed != Some(others))
    }

    /// Repairs what others undid: after a firewall or Docker was started again, and now and then.
    pub fn check(&self) -> Result<Repaired, NetError> {
        let mut repaired = Repaired::default();
        let links = listing::links(&mut lock(&self.shared.links))?;
        let mut rules = lock(&self.shared.rules);
        // Before the look: what others change from here on is seen the next time.
        let others = by_others(&mut rules)?;
        lock(&self.shared.state).undisturbed = Some(others);
        let closed = forwarding::closed(&links)?;
        repaired.uplinks = closed.len();
        {
            let mut state = lock(&self.shared.state);
            let new: Vec<String> = closed.iter().filter(|name| !state.uplinks.contains(name)).cloned().collect();
            state.uplinks.extend(new);
        }
        let table = self.shared.site.installation.table();
        let chains = nft::chains(&mut rules).map_err(NetError::kernel("listing the firewall's chains"))?;
        repaired.table = !chains.iter().any(|chain| chain.table == table && chain.family == nft::IPV4);
        if repaired.table || !closed.is_empty() {
            self.shared.install(&mut rules)?;
        }
        forwarding::turn_on(&closed)?;
        repaired.admissions = firewall::admit(&mut rules, self.shared.site.installation)?;
        Ok(repaired)
    }
}

/// How often others changed the ruleset: the kernel counts all changes, the socket ours. And whether there are tables that neither
/// counts.
fn by_others(rules: &mut Netlink) -> Result<(u32, bool), NetError> {
    let all = nft::generation(rules).map_err(NetError::kernel("asking for the ruleset's generation"))?;
    Ok((all.wrapping_sub(rules.committed()), legacy::in_use()))
}

impl Drop for Networks {
    fn drop(&mut self) {
        lock(&self.shared.state).stopping = true;
        self.shared.wake.notify_all();
        if let Some(thread) = self.background.take() {
            // Its panic was reported when it happened.
            let _ = thread.join();
        }
    }
}
