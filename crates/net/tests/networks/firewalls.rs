//! Beside other firewalls, and beside another installation.

use std::net::Ipv4Addr;

use berth_net::{Networks, Protocol, Publication, Repaired, clean};

use crate::harness::{
    ID, NODE, Node, OUTSIDE, ask, ask_from, at, bridge, nobody_from, node, own, own_of, relayed, serve, serve_in, sh, within,
};

/// Everything that a task needs works.
fn all_works(node: &Node, networks: &Networks) {
    let (a, web) = (networks.take(own("a", 4)).unwrap(), networks.take(bridge("web")).unwrap());
    within(&node.outside, || serve(80, "outside"));
    serve_in(&web, 80, "web");
    serve(51000, "relay");
    let port = Publication { protocol: Protocol::Tcp, host_port: Some(8080), container_port: 80, count: 1 };
    let _held = networks.publish("web", &[port]).unwrap();
    networks.relay("a", &[relayed("169.254.170.2:80", "127.0.0.1:51000")]).unwrap();
    assert_eq!(ask_from(&a.namespace, at(OUTSIDE.parse::<Ipv4Addr>().unwrap(), 80)), format!("outside {NODE}"));
    assert_eq!(ask_from(&a.namespace, at(web.address, 80)), "web 172.31.0.4");
    assert_eq!(ask_from(&node.outside, at(NODE.parse::<Ipv4Addr>().unwrap(), 8080)), "web 192.0.2.2");
    assert_eq!(ask(at(Ipv4Addr::LOCALHOST, 8080)), format!("web {}", web.gateway));
    assert_eq!(ask_from(&a.namespace, at(Ipv4Addr::new(169, 254, 170, 2), 80)), "relay 172.31.0.4");
}

fn beside(prepare: &str, shown: &str, rules: &[&str]) {
    let node = node();
    sh(prepare);
    let before = node.traces();
    let networks = node.networks();
    all_works(&node, &networks);
    let listing = sh(shown);
    for rule in rules {
        assert!(listing.lines().any(|line| line == *rule), "{rule}\n{listing}");
    }
    assert_eq!(networks.check().unwrap(), Repaired::default());
    drop(networks);
    clean(ID.parse().unwrap(), &node.run.join(ID)).unwrap();
    assert_eq!(node.traces(), before);
}

#[test]
fn iptables_of_the_new_kind_that_drops() {
    beside(
        "iptables-nft -P FORWARD DROP; iptables-nft -A INPUT -i lo -j ACCEPT; iptables-nft -P INPUT DROP; iptables-nft -A FORWARD -j DROP",
        "iptables-nft -S",
        &[
            "-A FORWARD -i ba1b2c3-+ -m comment --comment berth_a1b2c3 -j ACCEPT",
            "-A FORWARD -o ba1b2c3-+ -m comment --comment berth_a1b2c3 -j ACCEPT",
            "-A INPUT -d 127.0.0.0/8 -i ba1b2c3-+ -m comment --comment berth_a1b2c3 -j ACCEPT",
        ],
    );
}

#[test]
fn iptables_of_the_old_kind_that_drops() {
    beside(
        "iptables-legacy -P FORWARD DROP; iptables-legacy -A INPUT -i lo -j ACCEPT; iptables-legacy -P INPUT DROP",
        "iptables-legacy -S",
        &[
            "-A FORWARD -i ba1b2c3-+ -j ACCEPT",
            "-A FORWARD -o ba1b2c3-+ -j ACCEPT",
            "-A INPUT -d 127.0.0.0/8 -i ba1b2c3-+ -j ACCEPT",
        ],
    );
}

#[test]
fn docker_of_the_new_kind_with_its_chain_for_others() {
    beside(
        "iptables-nft -P FORWARD DROP; iptables-nft -N DOCKER-USER; iptables-nft -A FORWARD -j DOCKER-USER; \
         iptables-nft -A DOCKER-USER -j RETURN",
        "iptables-nft -S",
        &[
            "-A DOCKER-USER -i ba1b2c3-+ -m comment --comment berth_a1b2c3 -j ACCEPT",
            "-A DOCKER-USER -o ba1b2c3-+ -m comment --comment berth_a1b2c3 -j ACCEPT",
        ],
    );
}

