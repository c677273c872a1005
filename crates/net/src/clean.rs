//! Removing everything of an installation, by its id alone.

use std::path::Path;

use crate::nft::{UPLINKS, delete_table, elements};
use crate::slot::key_interface;
use crate::socket::Netlink;
use crate::{Installation, NetError, firewall, forwarding, listing, namespace, open, route};

/// Removes all that an installation has in the kernel and in its run folder. Nobody may have its networks open. What was
/// before the first `Networks::open` is as it was. Answers how many interfaces there were.
pub fn clean(installation: Installation, run: &Path) -> Result<usize, NetError> {
    let owner = open::own(run)?;
    let (mut links, mut rules) = (Netlink::route()?, Netlink::netfilter()?);
    let table = installation.table();
    let recorded = elements(&mut rules, &table, UPLINKS).map_err(NetError::kernel(format!("listing {table} {UPLINKS}")))?;
    let others = forwarding::recorded(&mut rules, Some(installation))?;
    let mut uplinks: Vec<String> = recorded.iter().filter_map(key_interface).map(str::to_owned).collect();
    uplinks.retain(|interface| !others.contains(interface));

    // Tasks go before the table that guards the node from them.
    let removed = remove_links(&mut links, installation)?;
    firewall::withdraw(&mut rules, installation)?;
    forwarding::turn_off(&uplinks)?;
    match rules.transaction(&[delete_table(&table)]) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            return Err(NetError::kernel(format!("removing the table {table}"))(error));
        }
        _ => {}
    }
    let routes = listing::routes(&mut links)?;
    let networks = routes.iter().filter(|route| route.is_network_of(installation));
    let removals: Vec<_> = networks.map(|route| route::delete_network(installation, route.network)).collect();
    links.all("removing the networks' routes", &removals)?;
    remove_files(run)?;
    drop(owner);
    Ok(removed)
}

fn remove_links(links: &mut Netlink, installation: Installation) -> Result<usize, NetError> {
    let prefix = installation.prefix();
    let ours = listing::links(links)?.into_iter().filter(|link| link.name.starts_with(&prefix));
    let mut requests: Vec<_> = ours.map(|link| route::set_group(link.index, installation.doomed())).collect();
    if requests.is_empty() {
        return Ok(0);
    }
    let found = requests.len();
    requests.push(route::delete_group(installation.doomed()));
    links.all("removing interfaces", &requests)?;
    Ok(found)
}

fn remove_files(run: &Path) -> Result<(), NetError> {
    let folder = open::folder(run);
    let failed = || NetError::kernel(format!("removing {}", folder.display()));
    for entry in std::fs::read_dir(&folder).map_err(failed())? {
        namespace::discard(&entry.map_err(failed())?.path());
    }
    namespace::uncover(&folder)?;
    std::fs::remove_dir(&folder).map_err(failed())?;
    std::fs::remove_file(run.join("networks.lock")).map_err(failed())
}
