//! Slots come and go, whoever dies.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::net::Ipv4Addr;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};

use berth_net::{Attach, IdBlock, Ids, NetError, Networks, Options, clean};

use crate::harness::{ID, ask_from, at, bridge, eventually, nobody_from, node, own, own_of, serve_in, sh};

fn interfaces() -> usize {
    // What changes meanwhile makes `ip` complain.
    sh("ip -o link 2>/dev/null").lines().filter(|line| line.contains(": ba1b2c3-")).count()
}

#[test]
fn a_thousand_tasks_leave_nothing_behind() {
    let node = node();
    let networks = node.networks();
    let pool = 2;
    for round in 0..100u8 {
        let names: Vec<String> = (0..10).map(|number| format!("task-{number}")).collect();
        for (name, last) in names.iter().zip(10..) {
            networks.take(own_of(name, Ipv4Addr::new(172, 31, round, last))).unwrap();
        }
        names.iter().for_each(|name| networks.release(name));
    }
    assert!(networks.slots().is_empty());
    // The pool, and the gateways' holder.
    eventually("all are destroyed", || interfaces() == pool + 1);
    eventually("all are unmounted", || sh("grep -c a1b2c3-.*nsfs /proc/self/mounts") == format!("{pool}\n"));
    assert_eq!(sh("ip route | grep -c '^172.31' || true"), "0\n");
    assert_eq!(sh("ip neigh"), "");
    assert_eq!(sh("nft list set ip berth_a1b2c3 sources | grep -c elements || true"), "0\n");
}

#[test]
fn a_released_task_is_cut_off_at_once_and_its_address_is_free() {
    let node = node();
    let networks = node.networks();
    let (a, b) = (networks.take(own("a", 4)).unwrap(), networks.take(own("b", 5)).unwrap());
    serve_in(&a, 80, "old");
    serve_in(&b, 80, "b");
    let kept = std::fs::File::open(&a.namespace).unwrap();
    networks.release("a");
    networks.release("a");
    assert!(nobody_from(&b.namespace, at(a.address, 80)));
    let again = networks.take(own("c", 4)).unwrap();
    assert_ne!(again.namespace, a.namespace);
    serve_in(&again, 80, "new");
    assert_eq!(ask_from(&b.namespace, at(a.address, 80)), "new 172.31.0.5");
    drop(kept);
}

#[test]
fn what_is_taken_twice_is_refused_or_the_same() {
    let node = node();
    let networks = node.networks();
    let a = networks.take(own("a", 4)).unwrap();
    assert_eq!(networks.take(own("a", 4)).unwrap(), a);
    assert!(networks.take(own("a", 5)).is_err());
    assert!(networks.take(own("b", 4)).is_err());
    assert!(networks.take(own("no/name", 6)).is_err());
    assert!(matches!(networks.publish("b", &[]), Err(NetError::NoSuchSlot { .. })));
    assert!(matches!(Networks::open(node.options(ID, 0), |_| false), Err(NetError::Invalid { .. })));
    assert_eq!(networks.slots(), [a]);
}

#[test]
fn a_task_finds_the_network_that_it_expects() {
    let node = node();
    sh("ip link set up0 mtu 1400");
    let networks = node.networks();
    let a = networks.take(own("a", 4)).unwrap();
    let seen = crate::harness::within(&a.namespace, || {
        sh(
            "ip -o -4 addr | tr -s ' ' | cut -d' ' -f2,4; ip route; ip neigh; ip -o link show eth0 | grep -o 'mtu [0-9]*\\|ether [0-9a-f:]*'; \
            cd /proc/sys/net/ipv4; cat ip_unprivileged_port_start ping_group_range; ip -6 addr | grep inet6",
        )
    });
    let seen = seen.replace('\t', " ");
    assert_eq!(
        seen.lines().map(str::trim).collect::<Vec<_>>(),
        [
            "lo 127.0.0.1/8",
            "eth0 172.31.0.4/32",
            "default via 172.31.0.1 dev eth0 proto 190 onlink",
            "172.31.0.1 dev eth0 lladdr 0e:be:a1:b2:c3:01 PERMANENT",
            "mtu 1400",
            "ether 02:00:ac:1f:00:04",
            "0",
            "0 2147483647",
            "inet6 ::1/128 scope host",
        ]
    );
}

