//! Slots come and go, whoever dies.

use std::io::{BufRead, BufReader};
use std::net::Ipv4Addr;
use std::os::fd::AsFd;
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};

use berth_net::{Attach, NetError, Networks, clean};

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

#[test]
fn a_namespace_can_belong_to_a_user_namespace() {
    let node = node();
    let networks = node.networks();
    let mut holder = Command::new("unshare").args(["--user", "sleep", "100"]).stdout(Stdio::null()).spawn().unwrap();
    let path = format!("/proc/{}/ns/user", holder.id());
    let mine = std::fs::read_link("/proc/self/ns/user").unwrap();
    eventually("the user namespace is there", || std::fs::read_link(&path).is_ok_and(|theirs| theirs != mine));
    let theirs = std::fs::read_link(&path).unwrap();
    let file = std::fs::File::open(&path).unwrap();
    let a = networks.take(Attach { user_namespace: Some(file.as_fd()), ..own("a", 4) }).unwrap();
    let b = networks.take(own("b", 5)).unwrap();
    serve_in(&a, 80, "a");
    assert_eq!(ask_from(&b.namespace, at(a.address, 80)), "a 172.31.0.5");
    // NS_GET_USERNS: which user namespace a network namespace belongs to.
    let owner = format!(
        "python3 -c \"import fcntl, os; print(os.readlink('/proc/self/fd/%d' % fcntl.ioctl(open('{}'), 0xb701)))\"",
        a.namespace.display()
    );
    assert_eq!(sh(&owner).trim(), theirs.to_str().unwrap());
    holder.kill().unwrap();
    holder.wait().unwrap();
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
