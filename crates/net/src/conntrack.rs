//! The kernel's table of connections: those of an address that has no task any more are forgotten, or the next task with
//! that address would get what still arrives for the last one.
//!
//! They are listed and deleted one by one: only newer kernels than we ask for take a filter when something is deleted. A list can have a filter; older
//! kernels ignore it, so each entry is looked at here too. But the kernel goes through its whole table for each list, which takes milliseconds
//! where that has room for many: those of several addresses are picked out of one list of all there are, unless that would be too long.

use std::collections::HashSet;
use std::io;
use std::net::Ipv4Addr;

use nix::libc;

use crate::nft::{Attributes, find};
use crate::socket::{Netlink, Request};
use crate::sysctl;

const GET: u16 = 1;
const DELETE: u16 = 2;

// Attributes of an entry (`CTA_`).
const ORIGINAL: u16 = 1;
const REPLY: u16 = 2;
const ID: u16 = 12;
const ZONE: u16 = 18;
const FILTER: u16 = 25;

// Attributes of a tuple and of its parts (`CTA_TUPLE_`, `CTA_IP_`, `CTA_PROTO_`).
const ADDRESSES: u16 = 1;
const SOURCE: u16 = 1;
const TRANSPORT: u16 = 2;
const PROTOCOL: u16 = 1;
const DESTINATION_PORT: u16 = 3;

const UDP: u8 = 17;

/// Deletions that are kept at a time, a hundred bytes each.
const LISTED_AT_ONCE: usize = 8192;

/// Deletions in one datagram, and answers that wait to be read.
const SENT_AT_ONCE: usize = 256;

/// Lists after each other: twice what the kernel has room for by default. More than that come as fast as they go.
const LISTS: usize = 64;

/// Entries that take as long to come here as the kernel does to go through a large table twice. A round number: 10 ms, and a microsecond for each.
const AS_LONG_AS_TWO_LISTS: usize = 8192;

/// Forgets the connections that some addresses began, and those that they answer, by whichever published port.
pub(crate) fn forget(netlink: &mut Netlink, addresses: &HashSet<Ipv4Addr>) -> io::Result<()> {
    if addresses.is_empty() {
        return Ok(());
    }
    let known = sysctl::get("netfilter/nf_conntrack_count").ok().and_then(|count| count.parse::<usize>().ok());
    if known.is_some_and(|known| known <= addresses.len().saturating_mul(AS_LONG_AS_TWO_LISTS)) {
        return forget_all(netlink, Like::FromAny(addresses));
    }
    let each = addresses.iter().flat_map(|&address| [ORIGINAL, REPLY].map(|direction| Like::From { direction, address }));
    // The first failure is told, and the rest forgotten all the same.
    each.map(|like| forget_all(netlink, like)).fold(Ok(()), io::Result::and)
}

/// Forgets the UDP connections to a port. Whoever sent to it before it was published would else never reach the task, as long
/// as they go on: the kernel looks at the ruleset for the first packet alone.
pub(crate) fn forget_udp_port(netlink: &mut Netlink, port: u16) -> io::Result<()> {
    forget_all(netlink, Like::ToUdpPort(port))
}

fn forget_all(netlink: &mut Netlink, like: Like<'_>) -> io::Result<()> {
    for _ in 0..LISTS {
        let mut found = Vec::new();
        netlink.each_listed(&like.list(), |_, entry| {
            if found.len() < LISTED_AT_ONCE && like.is(&entry) {
                found.extend(deletion(&entry));
            }
        })?;
        for deletions in found.chunks(SENT_AT_ONCE) {
            for answer in netlink.each(deletions)? {
                answer.or_else(|error| if is_gone(&error) { Ok(()) } else { Err(error) })?;
            }
        }
        if found.len() < LISTED_AT_ONCE {
            return Ok(());
        }
    }
    Err(io::Error::other("there are more connections than can be forgotten"))
}

/// By itself, or as somebody else wished.
fn is_gone(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::NotFound
}

/// Deletes this entry and no later one with the same addresses and ports.
fn deletion(entry: &[u8]) -> Option<Request> {
    let attributes = attributes(entry)?;
    let mut named = Attributes::default().bytes(ORIGINAL | Attributes::NESTED, find(attributes, ORIGINAL)?);
    for kind in [ZONE, ID] {
        named = find(attributes, kind).into_iter().fold(named, |named, value| named.bytes(kind, value));
    }
    Some(request(DELETE, &named))
}

/// What connections have in common that are to be forgotten.
#[derive(Debug, Clone, Copy)]
enum Like<'a> {
    /// One of these addresses sends, in any direction.
    FromAny(&'a HashSet<Ipv4Addr>),
    /// The address that sends, in one of the two directions.
    From { direction: u16, address: Ipv4Addr },
    /// The port that was first sent to.
    ToUdpPort(u16),
}

impl Like<'_> {
    fn list(self) -> Request {
        // `CTA_FILTER_F_`: which parts of the tuple count.
        const BY_SOURCE: u32 = 1;
        const BY_PROTOCOL_AND_DESTINATION_PORT: u32 = 1 << 3 | 1 << 5;
        let (direction, tuple, bits) = match self {
            Self::FromAny(_) => return request(GET, &Attributes::default()),
            Self::From { direction, address } => {
                let addresses = Attributes::default().bytes(SOURCE, &address.octets());
                (direction, Attributes::default().nest(ADDRESSES, &addresses), BY_SOURCE)
            }
            Self::ToUdpPort(port) => {
                let transport = Attributes::default().bytes(PROTOCOL, &[UDP]).bytes(DESTINATION_PORT, &port.to_be_bytes());
                (ORIGINAL, Attributes::default().nest(TRANSPORT, &transport), BY_PROTOCOL_AND_DESTINATION_PORT)
            }
        };
        let filter = Attributes::default().bytes(direction, &bits.to_ne_bytes());
        request(GET, &Attributes::default().nest(direction, &tuple).nest(FILTER, &filter))
    }

    fn is(self, entry: &[u8]) -> bool {
        let part = |direction, part, kind| find(find(find(attributes(entry)?, direction)?, part)?, kind);
        match self {
            Self::FromAny(addresses) => [ORIGINAL, REPLY].into_iter().any(|direction| {
                let source = part(direction, ADDRESSES, SOURCE).and_then(|source| <[u8; 4]>::try_from(source).ok());
                source.is_some_and(|source| addresses.contains(&source.into()))
            }),
            Self::From { direction, address } => part(direction, ADDRESSES, SOURCE) == Some(&address.octets()),
            Self::ToUdpPort(port) => {
                part(ORIGINAL, TRANSPORT, PROTOCOL) == Some(&[UDP])
                    && part(ORIGINAL, TRANSPORT, DESTINATION_PORT) == Some(&port.to_be_bytes())
            }
        }
    }
}

/// What follows `nfgenmsg`.
fn attributes(entry: &[u8]) -> Option<&[u8]> {
    entry.get(4..)
}

fn request(what: u16, attributes: &Attributes) -> Request {
    const SUBSYSTEM: u16 = 1 << 8;
    Request { kind: SUBSYSTEM | what, flags: 0, body: attributes.body(libc::AF_INET) }
}

#[cfg(test)]
mod tests;
