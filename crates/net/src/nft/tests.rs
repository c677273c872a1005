//! What we encode is what `nft` reads.

use std::process::Command;

use nix::sched::{CloneFlags, unshare};

use super::{Datum, Element, GATEWAYS, HAIRPINS, PUBLISHED, RELAYS, SOURCES, UPLINKS, elements, install};
use crate::socket::Netlink;

#[test]
fn nft_lists_the_ruleset_as_it_is_meant() {
    if !nix::unistd::geteuid().is_root() {
        eprintln!("not root: passed over");
        return;
    }
    unshare(CloneFlags::CLONE_NEWNET).unwrap();
    let task = "172.31.0.4".parse().unwrap();
    let datum = Datum::default;
    let mut all = vec![
        Element { set: GATEWAYS, key: datum().address(task), value: Some(datum().address("172.31.0.1".parse().unwrap())) },
        Element { set: HAIRPINS, key: datum().address(task).address(task), value: None },
        Element { set: PUBLISHED, key: datum().protocol(6).port(8080), value: Some(datum().address(task).port(80)) },
        Element {
            set: RELAYS,
            key: datum().interface("ba1b2c3-1f").protocol(6).address("169.254.170.2".parse().unwrap()).port(80),
            value: Some(datum().address("127.0.0.1".parse().unwrap()).port(51679)),
        },
        Element { set: SOURCES, key: datum().interface("ba1b2c3-1f").address(task), value: None },
        Element { set: UPLINKS, key: datum().interface("enp1s0"), value: None },
    ];
    let mut netlink = Netlink::netfilter().unwrap();
    let (vpc, bridge) = ("172.31.0.0/16".parse().unwrap(), "10.99.0.0/20".parse().unwrap());
    let installation = "a1b2c3".parse().unwrap();
    for _ in 0..2 {
        netlink.transaction(&install(installation, vpc, bridge, &all)).unwrap();
    }
    let output = Command::new("nft").args(["list", "table", "ip", "berth_a1b2c3"]).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stdout), include_str!("expected.nft"));

    let mut listed = Vec::new();
    for set in [GATEWAYS, HAIRPINS, PUBLISHED, RELAYS, SOURCES, UPLINKS] {
        listed.extend(elements(&mut netlink, "berth_a1b2c3", set).unwrap());
    }
    all.sort_by_key(|element| element.set);
    assert_eq!(listed, all);
}
