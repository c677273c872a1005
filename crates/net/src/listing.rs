//! What the kernel has of links and routes.

use std::net::Ipv4Addr;

use ipnet::Ipv4Net;
use netlink_packet_core::{Emitable, NetlinkDeserializable, NetlinkHeader};
use netlink_packet_route::link::{LinkAttribute, LinkExtentMask, LinkMessage, State};
use netlink_packet_route::route::{RouteAddress, RouteAttribute, RouteHeader, RouteMessage, RouteProtocol};
use netlink_packet_route::{AddressFamily, RouteNetlinkMessage};
use nix::libc;

use crate::socket::{Netlink, Request};
use crate::{Installation, NetError};

/// An interface.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Link {
    pub(crate) index: u32,
    pub(crate) name: String,
    pub(crate) alias: Option<String>,
    pub(crate) mtu: u32,
    pub(crate) group: u32,
}

/// An IPv4 route of the main or another table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Route {
    pub(crate) network: Ipv4Net,
    pub(crate) interface: Option<u32>,
    /// What the node itself speaks as.
    pub(crate) source: Option<Ipv4Addr>,
    pub(crate) metric: u32,
    /// Not of the main table: mostly the node's own addresses.
    pub(crate) aside: bool,
    pub(crate) ours: bool,
}

impl Route {
    /// Stands for a whole network of this installation.
    pub(crate) fn is_network_of(&self, installation: Installation) -> bool {
        self.ours && self.interface.is_none() && self.metric == installation.metric()
    }
}

fn dump(netlink: &mut Netlink, kind: u16, message: &impl Emitable, what: &str) -> Result<Vec<RouteNetlinkMessage>, NetError> {
    let mut body = vec![0; message.buffer_len()];
    message.emit(&mut body);
    let listed = netlink.dump(&Request { kind, flags: 0, body }).map_err(NetError::kernel(format!("listing {what}")))?;
    let parsed = listed.iter().filter_map(|(kind, body)| parse(*kind, body));
    Ok(parsed.collect())
}

/// All interfaces of the socket's namespace.
pub(crate) fn links(netlink: &mut Netlink) -> Result<Vec<Link>, NetError> {
    let mut all = LinkMessage::default();
    // Counters are most of what the kernel would write, and nobody reads them here.
    all.attributes.push(LinkAttribute::ExtMask(vec![LinkExtentMask::SkipStats]));
    let listed = dump(netlink, libc::RTM_GETLINK, &all, "interfaces")?;
    Ok(listed
        .into_iter()
        .filter_map(|message| if let RouteNetlinkMessage::NewLink(link) = message { Some(link) } else { None })
        .map(of_link)
        .collect())
}

/// Whether the kernel has noticed that an interface's other end is up. Until then it drops what is sent there.
pub(crate) fn is_up(netlink: &mut Netlink, index: u32) -> Result<bool, NetError> {
    let mut one = LinkMessage::default();
    one.header.index = index;
    let mut body = vec![0; one.buffer_len()];
    one.emit(&mut body);
    let found = netlink.get(&Request { kind: libc::RTM_GETLINK, flags: 0, body });
    let found = found.map_err(NetError::kernel(format!("looking at the interface {index}")))?;
    let parsed = found.and_then(|(kind, body)| parse(kind, &body));
    let Some(RouteNetlinkMessage::NewLink(link)) = parsed else { return Ok(false) };
    Ok(link.attributes.contains(&LinkAttribute::OperState(State::Up)))
}

/// What this version of the library cannot read is not ours.
fn parse(kind: u16, body: &[u8]) -> Option<RouteNetlinkMessage> {
    let mut header = NetlinkHeader::default();
    header.message_type = kind;
    RouteNetlinkMessage::deserialize(&header, body).ok()
}

fn of_link(message: LinkMessage) -> Link {
    let mut link = Link { index: message.header.index, name: String::new(), alias: None, mtu: 0, group: 0 };
    for attribute in message.attributes {
        match attribute {
            LinkAttribute::IfName(name) => link.name = name,
            LinkAttribute::IfAlias(alias) => link.alias = Some(alias),
            LinkAttribute::Mtu(mtu) => link.mtu = mtu,
            LinkAttribute::Group(group) => link.group = group,
            _ => {}
        }
    }
    link
}

/// All IPv4 routes of the socket's namespace.
pub(crate) fn routes(netlink: &mut Netlink) -> Result<Vec<Route>, NetError> {
    let mut all = RouteMessage::default();
    all.header.address_family = AddressFamily::Inet;
    let listed = dump(netlink, libc::RTM_GETROUTE, &all, "routes")?;
    let routes = listed.into_iter().filter_map(|message| match message {
        RouteNetlinkMessage::NewRoute(route) => of_route(&route),
        _ => None,
    });
    Ok(routes.collect())
}

fn of_route(message: &RouteMessage) -> Option<Route> {
    let mut address = Ipv4Addr::UNSPECIFIED;
    let aside = message.header.table != RouteHeader::RT_TABLE_MAIN;
    let ours = message.header.protocol == RouteProtocol::Other(Installation::ROUTE_PROTOCOL);
    let (mut interface, mut source, mut metric) = (None, None, 0);
    for attribute in &message.attributes {
        match attribute {
            RouteAttribute::Destination(RouteAddress::Inet(to)) => address = *to,
            RouteAttribute::PrefSource(RouteAddress::Inet(from)) => source = Some(*from),
            RouteAttribute::Oif(index) => interface = Some(*index),
            RouteAttribute::Priority(priority) => metric = *priority,
            _ => {}
        }
    }
    let network = Ipv4Net::new(address, message.header.destination_prefix_length).ok()?;
    Some(Route { network, interface, source, metric, aside, ours })
}

/// The MTU of the interface behind the default route; Ethernet's where there is none.
pub(crate) fn uplink_mtu(links: &[Link], routes: &[Route]) -> u32 {
    let defaults = routes.iter().filter(|route| route.network.prefix_len() == 0 && !route.aside);
    let best = defaults.filter_map(|route| Some((route.metric, route.interface?))).min();
    let link = best.and_then(|(_, index)| links.iter().find(|link| link.index == index));
    link.map_or(1500, |link| link.mtu)
}
