//! The kernel's table of connections: those of an address that has no task any more are forgotten, or the next task with
//! that address would get what still arrives for the last one.

use std::net::Ipv4Addr;

use nix::libc;

use crate::nft::Attributes;
use crate::socket::{Netlink, Request};

/// Forgets the connections that an address began, and those that it answers, by whichever published port.
pub(crate) fn forget(netlink: &mut Netlink, address: Ipv4Addr) -> std::io::Result<()> {
    const ORIGINAL: u16 = 1;
    const REPLY: u16 = 2;
    let requests = [forget_by_source(ORIGINAL, address), forget_by_source(REPLY, address)];
    netlink.each(&requests)?.into_iter().collect()
}

fn forget_by_source(direction: u16, address: Ipv4Addr) -> Request {
    const SUBSYSTEM: u16 = 1 << 8;
    const DELETE: u16 = 2;
    const FILTER: u16 = 25;
    const BY_SOURCE: u32 = 1;
    // direction { address { source } }, and that only the source counts.
    let tuple = Attributes::default().nest(1, &Attributes::default().bytes(1, &address.octets()));
    let filter = Attributes::default().bytes(direction, &BY_SOURCE.to_ne_bytes());
    let attributes = Attributes::default().nest(direction, &tuple).nest(FILTER, &filter);
    Request { kind: SUBSYSTEM | DELETE, flags: 0, body: attributes.body(libc::AF_INET) }
}
