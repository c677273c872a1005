//! `/etc/hosts`, `/etc/hostname` and `/etc/resolv.conf`: files of the container's own, as Docker makes them for its network.

use std::fs;
use std::io;
use std::net::Ipv4Addr;
use std::os::unix::fs::chown;
use std::path::{Path, PathBuf};

use berth_api::acs::docker::HostConfig;
use berth_runtime::{Bind, IdMap, Network};

use super::{Connection, NodeFacts};

/// The names of this machine itself, as every hosts file begins.
const LOOPBACK: &str = "127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\nfe00::\tip6-localnet\nff00::\tip6-mcastprefix\n\
                        ff02::1\tip6-allnodes\nff02::2\tip6-allrouters\n";

/// A file that a container sees.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EtcFile {
    /// Its name in `/etc`.
    pub name: &'static str,
    /// What is in it.
    pub text: String,
}

/// The files that a container sees in `/etc`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EtcFiles(pub Vec<EtcFile>);

impl EtcFiles {
    pub(super) fn of(connection: &Connection, host: &HostConfig, hostname: &str, node: &NodeFacts) -> Self {
        let file = |name, text| EtcFile { name, text };
        Self(vec![
            file("hosts", hosts(connection, host, hostname, node)),
            file("hostname", format!("{hostname}\n")),
            file("resolv.conf", resolvers(connection, host, node)),
        ])
    }

    /// Writes them to a folder, which is made. They belong to this process's user, or to the root of a container with ids of its own.
    ///
    /// # Errors
    /// The file system refuses.
    pub fn write(&self, folder: &Path, ids: Option<IdMap>) -> io::Result<()> {
        fs::create_dir_all(folder)?;
        let owner = ids.map(|ids| ids.first);
        self.0.iter().try_for_each(|file| {
            let path = folder.join(file.name);
            fs::write(&path, &file.text)?;
            if owner.is_some() { chown(&path, owner, owner) } else { Ok(()) }
        })
    }

    /// How the container sees those in a folder.
    pub(super) fn binds(&self, folder: &Path, read_only: bool) -> Vec<Bind> {
        let target = |file: &EtcFile| PathBuf::from("/etc").join(file.name);
        self.0.iter().map(|file| Bind { source: folder.join(file.name), target: target(file), read_only, fill: None }).collect()
    }
}

fn hosts(connection: &Connection, host: &HostConfig, hostname: &str, node: &NodeFacts) -> String {
    let mut text = match connection.network {
        Network::Host => node.hosts.clone(),
        Network::Loopback | Network::Namespace(_) => LOOPBACK.to_owned(),
    };
    if !text.is_empty() && !text.ends_with('\n') {
        text.push('\n');
    }
    for extra in &host.extra_hosts {
        // The address may hold colons.
        if let Some((name, address)) = extra.split_once(':') {
            text.push_str(&format!("{address}\t{name}\n"));
        }
    }
    for (address, names) in &connection.hosts {
        text.push_str(&format!("{address}\t{names}\n"));
    }
    if let Some(address) = connection.address {
        text.push_str(&format!("{address}\t{hostname}\n"));
    }
    text
}

/// The host's own on the host's network; otherwise without resolvers that cannot be reached from there. What the definition says
/// replaces both.
fn resolvers(connection: &Connection, host: &HostConfig, node: &NodeFacts) -> String {
    let is_host = connection.network == Network::Host;
    let is_reached = |line: &str| {
        let address = line.strip_prefix("nameserver").and_then(|address| address.trim().parse::<Ipv4Addr>().ok());
        address.is_some_and(|address| !address.is_loopback())
    };
    let names_some = |text: &str| text.lines().any(is_reached);
    let text = &node.resolv_conf;
    let text =
        if is_host || names_some(text) || !names_some(&node.upstream_resolv_conf) { text } else { &node.upstream_resolv_conf };
    let keep = |line: &&str| {
        let is_server = line.starts_with("nameserver");
        let replaced = (!host.dns.is_empty() && is_server)
            || (!host.dns_search.is_empty() && (line.starts_with("search") || line.starts_with("domain")));
        !replaced && (is_host || !is_server || is_reached(line))
    };
    let mut kept: String = text.lines().filter(keep).map(|line| format!("{line}\n")).collect();
    if !host.dns_search.is_empty() {
        kept.push_str(&format!("search {}\n", host.dns_search.join(" ")));
    }
    kept.extend(host.dns.iter().map(|server| format!("nameserver {server}\n")));
    if let Some(resolver) = connection.resolver.filter(|_| host.dns.is_empty() && !names_some(&kept)) {
        kept.push_str(&format!("nameserver {resolver}\n"));
    }
    kept
}