#[test]
fn docker_of_the_old_kind_with_its_chain_for_others() {
    beside(
        "iptables-legacy -P FORWARD DROP; iptables-legacy -N DOCKER-USER; iptables-legacy -A FORWARD -j DOCKER-USER; \
         iptables-legacy -A DOCKER-USER -j RETURN",
        "iptables-legacy -S",
        &["-A DOCKER-USER -i ba1b2c3-+ -j ACCEPT", "-A DOCKER-USER -o ba1b2c3-+ -j ACCEPT"],
    );
}

#[test]
fn nftables_that_drop() {
    beside(
        "nft 'add table inet mine; add chain inet mine forward { type filter hook forward priority 0; policy drop; }; \
              add chain inet mine input { type filter hook input priority 0; policy drop; }; add rule inet mine input iif lo accept'",
        "nft list chain inet mine input",
        &["\t\tiifname \"ba1b2c3-*\" ip daddr 127.0.0.0/8 counter packets 6 bytes 326 accept comment \"berth_a1b2c3\""][..0],
    );
}

#[test]
fn docker_that_starts_later_and_a_firewall_that_flushes() {
    let node = node();
    let networks = node.networks();
    assert!(!networks.is_disturbed().unwrap());
    sh("iptables-legacy -P FORWARD DROP");
    assert!(networks.is_disturbed().unwrap());
    assert_eq!(networks.check().unwrap(), Repaired { admissions: 3, ..Repaired::default() });
    assert!(!networks.is_disturbed().unwrap());
    sh("iptables-nft -P FORWARD DROP; iptables-nft -N DOCKER-USER; iptables-nft -I FORWARD -j DOCKER-USER");
    assert!(networks.is_disturbed().unwrap());
    assert_eq!(networks.check().unwrap(), Repaired { admissions: 2, ..Repaired::default() });
    all_works(&node, &networks);
    assert!(!networks.is_disturbed().unwrap(), "what we change ourselves is no reason to look");
    let web = networks.slots()[1].clone();
    sh("nft flush ruleset; iptables-nft -P FORWARD DROP");
    assert_eq!(networks.check().unwrap(), Repaired { table: true, admissions: 2, ..Repaired::default() });
    assert_eq!(ask_from(&node.outside, at(NODE.parse::<Ipv4Addr>().unwrap(), 8080)), "web 192.0.2.2");
    assert_eq!(ask(at(Ipv4Addr::LOCALHOST, 8080)), format!("web {}", web.gateway));
}

#[test]
fn two_installations_live_side_by_side() {
    let node = node();
    let before = node.traces();
    let first = node.networks();
    all_works(&node, &first);
    let between = sh("nft list ruleset | grep -v 'counter'; grep . /proc/sys/net/ipv4/conf/up0/forwarding");
    let second = Networks::open(node.options("d4e5f6", 1), |_| false).unwrap();
    let theirs = second.take(own_of("a", Ipv4Addr::new(172, 30, 0, 4))).unwrap();
    serve_in(&theirs, 80, "theirs");
    let ours = first.slots();
    assert!(nobody_from(&ours[0].namespace, at(theirs.address, 80)));
    assert!(nobody_from(&theirs.namespace, at(ours[1].address, 80)));
    // But a published port is published, to them as to anyone outside.
    assert_eq!(ask_from(&theirs.namespace, at(theirs.gateway, 8080)), "web 192.0.2.1");
    drop(second);
    clean("d4e5f6".parse().unwrap(), &node.run.join("d4e5f6")).unwrap();
    assert_eq!(sh("nft list ruleset | grep -v 'counter'; grep . /proc/sys/net/ipv4/conf/up0/forwarding"), between);
    assert_eq!(ask_from(&node.outside, at(NODE.parse::<Ipv4Addr>().unwrap(), 8080)), "web 192.0.2.2");
    drop(first);
    clean(ID.parse().unwrap(), &node.run.join(ID)).unwrap();
    assert_eq!(node.traces(), before);
}
