//! Forwarding on the node's own interfaces. Tasks need it on every interface that answers come in by, but a node that does not
//! route must not become a router: where it was off, packets between the interfaces that we turned on are dropped.

use std::collections::BTreeSet;

use crate::listing::Link;
use crate::nft::{self, Datum, Element, UPLINKS};
use crate::slot::key_interface;
use crate::socket::Netlink;
use crate::{Installation, NetError, sysctl};

fn setting(interface: &str) -> String {
    format!("ipv4/conf/{interface}/forwarding")
}

/// The interfaces on which forwarding is off, as elements of the ruleset. They have to be in it before it is turned on.
pub(crate) fn closed(links: &[Link]) -> Result<Vec<String>, NetError> {
    let mut closed = Vec::new();
    for link in links.iter().filter(|link| link.name != "lo" && !is_of_berth(&link.name)) {
        match sysctl::get(&setting(&link.name)) {
            Ok(value) if value == "0" => closed.push(link.name.clone()),
            Ok(_) => {}
            // It may just have gone.
            Err(error) => tracing::debug!(interface = link.name, %error, "an interface is passed over"),
        }
    }
    Ok(closed)
}

/// `b`, six hexadecimal digits and a dash: of this or another installation, which see to theirs.
fn is_of_berth(name: &str) -> bool {
    let id = name.strip_prefix('b').and_then(|rest| rest.split_once('-')).map(|(id, _)| id);
    id.is_some_and(|id| id.parse::<Installation>().is_ok())
}

pub(crate) fn element(interface: &str) -> Element {
    Element { set: UPLINKS, key: Datum::default().interface(interface), value: None }
}

pub(crate) fn turn_on(interfaces: &[String]) -> Result<(), NetError> {
    interfaces.iter().try_for_each(|interface| sysctl::set(&setting(interface), "1"))
}

/// Turned off again, unless the whole node has become a router in the meantime.
pub(crate) fn turn_off(interfaces: &[String]) -> Result<(), NetError> {
    if interfaces.is_empty() || sysctl::get("ipv4/ip_forward")? != "0" {
        return Ok(());
    }
    interfaces.iter().try_for_each(|interface| sysctl::set_if_there(&setting(interface), "0"))
}

/// The interfaces that tables of Berth have as turned on; without those of one installation alone, if one is given.
pub(crate) fn recorded(rules: &mut Netlink, except: Option<Installation>) -> Result<BTreeSet<String>, NetError> {
    let doing = || NetError::kernel("listing the interfaces on which forwarding was turned on");
    let except = except.map(Installation::table);
    let chains = nft::chains(rules).map_err(doing())?;
    let tables = chains.into_iter().filter(|chain| chain.family == nft::IPV4).map(|chain| chain.table);
    let tables: BTreeSet<String> = tables.filter(|table| table.starts_with("berth_") && Some(table) != except.as_ref()).collect();
    let mut interfaces = BTreeSet::new();
    for table in tables {
        let elements = nft::elements(rules, &table, UPLINKS).map_err(doing())?;
        interfaces.extend(elements.iter().filter_map(key_interface).map(str::to_owned));
    }
    Ok(interfaces)
}
