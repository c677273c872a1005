//! `DATA/agent/network.json`: the addresses that task networks have on this machine, chosen once and kept.
//!
//! Root alone writes and reads it: a control plane that went astray shall not make this machine claim other addresses.

use std::path::Path;

use anyhow::{Context as _, Result};
use berth_net::{choose_bridge, choose_vpc, occupied};
use berth_services::vpc;
use ipnet::Ipv4Net;
use serde::{Deserialize, Serialize};

use crate::{files, installation, network};

/// The addresses that task networks have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Addresses {
    /// Of tasks with an address of their own; the control plane gives them out.
    pub(crate) vpc: Ipv4Net,
    /// Of the others; this machine alone knows them.
    pub(crate) bridge: Ipv4Net,
}

/// AWS's default VPC.
pub(crate) fn default_vpc() -> Result<Ipv4Net> {
    vpc::DEFAULT_CIDR.parse().context("reading the default VPC")
}

/// The addresses of the installation in a folder, chosen now if they never were: the VPC that its control plane has already, or the
/// wanted one, or one that this machine has no route to.
pub(crate) fn settle(folder: &Path, id: &str, wanted: Option<Ipv4Net>) -> Result<Addresses> {
    let path = installation::agent_folder(folder).join("network.json");
    if let Some(settled) = files::read_json::<Addresses>(&path)? {
        checked(settled.vpc).with_context(|| format!("reading {}", path.display()))?;
        return Ok(settled);
    }
    let taken = occupied(id.parse()?).context("looking at the routes of this machine")?;
    let addresses = choose(&taken, network::vpc_of(folder)?.or(wanted))?;
    files::replace(&path, &serde_json::to_vec_pretty(&addresses)?, 0o600, None)?;
    Ok(addresses)
}

fn checked(vpc: Ipv4Net) -> Result<Ipv4Net> {
    vpc::checked(vpc).context("choosing the addresses of task networks")
}

fn choose(taken: &[Ipv4Net], known: Option<Ipv4Net>) -> Result<Addresses> {
    let full = "every block that task networks could have overlaps with a route of this machine: choose one with --vpc-cidr";
    let vpc = known.or_else(|| choose_vpc(taken, &[])).context(full)?;
    let taken: Vec<Ipv4Net> = taken.iter().copied().chain([vpc]).collect();
    let bridge = choose_bridge(&taken)
        .context("10.64.0.0/10 and 198.18.0.0/15 are routed already: there is no room for the network mode bridge")?;
    Ok(Addresses { vpc: checked(vpc)?, bridge })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn net(text: &str) -> Ipv4Net {
        text.parse().unwrap()
    }

    #[test]
    fn addresses_are_chosen_clear_of_the_machines_routes() {
        let of = |taken: &[&str], known: Option<&str>| {
            let taken: Vec<_> = taken.iter().map(|network| net(network)).collect();
            choose(&taken, known.map(net)).map(|addresses| (addresses.vpc.to_string(), addresses.bridge.to_string())).ok()
        };
        let pair = |vpc: &str, bridge: &str| Some((vpc.to_owned(), bridge.to_owned()));
        assert_eq!(of(&["0.0.0.0/0", "192.168.1.0/24"], None), pair("172.31.0.0/16", "10.64.0.0/16"));
        assert_eq!(of(&["172.16.0.0/12"], None), pair("10.64.0.0/16", "10.65.0.0/16"));
        assert_eq!(of(&["172.31.4.0/24"], Some("10.64.0.0/16")), pair("10.64.0.0/16", "10.65.0.0/16"));
        assert_eq!(of(&["172.16.0.0/12", "10.0.0.0/8"], None), None);
        assert_eq!(of(&[], Some("10.0.0.0/8")), None);
    }

    #[test]
    fn what_was_chosen_once_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("agent")).unwrap();
        let first = settle(folder.path(), "a1b2c3", Some(net("10.99.0.0/16"))).unwrap();
        assert_eq!(first.vpc, net("10.99.0.0/16"));
        assert_eq!(settle(folder.path(), "a1b2c3", Some(net("10.98.0.0/16"))).unwrap(), first);
    }

    #[test]
    fn a_control_plane_that_was_there_before_has_its_way() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["agent", "server"] {
            std::fs::create_dir(folder.path().join(name)).unwrap();
        }
        let told = r#"{"region":"us-east-1","vpc":"vpc-00123456789abcdef","cidr":"10.77.0.0/16","subnets":[],
                      "security_group":"sg-00123456789abcdef"}"#;
        std::fs::write(folder.path().join("server/network.json"), told).unwrap();
        assert_eq!(settle(folder.path(), "a1b2c3", Some(net("10.99.0.0/16"))).unwrap().vpc, net("10.77.0.0/16"));
    }
}
