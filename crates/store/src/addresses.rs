//! Which addresses tasks have, kept with each change: an address is taken exactly as long as there is a task that has it and is
//! not over. Nobody gives one back, so nobody can do it twice or forget it.

use std::net::Ipv4Addr;

use berth_model::{Name, Subnet, SubnetId, Task};
use imbl::OrdMap;

use crate::{Change, Derived, Edit};

/// Addresses of one block.
const BLOCK: u32 = u64::BITS;

/// The addresses that tasks have, of all subnets: a bit for each.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Addresses {
    /// Blocks in which an address is taken, by subnet and the first 26 bits of their addresses.
    taken: OrdMap<(SubnetId, u32), u64>,
    /// The last address of each subnet that was taken.
    last: OrdMap<SubnetId, u32>,
    counts: OrdMap<SubnetId, u32>,
}

impl Addresses {
    /// The next address of a subnet that nobody has; none if all are taken. One that was given back just now comes last: what
    /// its former owner left on the way (connections, names) does not meet the next one.
    #[must_use]
    pub fn free(&self, subnet: &Subnet) -> Option<Ipv4Addr> {
        let (first, last) = subnet.assignable()?;
        let (first, last) = (u32::from(first), u32::from(last));
        let after = self.last.get(&subnet.id).and_then(|last| last.checked_add(1)).filter(|next| (first..=last).contains(next));
        let from = after.unwrap_or(first);
        let found = self.within(subnet.id, from, last).or_else(|| self.within(subnet.id, first, from));
        found.map(Into::into)
    }

    /// A free address in the subnet of a zone that has most left; none if those of the zone have none. Of several that have as
    /// many, the first.
    pub fn choose<'s>(&self, subnets: impl DoubleEndedIterator<Item = &'s Subnet>, zone: &Name) -> Option<(SubnetId, Ipv4Addr)> {
        let subnets = subnets.filter(|subnet| subnet.zone == *zone).rev();
        let subnet = subnets.max_by_key(|subnet| self.available(subnet))?;
        self.free(subnet).map(|address| (subnet.id, address))
    }

    /// Whether a task has the address.
    #[must_use]
    pub fn is_taken(&self, subnet: SubnetId, address: Ipv4Addr) -> bool {
        let address = u32::from(address);
        self.block(subnet, address / BLOCK) & bit(address) != 0
    }

    /// How many addresses of a subnet are free.
    #[must_use]
    pub fn available(&self, subnet: &Subnet) -> u32 {
        let all = subnet.assignable().map_or(0, |(first, last)| (u32::from(last) - u32::from(first)).saturating_add(1));
        all.saturating_sub(self.counts.get(&subnet.id).copied().unwrap_or_default())
    }

    /// The first free address from `first` to `last`.
    fn within(&self, subnet: SubnetId, first: u32, last: u32) -> Option<u32> {
        (first / BLOCK..=last / BLOCK).find_map(|at| {
            let start = at * BLOCK;
            // All ones below the first and above the last.
            let below = if first > start { bit(first) - 1 } else { 0 };
            let above = if last - start < BLOCK - 1 { !(bit(last) | (bit(last) - 1)) } else { 0 };
            let free = !(self.block(subnet, at) | below | above);
            (free != 0).then(|| start + free.trailing_zeros())
        })
    }

    fn block(&self, subnet: SubnetId, at: u32) -> u64 {
        self.taken.get(&(subnet, at)).copied().unwrap_or_default()
    }

    fn take(&mut self, subnet: SubnetId, address: Ipv4Addr) {
        debug_assert!(!self.is_taken(subnet, address), "{address} is taken twice");
        let address = u32::from(address);
        let block = self.block(subnet, address / BLOCK);
        self.taken.insert((subnet, address / BLOCK), block | bit(address));
        self.last.insert(subnet, address);
        *self.counts.entry(subnet).or_default() += 1;
    }

    fn give_back(&mut self, subnet: SubnetId, address: Ipv4Addr) {
        let address = u32::from(address);
        match self.block(subnet, address / BLOCK) & !bit(address) {
            0 => drop(self.taken.remove(&(subnet, address / BLOCK))),
            rest => drop(self.taken.insert((subnet, address / BLOCK), rest)),
        }
        let count = self.counts.entry(subnet).or_default();
        *count = count.saturating_sub(1);
    }
}

const fn bit(address: u32) -> u64 {
    1 << (address % BLOCK)
}

/// What a task that is not over has.
fn held(task: Option<&Task>) -> Option<(SubnetId, Ipv4Addr)> {
    let (_, interface) = task.filter(|task| !task.is_stopped())?.interface()?;
    Some((interface.subnet, interface.address))
}

impl Derived for Addresses {
    fn apply(&mut self, change: &Change<'_>) {
        let Change::Task(Edit { old, new }) = *change else { return };
        let (before, after) = (held(old), held(new));
        if before == after {
            return;
        }
        if let Some((subnet, address)) = before {
            self.give_back(subnet, address);
        }
        if let Some((subnet, address)) = after {
            self.take(subnet, address);
        }
    }
}

#[cfg(test)]
mod tests;
