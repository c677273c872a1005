//! rtnetlink requests, as values: links, addresses, neighbours and routes.

use std::net::{IpAddr, Ipv4Addr};
use std::os::fd::{AsRawFd, BorrowedFd};

use ipnet::Ipv4Net;
use netlink_packet_core::Emitable;
use netlink_packet_route::AddressFamily;
use netlink_packet_route::address::{AddressAttribute, AddressMessage};
use netlink_packet_route::link::{InfoData, InfoKind, InfoVeth, LinkAttribute, LinkFlags, LinkInfo, LinkMessage};
use netlink_packet_route::neighbour::{NeighbourAddress, NeighbourAttribute, NeighbourMessage, NeighbourState};
use netlink_packet_route::route::{
    RouteAddress, RouteAttribute, RouteFlags, RouteHeader, RouteMessage, RouteProtocol, RouteScope, RouteType,
};
use nix::libc;

use crate::Installation;
use crate::socket::Request;

/// What a task sees its interface as.
pub(crate) const INSIDE: &str = "eth0";

const MAKE: i32 = libc::NLM_F_CREATE | libc::NLM_F_EXCL;
const PUT: i32 = libc::NLM_F_CREATE | libc::NLM_F_REPLACE;

fn request(kind: u16, flags: i32, message: &impl Emitable) -> Request {
    let mut body = vec![0; message.buffer_len()];
    message.emit(&mut body);
    Request { kind, flags, body }
}

fn link(index: u32, attributes: Vec<LinkAttribute>) -> LinkMessage {
    let mut message = LinkMessage::default();
    message.header.index = index;
    message.attributes = attributes;
    message
}

fn raised(mut message: LinkMessage) -> LinkMessage {
    message.header.flags |= LinkFlags::Up;
    message.header.change_mask |= LinkFlags::Up;
    message
}

/// A pair of interfaces: one here, up and without ARP, its peer born in another namespace, down (the kernel refuses to
/// raise it before the pair is complete). Moving it there later would cost a grace period of the kernel.
pub(crate) fn add_veth(name: &str, mac: [u8; 6], mtu: u32, namespace: BorrowedFd<'_>) -> Request {
    let inside =
        vec![LinkAttribute::IfName(INSIDE.to_owned()), LinkAttribute::Mtu(mtu), LinkAttribute::NetNsFd(namespace.as_raw_fd())];
    let pair = LinkInfo::Data(InfoData::Veth(InfoVeth::Peer(link(0, inside))));
    let mut message = raised(link(
        0,
        vec![
            LinkAttribute::IfName(name.to_owned()),
            LinkAttribute::Mtu(mtu),
            LinkAttribute::Address(mac.to_vec()),
            LinkAttribute::LinkInfo(vec![LinkInfo::Kind(InfoKind::Veth), pair]),
        ],
    ));
    message.header.flags |= LinkFlags::Noarp;
    message.header.change_mask |= LinkFlags::Noarp;
    request(libc::RTM_NEWLINK, MAKE, &message)
}

/// A bridge without ports: an interface that can hold addresses, on every kernel that can run containers.
pub(crate) fn add_holder(name: &str) -> Request {
    let kind = LinkAttribute::LinkInfo(vec![LinkInfo::Kind(InfoKind::Bridge)]);
    request(libc::RTM_NEWLINK, MAKE, &raised(link(0, vec![LinkAttribute::IfName(name.to_owned()), kind])))
}

/// Raises an interface.
pub(crate) fn raise(index: u32) -> Request {
    request(libc::RTM_SETLINK, 0, &raised(link(index, Vec::new())))
}

/// Gives an interface its hardware address.
pub(crate) fn set_mac(index: u32, mac: [u8; 6]) -> Request {
    request(libc::RTM_SETLINK, 0, &link(index, vec![LinkAttribute::Address(mac.to_vec())]))
}

/// Writes the owner's name on an interface.
pub(crate) fn set_alias(index: u32, alias: &str) -> Request {
    request(libc::RTM_SETLINK, 0, &link(index, vec![LinkAttribute::IfAlias(alias.to_owned())]))
}

/// Puts an interface into a group.
pub(crate) fn set_group(index: u32, group: u32) -> Request {
    request(libc::RTM_SETLINK, 0, &link(index, vec![LinkAttribute::Group(group)]))
}

/// Destroys one interface, and with it its peer.
pub(crate) fn delete(index: u32) -> Request {
    request(libc::RTM_DELLINK, 0, &link(index, Vec::new()))
}

