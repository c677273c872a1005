//! Living with other firewalls. Docker, firewalld, ufw and people drop what is forwarded in chains of their own; an accept of
//! ours cannot overrule them, so theirs get three rules at the top that let our interfaces through. Nothing of theirs is changed.

use std::io;
use std::net::Ipv4Addr;

use ipnet::Ipv4Net;
use nix::libc;

use crate::nft::{Chain, EQUAL, IIFNAME, IPV4, OIFNAME, Rule, chains, comments, delete_rule, insert_rule};
use crate::socket::Netlink;
use crate::{Installation, NetError, legacy};

const INPUT: u32 = 1;
const FORWARD: u32 = 2;

/// Only relays lead to the node's loopback, and only after our guard: see the ruleset.
pub(crate) const LOOPBACK: Ipv4Net = Ipv4Net::new_assert(Ipv4Addr::new(127, 0, 0, 0), 8);

/// Adds what is missing, says how many rules that were.
pub(crate) fn admit(netlink: &mut Netlink, installation: Installation) -> Result<usize, NetError> {
    let listed = chains(netlink).map_err(NetError::kernel("listing the firewall's chains"))?;
    let mut added = 0;
    for chain in listed.iter().filter(|chain| is_foreign(chain)) {
        let (chain, rules) = match chain.hook {
            Some(FORWARD) => (docker_user(&listed, chain), forward_rules(installation)),
            Some(INPUT) => (chain, input_rules(installation)),
            _ => continue,
        };
        let there = ours(netlink, installation, chain).map_err(NetError::kernel(format!("listing the chain {}", chain.name)))?;
        if there.len() == rules.len() {
            continue;
        }
        let removals = there.iter().map(|handle| delete_rule(chain.family, &chain.table, &chain.name, *handle));
        let insertions = rules.iter().map(|rule| insert_rule(chain.family, &chain.table, &chain.name, rule));
        let requests: Vec<_> = removals.chain(insertions).collect();
        match netlink.transaction(&requests) {
            Ok(()) => added += rules.len(),
            // A table may belong to a running program alone (firewalld); then only its own configuration helps.
            Err(error) => {
                tracing::warn!(table = chain.table, chain = chain.name, %error, "tasks may be cut off: no rule can be added")
            }
        }
    }
    match legacy::admit(installation) {
        Ok(count) => added += count,
        Err(error) => tracing::warn!(%error, "tasks may be cut off by iptables"),
    }
    Ok(added)
}

/// Removes all rules of an installation from others' chains.
pub(crate) fn withdraw(netlink: &mut Netlink, installation: Installation) -> Result<(), NetError> {
    let doing = || NetError::kernel("removing rules from other firewalls");
    let listed = chains(netlink).map_err(doing())?;
    for chain in listed.iter().filter(|chain| !chain.table.starts_with("berth_")) {
        // Chains that vanish meanwhile, and types of tables that have other rules, are not an error.
        let Ok(handles) = ours(netlink, installation, chain) else { continue };
        let requests: Vec<_> =
            handles.iter().map(|handle| delete_rule(chain.family, &chain.table, &chain.name, *handle)).collect();
        if !requests.is_empty() {
            netlink.transaction(&requests).map_err(doing())?;
        }
    }
    legacy::withdraw(installation)
}

/// A chain that can keep packets of tasks from getting through: those of iptables, and whatever drops by default.
fn is_foreign(chain: &Chain) -> bool {
    let of_iptables = chain.family == IPV4 && chain.table == "filter" && matches!(chain.name.as_str(), "FORWARD" | "INPUT");
    let of_ip = matches!(chain.family, IPV4 | libc::NFPROTO_INET);
    of_ip && chain.kind == "filter" && !chain.table.starts_with("berth_") && (of_iptables || chain.drops)
}

/// Docker's place for rules of others, if there is one.
fn docker_user<'a>(listed: &'a [Chain], forward: &'a Chain) -> &'a Chain {
    let beside = |chain: &&Chain| chain.family == forward.family && chain.table == forward.table && chain.name == "DOCKER-USER";
    listed.iter().find(beside).unwrap_or(forward)
}

fn ours(netlink: &mut Netlink, installation: Installation, chain: &Chain) -> io::Result<Vec<u64>> {
    let table = installation.table();
    let rules = comments(netlink, chain)?.into_iter();
    Ok(rules.filter(|(_, comment)| comment.as_deref() == Some(&table)).map(|(handle, _)| handle).collect())
}

/// In the form that `iptables` reads back: it refuses whole tables that have anything it cannot show.
fn forward_rules(installation: Installation) -> Vec<Rule> {
    let rule = |key| Rule::default().interface(key, EQUAL, &installation.prefix()).counter().accept();
    [IIFNAME, OIFNAME].map(|key| rule(key).comment(&installation.table())).into()
}

fn input_rules(installation: Installation) -> Vec<Rule> {
    let rule = Rule::default().interface(IIFNAME, EQUAL, &installation.prefix());
    vec![rule.within(Rule::destination, EQUAL, LOOPBACK).counter().accept().comment(&installation.table())]
}
