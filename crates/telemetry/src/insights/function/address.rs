//! Addresses and subnets.

use std::net::IpAddr;

use super::Version;

/// Whether a text is an address of a version.
pub(super) fn is_valid(text: &str, version: Version) -> bool {
    parsed(text, version).is_some()
}

/// Whether an address is in a subnet, which is an address and how many of its bits count.
pub(super) fn is_in(address: &str, subnet: &str, version: Version) -> bool {
    let within = || {
        let (network, bits) = subnet.split_once('/')?;
        let (address, network) = (parsed(address, version)?, parsed(network, version)?);
        let bits: u32 = bits.parse().ok()?;
        let (address, network, width) = match (address, network) {
            (IpAddr::V4(address), IpAddr::V4(network)) => (u128::from(address.to_bits()), u128::from(network.to_bits()), 32),
            (IpAddr::V6(address), IpAddr::V6(network)) => (address.to_bits(), network.to_bits(), 128),
            _ => return None,
        };
        let rest = u32::checked_sub(width, bits)?;
        Some((address ^ network).checked_shr(rest).unwrap_or(0) == 0)
    };
    within().unwrap_or(false)
}

fn parsed(text: &str, version: Version) -> Option<IpAddr> {
    let address: IpAddr = text.trim().parse().ok()?;
    let fits = match version {
        Version::Any => true,
        Version::Four => address.is_ipv4(),
        Version::Six => address.is_ipv6(),
    };
    fits.then_some(address)
}
