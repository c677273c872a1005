//! Berth's table: fixed chains with a handful of rules, and sets and maps that say which tasks there are.

use ipnet::Ipv4Net;

use super::expression::{EQUAL, IIFNAME, OIFNAME, Rule, UNEQUAL};
use super::request::{
    ADDRESS, Element, Hook, INTERFACE, PORT, PROTOCOL, add_chain, add_elements, add_rule, add_set, add_table, delete_table,
};
use crate::Installation;
use crate::socket::Request;

/// interface . address: what may come from where.
pub(crate) const SOURCES: &str = "sources";
/// protocol . host port : address . port of a task.
pub(crate) const PUBLISHED: &str = "published";
/// interface . protocol . address . port : local address . port.
pub(crate) const RELAYS: &str = "relays";
/// A task's address : its gateway's, for tasks with published ports.
pub(crate) const GATEWAYS: &str = "gateways";
/// address . address, twice the same: a task that speaks to itself by a published port.
pub(crate) const HAIRPINS: &str = "hairpins";
/// Interfaces of the node that forward only because Berth let them.
pub(crate) const UPLINKS: &str = "uplinks";

const LOOPBACK: Ipv4Net = Ipv4Net::new_assert(std::net::Ipv4Addr::new(127, 0, 0, 0), 8);

const PREROUTING: i32 = 0;
const FORWARD: i32 = 2;
const OUTPUT: i32 = 3;
const POSTROUTING: i32 = 4;

const GUARD: Hook = Hook { name: "guard", kind: "filter", number: PREROUTING, priority: -300 };
const ARRIVE: Hook = Hook { name: "arrive", kind: "nat", number: PREROUTING, priority: -100 };
const LOCAL: Hook = Hook { name: "local", kind: "nat", number: OUTPUT, priority: -100 };
const PASS: Hook = Hook { name: "pass", kind: "filter", number: FORWARD, priority: 0 };
const LEAVE: Hook = Hook { name: "leave", kind: "nat", number: POSTROUTING, priority: 100 };

/// One transaction that puts the whole table in the place of what there is: nobody sees it half made or gone.
pub(crate) fn install(installation: Installation, vpc: Ipv4Net, bridge: Ipv4Net, elements: &[Element]) -> Vec<Request> {
    let table = installation.table();
    let mut requests = vec![add_table(&table), delete_table(&table), add_table(&table)];
    requests.extend([
        add_set(&table, SOURCES, 1, &[INTERFACE, ADDRESS], &[]),
        add_set(&table, PUBLISHED, 2, &[PROTOCOL, PORT], &[ADDRESS, PORT]),
        add_set(&table, RELAYS, 3, &[INTERFACE, PROTOCOL, ADDRESS, PORT], &[ADDRESS, PORT]),
        add_set(&table, GATEWAYS, 4, &[ADDRESS], &[ADDRESS]),
        add_set(&table, HAIRPINS, 5, &[ADDRESS, ADDRESS], &[]),
        add_set(&table, UPLINKS, 6, &[INTERFACE], &[]),
    ]);
    for (chain, rules) in chains(&installation.prefix(), vpc, bridge) {
        requests.push(add_chain(&table, chain));
        requests.extend(rules.iter().map(|rule| add_rule(&table, chain.name, rule)));
    }
    requests.extend(add_elements(&table, elements));
    requests
}

fn chains(ours: &str, vpc: Ipv4Net, bridge: Ipv4Net) -> [(Hook, Vec<Rule>); 5] {
    let rule = Rule::default;
    let published = || rule().local_destination().transport(0).destination_port(1).map(PUBLISHED, 0, 0).translate(0, 1);
    let by_gateway = |rule: Rule| rule.destination(0).map(GATEWAYS, 0, 0).disguise(0);
    let outside = |network| {
        let rule = rule().within(Rule::source, EQUAL, network);
        rule.within(Rule::destination, UNEQUAL, vpc).within(Rule::destination, UNEQUAL, bridge).masquerade()
    };
    [
        // Before connection tracking: nothing comes from a task but from its own address, nothing goes to the node's
        // loopback. (Answers to it are still addressed to the gateway here.)
        (
            GUARD,
            vec![
                rule().interface(IIFNAME, UNEQUAL, ours).accept(),
                rule().within(Rule::destination, EQUAL, LOOPBACK).drop(),
                rule().meta(IIFNAME, 0).source(4).member(SOURCES, 0, true).drop(),
            ],
        ),
        (
            ARRIVE,
            vec![
                rule().meta(IIFNAME, 0).transport(4).destination(5).destination_port(6).map(RELAYS, 0, 0).translate(0, 1),
                published(),
            ],
        ),
        (LOCAL, vec![published()]),
        // Tasks reach everything; from outside of this installation only published ports are reached.
        (
            PASS,
            vec![
                rule().meta(IIFNAME, 0).member(UPLINKS, 0, false).meta(OIFNAME, 0).member(UPLINKS, 0, false).drop(),
                rule().interface(OIFNAME, UNEQUAL, ours).accept(),
                rule().established().accept(),
                rule().interface(IIFNAME, EQUAL, ours).accept(),
                rule().translated().accept(),
                rule().drop(),
            ],
        ),
        (
            LEAVE,
            vec![
                by_gateway(rule().interface(OIFNAME, EQUAL, ours).within(Rule::source, EQUAL, LOOPBACK)),
                by_gateway(rule().source(0).destination(1).member(HAIRPINS, 0, false)),
                outside(vpc),
                outside(bridge),
            ],
        ),
    ]
}
