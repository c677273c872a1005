//! Which addresses this machine knows a way to.

use std::collections::BTreeSet;

use ipnet::Ipv4Net;

use crate::socket::Netlink;
use crate::{Installation, NetError, listing};

/// The networks of this machine's routes and addresses, but for an installation's own. Other installations' are among them.
pub fn occupied(except: Installation) -> Result<Vec<Ipv4Net>, NetError> {
    let mut links = Netlink::route()?;
    let prefix = except.prefix();
    let found = listing::links(&mut links)?;
    let own: BTreeSet<u32> = found.iter().filter(|link| link.name.starts_with(&prefix)).map(|link| link.index).collect();
    let routes = listing::routes(&mut links)?.into_iter();
    let others =
        routes.filter(|route| !route.is_network_of(except) && route.interface.is_none_or(|interface| !own.contains(&interface)));
    Ok(others.map(|route| route.network).collect())
}
