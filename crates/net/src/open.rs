//! Opening the networks: what the kernel has is read, kept or doomed.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{DirBuilder, File};
use std::net::Ipv4Addr;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::{Condvar, Mutex};

use ipnet::Ipv4Net;

use crate::ids::{Blocks, Ids};
use crate::listing::{Link, Route};
use crate::nft::{Element, PUBLISHED, RELAYS};
use crate::plan::Addresses;
use crate::prepared::Site;
use crate::slot::{Held, key_interface, published_address, read_alias};
use crate::socket::Netlink;
use crate::state::{Doomed, Shared, State};
use crate::{Installation, NetError, forwarding, listing, namespace, nft, plan, prepared, route};

/// What networks are opened with.
#[derive(Debug, Clone)]
pub struct Options {
    /// Whose they are.
    pub installation: Installation,
    /// A folder for the namespaces, gone after a boot (of `/run`).
    pub run: PathBuf,
    /// The addresses of tasks that have their own; see `choose_vpc`.
    pub vpc: Ipv4Net,
    /// The addresses of the others; only this node knows them.
    pub bridge: Ipv4Net,
    /// How many slots are prepared.
    pub slots: usize,
    /// The largest packet; `None`: as on the interface of the default route.
    pub mtu: Option<u32>,
    /// For slots with ids of their own; `None`: there are none.
    pub ids: Option<Ids>,
}

/// The folder of namespaces. Who makes containers can do without its mounts.
#[must_use]
pub fn folder(run: &Path) -> PathBuf {
    run.join("netns")
}

/// The file that is locked by whoever works on an installation's networks.
pub(crate) fn own(run: &Path) -> Result<File, NetError> {
    let folder = folder(run);
    let made = DirBuilder::new().recursive(true).mode(0o700).create(&folder);
    made.map_err(NetError::kernel(format!("creating {}", folder.display())))?;
    let path = run.join("networks.lock");
    let file = File::options().create(true).truncate(false).write(true).open(&path);
    let file = file.map_err(NetError::kernel(format!("opening {}", path.display())))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(error) => {
            Err(NetError::Invalid { what: format!("another process works on the networks: {}: {error}", path.display()) })
        }
    }
}

pub(crate) fn open(options: Options, keep: &dyn Fn(&str) -> bool) -> Result<Shared, NetError> {
    let Options { installation, run, vpc, bridge, slots, mtu, ids } = options;
    let owner = own(&run)?;
    let (mut links, mut rules) = (Netlink::route()?, Netlink::netfilter()?);
    let holder = holder(&mut links, installation)?;
    let (found, routes) = (listing::links(&mut links)?, listing::routes(&mut links)?);
    namespace::set_apart(&folder(&run))?;
    let site = Site { installation, folder: folder(&run), mtu: mtu.unwrap_or_else(|| listing::uplink_mtu(&found, &routes)) };

    let mut held = adopted(&site, &found, &routes, keep);
    adopt_elements(&mut rules, installation, &mut held)?;
    let (doomed, next) = leftovers(&site, &mut links, &found, &held)?;
    let gateways: BTreeSet<Ipv4Addr> =
        held.values().map(|held| held.gateway).chain([plan::gateway(vpc), plan::gateway(bridge)]).collect();
    fixed_routes(&mut links, installation, &[vpc, bridge], &routes)?;
    let addresses: Vec<_> = gateways.iter().map(|gateway| route::add_address(holder, *gateway)).collect();
    links.all("adding the gateways' addresses", &addresses)?;

    let mut pool = Addresses::new(bridge);
    held.values().for_each(|held| pool.occupy(held.address));
    let pool_with_ids = ids.as_ref().map_or(0, |ids| ids.slots);
    let mut blocks = ids.map(|ids| Blocks::new(ids.range));
    if let Some(blocks) = &mut blocks {
        held.values().filter_map(|held| held.ids).for_each(|ids| blocks.occupy(ids));
    }
    let uplinks = uplinks(&mut rules, &found)?;
    let state = State {
        ready: Vec::new(),
        ready_with_ids: Vec::new(),
        blocks,
        held,
        doomed,
        doomed_since: None,
        uplinks,
        gateways,
        addresses: pool,
        next,
        undisturbed: None,
        stopping: false,
    };
    let shared = Shared {
        site,
        vpc,
        bridge,
        pool: slots,
        pool_with_ids,
        holder,
        links: Mutex::new(links),
        rules: Mutex::new(rules),
        state: Mutex::new(state),
        wake: Condvar::new(),
        _owner: owner,
    };
    shared.install(&mut crate::state::lock(&shared.rules))?;
    Ok(shared)
}

