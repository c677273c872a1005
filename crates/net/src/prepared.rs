//! A slot before it has a task: all that takes time is done, only the address is missing.

use std::os::fd::{AsFd, BorrowedFd};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::socket::Netlink;
use crate::{IdBlock, Installation, NetError, listing, namespace, route, sysctl};

/// How long the kernel may take to notice that both ends are up, and how often we look.
const LINK_PATIENCE: Duration = Duration::from_secs(5);
const LINK_POLL: Duration = Duration::from_micros(100);

/// `lo` is the first interface of every namespace.
const LOOPBACK_INDEX: u32 = 1;

/// What all slots of a node have alike.
#[derive(Debug, Clone)]
pub(crate) struct Site {
    pub(crate) installation: Installation,
    /// Where namespaces are mounted.
    pub(crate) folder: PathBuf,
    pub(crate) mtu: u32,
}

impl Site {
    pub(crate) fn namespace(&self, number: u32) -> PathBuf {
        self.folder.join(self.installation.interface(number))
    }
}

/// A namespace with both ends of a veth, up.
#[derive(Debug)]
pub(crate) struct Prepared {
    pub(crate) number: u32,
    /// Of the node's end.
    pub(crate) index: u32,
    /// The ids of the user namespace that the namespace belongs to, if that is not the node's.
    pub(crate) ids: Option<IdBlock>,
    /// Speaks to the kernel from inside, so that nobody has to enter.
    pub(crate) inside: Inside,
}

/// The task's end.
#[derive(Debug)]
pub(crate) struct Inside {
    pub(crate) netlink: Netlink,
    pub(crate) index: u32,
}

impl Inside {
    /// Of a namespace that is there.
    pub(crate) fn open(path: &Path) -> Result<Self, NetError> {
        namespace::within(path, || {
            let mut netlink = Netlink::route()?;
            let links = listing::links(&mut netlink)?;
            let link = links.into_iter().find(|link| link.name == route::INSIDE);
            let index = link.map(|link| link.index).ok_or_else(|| NetError::Invalid {
                what: format!("the namespace {} has no {}", path.display(), route::INSIDE),
            })?;
            Ok(Self { netlink, index })
        })
    }
}

/// Makes slot `number`. What is left of a failed attempt is removed.
pub(crate) fn prepare(site: &Site, node: &mut Netlink, number: u32, ids: Option<IdBlock>) -> Result<Prepared, NetError> {
    let path = site.namespace(number);
    let name = site.installation.interface(number);
    let made = namespace::create(&path, ids, |namespace| inside(site, node, &name, namespace));
    let made = made.and_then(|inside| Ok(Prepared { number, index: outside(node, &name)?, ids, inside }));
    if made.is_err() {
        namespace::discard(&path);
        destroy(node, &name);
    }
    made
}

fn inside(site: &Site, node: &mut Netlink, name: &str, namespace: BorrowedFd<'_>) -> Result<Inside, NetError> {
    // As Docker does: every user may listen on low ports, and ping.
    sysctl::set("ipv4/ip_unprivileged_port_start", "0")?;
    sysctl::set("ipv4/ping_group_range", "0 2147483647")?;
    // Before the interface is born: it shall not look for routers and neighbours. `lo` keeps ::1.
    sysctl::set_if_there("ipv6/conf/default/disable_ipv6", "1")?;
    let mut netlink = Netlink::route()?;
    netlink.all("raising lo", &[route::raise(LOOPBACK_INDEX)])?;
    let veth = route::add_veth(name, site.installation.mac(), site.mtu, namespace.as_fd());
    node.all(format!("making the interface {name}"), &[veth])?;
    let links = listing::links(&mut netlink)?;
    let index = links.iter().find(|link| link.name == route::INSIDE).map_or(2, |link| link.index);
    // Now, not when a task comes: the other end begins to send only some time after this (`await_link`).
    netlink.all("raising eth0", &[route::raise(index)])?;
    Ok(Inside { netlink, index })
}

fn outside(node: &mut Netlink, name: &str) -> Result<u32, NetError> {
    sysctl::set(&format!("ipv4/conf/{name}/forwarding"), "1")?;
    // Answers to what the node's loopback asked come back here, and relays lead to it; the guard drops the rest.
    sysctl::set(&format!("ipv4/conf/{name}/route_localnet"), "1")?;
    sysctl::set(&format!("ipv4/conf/{name}/send_redirects"), "0")?;
    sysctl::set_if_there(&format!("ipv6/conf/{name}/disable_ipv6"), "1")?;
    let index = index_of(node, name)?;
    await_link(node, name, index)?;
    Ok(index)
}

/// The node's end was raised before its peer, so it begins to send when the kernel's link watch gets to it: mostly in less than
/// a millisecond. Before that, the first packet to a task would be lost, and a connection a second late.
fn await_link(node: &mut Netlink, name: &str, index: u32) -> Result<(), NetError> {
    let deadline = Instant::now() + LINK_PATIENCE;
    while !listing::is_up(node, index)? {
        if Instant::now() > deadline {
            return Err(NetError::Invalid { what: format!("the interface {name} did not come up in {LINK_PATIENCE:?}") });
        }
        std::thread::sleep(LINK_POLL);
    }
    Ok(())
}

/// An interface's number.
pub(crate) fn index_of(node: &Netlink, name: &str) -> Result<u32, NetError> {
    rustix::net::netdevice::name_to_index(node.as_fd(), name)
        .map_err(|errno| NetError::Kernel { doing: format!("looking for the interface {name}"), source: errno.into() })
}

fn destroy(node: &mut Netlink, name: &str) {
    let Ok(index) = index_of(node, name) else { return };
    let gone = node.all(format!("removing the interface {name}"), &[route::delete(index)]);
    if let Err(error) = gone {
        tracing::warn!(%error, "an interface is left over");
    }
}
