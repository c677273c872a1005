//! Which networks and addresses are taken: pure choices.

use std::collections::BTreeSet;
use std::net::Ipv4Addr;

use ipnet::Ipv4Net;

/// What AWS's default VPC has.
const DEFAULT: Ipv4Net = Ipv4Net::new_assert(Ipv4Addr::new(172, 31, 0, 0), 16);

/// The network for an installation's VPC: AWS's default if nothing of this machine overlaps it, else the first free one of
/// 10.64.0.0/16 to 10.127.0.0/16. `routes` are the machine's (a default route overlaps nothing), `taken` the networks of
/// other installations. `None`: all 65 are in use.
#[must_use]
pub fn choose_vpc(routes: &[Ipv4Net], taken: &[Ipv4Net]) -> Option<Ipv4Net> {
    let used = || routes.iter().filter(|route| route.prefix_len() > 0).chain(taken);
    std::iter::once(DEFAULT).chain(others()).find(|network| !used().any(|other| overlap(*network, *other)))
}

/// The network for the tasks of a node that have no address of their own: the first free one of 10.64.0.0/16 to 10.127.0.0/16, or
/// where all of these are routed already, of two that nobody should have (RFC 2544).
#[must_use]
pub fn choose_bridge(taken: &[Ipv4Net]) -> Option<Ipv4Net> {
    let last = [18, 19].into_iter().filter_map(|second| Ipv4Net::new(Ipv4Addr::new(198, second, 0, 0), 16).ok());
    others().chain(last).find(|network| !taken.iter().any(|other| other.prefix_len() > 0 && overlap(*network, *other)))
}

fn others() -> impl Iterator<Item = Ipv4Net> {
    (64..128).filter_map(|second| Ipv4Net::new(Ipv4Addr::new(10, second, 0, 0), 16).ok())
}

/// Two networks overlap if one holds the other's first address.
fn overlap(a: Ipv4Net, b: Ipv4Net) -> bool {
    a.contains(&b.network()) || b.contains(&a.network())
}

/// The addresses of the pool for bridge mode. The first is the gateway; an address is not given again before all others were.
#[derive(Debug)]
pub(crate) struct Addresses {
    network: Ipv4Net,
    used: BTreeSet<Ipv4Addr>,
    last: Ipv4Addr,
}

impl Addresses {
    pub(crate) fn new(network: Ipv4Net) -> Self {
        Self { network, used: BTreeSet::new(), last: gateway(network) }
    }

    pub(crate) fn occupy(&mut self, address: Ipv4Addr) {
        if self.network.contains(&address) {
            self.used.insert(address);
            self.last = self.last.max(address);
        }
    }

    pub(crate) fn free(&mut self, address: Ipv4Addr) {
        self.used.remove(&address);
    }

    pub(crate) fn take(&mut self) -> Option<Ipv4Addr> {
        let first = u32::from(gateway(self.network)) + 1;
        let last = u32::from(self.network.broadcast()).saturating_sub(1);
        let after = u32::from(self.last) + 1;
        let address = (after..=last).chain(first..after.min(last + 1)).map(Ipv4Addr::from).find(|it| !self.used.contains(it))?;
        self.used.insert(address);
        self.last = address;
        Some(address)
    }
}

/// The gateway of a network: its first address, as everywhere in AWS.
pub(crate) fn gateway(network: Ipv4Net) -> Ipv4Addr {
    Ipv4Addr::from(u32::from(network.network()).saturating_add(1))
}

/// The hardware address of a task without one of its own: made from its address, so never two alike on a node.
pub(crate) fn mac(address: Ipv4Addr) -> [u8; 6] {
    let [a, b, c, d] = address.octets();
    [0x02, 0xbe, a, b, c, d]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn net(text: &str) -> Ipv4Net {
        text.parse().unwrap()
    }

    #[test]
    fn vpc_is_the_default_unless_something_overlaps() {
        assert_eq!(choose_vpc(&[net("0.0.0.0/0"), net("172.17.0.0/16")], &[]), Some(net("172.31.0.0/16")));
        assert_eq!(choose_vpc(&[net("172.16.0.0/12")], &[]), Some(net("10.64.0.0/16")));
        assert_eq!(choose_vpc(&[net("172.31.5.0/24")], &[net("10.64.0.0/16")]), Some(net("10.65.0.0/16")));
        assert_eq!(choose_vpc(&[net("172.31.255.255/32"), net("10.64.0.0/10")], &[]), None);
    }

    #[test]
    fn bridge_is_clear_of_what_is_taken() {
        assert_eq!(choose_bridge(&[net("0.0.0.0/0"), net("172.31.0.0/16")]), Some(net("10.64.0.0/16")));
        assert_eq!(choose_bridge(&[net("10.64.0.0/15")]), Some(net("10.66.0.0/16")));
        assert_eq!(choose_bridge(&[net("10.0.0.0/8")]), Some(net("198.18.0.0/16")));
        assert_eq!(choose_bridge(&[net("10.0.0.0/8"), net("198.18.0.0/15")]), None);
    }

    fn network() -> impl Strategy<Value = Ipv4Net> {
        (any::<u32>(), 1u8..=32).prop_map(|(address, prefix)| Ipv4Net::new(address.into(), prefix).unwrap())
    }

    proptest! {
        #[test]
        fn chosen_vpc_overlaps_nothing(routes in proptest::collection::vec(network(), 0..8), taken in proptest::collection::vec(network(), 0..8)) {
            if let Some(vpc) = choose_vpc(&routes, &taken) {
                for other in routes.iter().chain(&taken) {
                    prop_assert!(!other.contains(&vpc.network()) && !vpc.contains(&other.network()));
                }
            }
        }

        #[test]
        fn addresses_are_never_given_twice(returned in proptest::collection::vec(any::<bool>(), 0..60)) {
            let network = net("10.9.0.0/27");
            let mut addresses = Addresses::new(network);
            let mut held = BTreeSet::new();
            for back in returned {
                if let Some(address) = if back { held.pop_first() } else { None } {
                    addresses.free(address);
                } else if let Some(address) = addresses.take() {
                    prop_assert!(network.contains(&address) && address != network.network() && address != network.broadcast());
                    prop_assert!(address != gateway(network));
                    prop_assert!(held.insert(address));
                } else {
                    prop_assert_eq!(held.len(), 29);
                }
            }
        }
    }

    #[test]
    fn a_returned_address_rests_while_others_are_free() {
        let mut addresses = Addresses::new(net("10.9.0.0/29"));
        let first = addresses.take().unwrap();
        addresses.free(first);
        let next: Vec<_> = std::iter::from_fn(|| addresses.take()).collect();
        assert_eq!(next.len(), 5);
        assert_eq!(next.last(), Some(&first));
    }
}
