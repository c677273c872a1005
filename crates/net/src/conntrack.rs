//! The kernel's table of connections: those of an address that has no task any more are forgotten, or the next task with
//! that address would get what still arrives for the last one.

use std::net::Ipv4Addr;

use nix::libc;

use crate::nft::Attributes;
use crate::socket::{Netlink, Request};

const ORIGINAL: u16 = 1;
const REPLY: u16 = 2;

/// Forgets the connections that an address began, and those that it answers, by whichever published port.
pub(crate) fn forget(netlink: &mut Netlink, address: Ipv4Addr) -> std::io::Result<()> {
    let requests = [forget_by_source(ORIGINAL, address), forget_by_source(REPLY, address)];
    netlink.each(&requests)?.into_iter().collect()
}

/// Forgets the UDP connections to a port. Whoever sent to it before it was published would else never reach the task, as long
/// as they go on: the kernel looks at the ruleset for the first packet alone.
pub(crate) fn forget_udp_port(netlink: &mut Netlink, port: u16) -> std::io::Result<()> {
    const BY_PROTOCOL_AND_DESTINATION_PORT: u32 = 1 << 3 | 1 << 5;
    const UDP: u8 = 17;
    let transport = Attributes::default().bytes(1, &[UDP]).bytes(3, &port.to_be_bytes());
    let tuple = Attributes::default().nest(2, &transport);
    netlink.each(&[request(ORIGINAL, &tuple, BY_PROTOCOL_AND_DESTINATION_PORT)])?.into_iter().collect()
}

fn forget_by_source(direction: u16, address: Ipv4Addr) -> Request {
    const BY_SOURCE: u32 = 1;
    let tuple = Attributes::default().nest(1, &Attributes::default().bytes(1, &address.octets()));
    request(direction, &tuple, BY_SOURCE)
}

/// Deletes all entries that are like a tuple in what the filter's bits name.
fn request(direction: u16, tuple: &Attributes, bits: u32) -> Request {
    const SUBSYSTEM: u16 = 1 << 8;
    const DELETE: u16 = 2;
    const FILTER: u16 = 25;
    let filter = Attributes::default().bytes(direction, &bits.to_ne_bytes());
    let attributes = Attributes::default().nest(direction, tuple).nest(FILTER, &filter);
    Request { kind: SUBSYSTEM | DELETE, flags: 0, body: attributes.body(libc::AF_INET) }
}