/// The ids of the user namespace that a network namespace belongs to, as somebody in it sees them: its own, and the host's.
fn ids_of(namespace: &Path) -> String {
    let program = "import ctypes, fcntl, sys; ctypes.CDLL(None).setns(fcntl.ioctl(open(sys.argv[1]), 0xb701), 0); print(open('/proc/self/uid_map').read())";
    let text = sh(&format!("python3 -c \"{program}\" {}", namespace.display()));
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn a_task_can_have_ids_of_its_own_which_nobody_else_has() {
    let node = node();
    let first = 1_900_000_000;
    let options = || Options { ids: Some(Ids { range: first..first + 3 * IdBlock::COUNT, slots: 1 }), ..node.options(ID, 1) };
    let with_ids = |name, last| Attach { own_ids: true, ..own(name, last) };
    let networks = Networks::open(options(), |_| false).unwrap();
    let (a, b) = (networks.take(with_ids("a", 4)).unwrap(), networks.take(own("b", 5)).unwrap());
    serve_in(&a, 80, "a");
    assert_eq!(ask_from(&b.namespace, at(a.address, 80)), "a 172.31.0.5");
    let ids = a.ids.unwrap();
    assert_eq!((ids_of(&a.namespace), b.ids), (format!("0 {} 65536", ids.first), None));
    // All three blocks, one of which may be prepared already.
    let taken = RefCell::new(BTreeSet::from([ids]));
    for (name, last) in [("task-6", 6), ("task-7", 7)] {
        eventually("the pool's is there", || {
            networks.take(with_ids(name, last)).is_ok_and(|slot| taken.borrow_mut().insert(slot.ids.unwrap()))
        });
    }
    let refused = networks.take(with_ids("more", 9)).unwrap_err().to_string();
    assert!(refused.contains("all ids"), "{refused}");
    assert!(networks.take(Attach { own_ids: false, ..with_ids("a", 4) }).is_err(), "it is not another kind of network now");

    // Read back from the kernel, and free again with the slot.
    drop(networks);
    let networks = Networks::open(options(), |name| ["a", "task-6"].contains(&name)).unwrap();
    assert_eq!(networks.slots().iter().find(|slot| slot.name == "a").unwrap().ids, Some(ids));
    eventually("the third is free", || networks.take(with_ids("c", 10)).is_ok_and(|slot| slot.ids != Some(ids)));
    networks.release("a");
    eventually("the ids are free again", || networks.take(with_ids("d", 11)).is_ok_and(|slot| slot.ids == Some(ids)));
}

/// Not a test: the process that is killed in the next one.
#[test]
#[ignore = "started by killed_in_the_middle"]
fn churn() {
    let Ok(run) = std::env::var("BERTH_NET_TEST_RUN") else { return };
    let node = crate::harness::Node { run: run.into(), outside: "/".into() };
    let networks = Networks::open(node.options(ID, 2), |name| ["keep"].contains(&name)).unwrap();
    networks.take(bridge("keep")).unwrap();
    for round in 0.. {
        let name = format!("task-{}", round % 5);
        networks.release(&name);
        networks.take(bridge(&name)).unwrap();
        println!("{round}");
    }
}

#[test]
fn killed_in_the_middle_it_is_repaired_and_cleaned() {
    let node = node();
    let before = node.traces();
    let mut address = None;
    for rounds in [1, 2, 7, 19, 40] {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--ignored", "--exact", "--nocapture", "life::churn"])
            .env("BERTH_NET_TEST_RUN", &node.run)
            .stdout(Stdio::piped())
            .process_group(0)
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let last = format!("{rounds}");
        assert!(lines.any(|line| line.unwrap() == last));
        child.kill().unwrap();
        child.wait().unwrap();
        let networks = Networks::open(node.options(ID, 2), |name| ["keep"].contains(&name)).unwrap();
        let slots = networks.slots();
        assert_eq!(slots.iter().map(|slot| slot.name.as_str()).collect::<Vec<_>>(), ["keep"]);
        assert_eq!(*address.get_or_insert(slots[0].address), slots[0].address);
        let peer = networks.take(own("peer", 4)).unwrap();
        serve_in(&slots[0], 8000 + rounds, "keep");
        assert_eq!(ask_from(&peer.namespace, at(slots[0].address, 8000 + rounds)), "keep 172.31.0.4");
        networks.release("peer");
        eventually("only the pool, one slot and the holder are left", || interfaces() == 4);
    }
    clean(ID.parse().unwrap(), &node.run.join(ID)).unwrap();
    assert_eq!(node.traces(), before);
}