/// The interface of the gateway addresses, made if it is not there.
fn holder(links: &mut Netlink, installation: Installation) -> Result<u32, NetError> {
    let name = installation.gateway();
    if prepared::index_of(links, &name).is_err() {
        links.all(format!("making the interface {name}"), &[route::add_holder(&name)])?;
    }
    let index = prepared::index_of(links, &name)?;
    links.all(format!("raising the interface {name}"), &[route::raise(index)])?;
    Ok(index)
}

/// Slots with a wanted name, an address and a namespace. One that was being taken or released lacks one of them.
fn adopted(site: &Site, links: &[Link], routes: &[Route], keep: &dyn Fn(&str) -> bool) -> BTreeMap<String, Held> {
    let mut held = BTreeMap::new();
    for link in links.iter().filter(|link| link.group != site.installation.doomed()) {
        let Some(number) = site.installation.number(&link.name) else { continue };
        let Some((name, ids)) = link.alias.as_deref().and_then(read_alias).filter(|(name, _)| keep(name)) else {
            continue;
        };
        let to =
            routes.iter().find(|route| route.interface == Some(link.index) && route.ours && route.network.prefix_len() == 32);
        let Some((address, gateway)) = to.and_then(|route| Some((route.network.addr(), route.source?))) else { continue };
        if namespace::is_mounted(&site.namespace(number)) {
            let (index, published, relays) = (link.index, Vec::new(), Vec::new());
            held.insert(name.to_owned(), Held { number, index, address, gateway, ids, published, relays });
        }
    }
    held
}

/// The ports and relays of adopted slots; those of others vanish when the table is put in place anew.
fn adopt_elements(rules: &mut Netlink, installation: Installation, held: &mut BTreeMap<String, Held>) -> Result<(), NetError> {
    let table = installation.table();
    let mut listed = |set| nft::elements(rules, &table, set).map_err(NetError::kernel(format!("listing {table} {set}")));
    let (published, relays): (Vec<Element>, Vec<Element>) = (listed(PUBLISHED)?, listed(RELAYS)?);
    for slot in held.values_mut() {
        let interface = installation.interface(slot.number);
        slot.published = published.iter().filter(|it| published_address(it) == Some(slot.address)).cloned().collect();
        slot.relays = relays.iter().filter(|it| key_interface(it) == Some(&interface)).cloned().collect();
    }
    Ok(())
}

/// Everything that no adopted slot has; and a number above all that are in use.
fn leftovers(
    site: &Site,
    netlink: &mut Netlink,
    links: &[Link],
    held: &BTreeMap<String, Held>,
) -> Result<(Vec<Doomed>, u32), NetError> {
    let kept: BTreeSet<u32> = held.values().map(|held| held.number).collect();
    let mut doomed: BTreeSet<u32> = BTreeSet::new();
    let mut requests = Vec::new();
    for link in links {
        let Some(number) = site.installation.number(&link.name).filter(|number| !kept.contains(number)) else { continue };
        doomed.insert(number);
        requests.push(route::set_group(link.index, site.installation.doomed()));
    }
    let answers = netlink.each(&requests).map_err(NetError::kernel("dooming left over interfaces"))?;
    tracing::debug!(?answers, "left over interfaces were doomed");
    let listing = || NetError::kernel(format!("listing {}", site.folder.display()));
    for entry in std::fs::read_dir(&site.folder).map_err(listing())? {
        let name = entry.map_err(listing())?.file_name();
        let number = name.to_str().and_then(|name| site.installation.number(name));
        doomed.extend(number.filter(|number| !kept.contains(number)));
    }
    let next = kept.iter().chain(&doomed).max().map_or(1, |last| (last + 1) & 0x0fff_ffff);
    Ok((doomed.into_iter().map(|number| Doomed { number, address: None, ids: None }).collect(), next))
}

/// The networks as a whole lead nowhere; those that an earlier configuration had are removed.
fn fixed_routes(links: &mut Netlink, installation: Installation, networks: &[Ipv4Net], routes: &[Route]) -> Result<(), NetError> {
    let wanted = networks.iter().map(|network| route::put_network(installation, *network));
    links.all("claiming the networks", &wanted.collect::<Vec<_>>())?;
    let old = routes.iter().filter(|route| route.is_network_of(installation) && !networks.contains(&route.network));
    let removals: Vec<_> = old.map(|route| route::delete_network(installation, route.network)).collect();
    links.each(&removals).map(drop).map_err(NetError::kernel("removing old networks"))
}

/// The interfaces on which Berth, this installation or another, turned forwarding on.
fn uplinks(rules: &mut Netlink, links: &[Link]) -> Result<Vec<String>, NetError> {
    let recorded = forwarding::recorded(rules, None)?;
    Ok(links.iter().map(|link| link.name.clone()).filter(|name| recorded.contains(name)).collect())
}