/// Destroys all interfaces of a group, waiting for the rest of the kernel once and not once for each.
pub(crate) fn delete_group(group: u32) -> Request {
    request(libc::RTM_DELLINK, 0, &link(0, vec![LinkAttribute::Group(group)]))
}

/// An address without a network around it.
pub(crate) fn add_address(index: u32, address: Ipv4Addr) -> Request {
    let mut message = AddressMessage::default();
    message.header.family = AddressFamily::Inet;
    message.header.prefix_len = 32;
    message.header.index = index;
    message.attributes = vec![AddressAttribute::Local(IpAddr::V4(address)), AddressAttribute::Address(IpAddr::V4(address))];
    request(libc::RTM_NEWADDR, PUT, &message)
}

/// An entry that the kernel neither asks nor forgets.
pub(crate) fn put_neighbour(index: u32, address: Ipv4Addr, mac: [u8; 6]) -> Request {
    request(libc::RTM_NEWNEIGH, PUT, &neighbour(index, address, vec![NeighbourAttribute::LinkLayerAddress(mac.to_vec())]))
}

/// Removes such an entry.
pub(crate) fn delete_neighbour(index: u32, address: Ipv4Addr) -> Request {
    request(libc::RTM_DELNEIGH, 0, &neighbour(index, address, Vec::new()))
}

fn neighbour(index: u32, address: Ipv4Addr, more: Vec<NeighbourAttribute>) -> NeighbourMessage {
    let mut message = NeighbourMessage::default();
    message.header.family = AddressFamily::Inet;
    message.header.ifindex = index;
    message.header.state = NeighbourState::Permanent;
    message.header.kind = RouteType::Unicast;
    message.attributes = vec![NeighbourAttribute::Destination(NeighbourAddress::Inet(address))];
    message.attributes.extend(more);
    message
}

fn route(kind: RouteType, prefix: u8, attributes: Vec<RouteAttribute>) -> RouteMessage {
    let mut message = RouteMessage::default();
    message.header.address_family = AddressFamily::Inet;
    message.header.destination_prefix_length = prefix;
    message.header.table = RouteHeader::RT_TABLE_MAIN;
    message.header.protocol = RouteProtocol::Other(Installation::ROUTE_PROTOCOL);
    message.header.kind = kind;
    message.attributes = attributes;
    message
}

/// Inside: everything goes to the gateway, which needs no network around it.
pub(crate) fn put_default(index: u32, gateway: Ipv4Addr) -> Request {
    let to = vec![RouteAttribute::Gateway(RouteAddress::Inet(gateway)), RouteAttribute::Oif(index)];
    let mut message = route(RouteType::Unicast, 0, to);
    message.header.flags |= RouteFlags::Onlink;
    request(libc::RTM_NEWROUTE, PUT, &message)
}

/// Outside: one address is behind this interface; the node itself speaks to it as its gateway.
pub(crate) fn put_host_route(index: u32, address: Ipv4Addr, gateway: Ipv4Addr) -> Request {
    let source = RouteAttribute::PrefSource(RouteAddress::Inet(gateway));
    request(libc::RTM_NEWROUTE, PUT, &host_route(index, address, vec![source]))
}

/// Removes it.
pub(crate) fn delete_host_route(index: u32, address: Ipv4Addr) -> Request {
    request(libc::RTM_DELROUTE, 0, &host_route(index, address, Vec::new()))
}

fn host_route(index: u32, address: Ipv4Addr, more: Vec<RouteAttribute>) -> RouteMessage {
    let mut attributes = vec![RouteAttribute::Destination(RouteAddress::Inet(address)), RouteAttribute::Oif(index)];
    attributes.extend(more);
    let mut message = route(RouteType::Unicast, 32, attributes);
    message.header.scope = RouteScope::Link;
    message
}

/// A network whose addresses are nowhere unless a more precise route says so: they never leave by the default route,
/// and others who choose a network see that this one is taken.
pub(crate) fn put_network(installation: Installation, network: Ipv4Net) -> Request {
    request(libc::RTM_NEWROUTE, PUT, &network_route(installation, network))
}

/// Removes it.
pub(crate) fn delete_network(installation: Installation, network: Ipv4Net) -> Request {
    request(libc::RTM_DELROUTE, 0, &network_route(installation, network))
}

fn network_route(installation: Installation, network: Ipv4Net) -> RouteMessage {
    let to = RouteAttribute::Destination(RouteAddress::Inet(network.network()));
    route(RouteType::Unreachable, network.prefix_len(), vec![to, RouteAttribute::Priority(installation.metric())])
}
