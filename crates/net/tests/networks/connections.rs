//! What the kernel remembers of connections, and forgets with the task that had them.

use std::net::{Ipv4Addr, TcpListener, TcpStream, UdpSocket};
use std::path::Path;

use crate::harness::{OUTSIDE, at, eventually, node, own, within};

/// The connections of which an address is an end: addresses and ports as both sides see them.
fn of(address: Ipv4Addr) -> Vec<String> {
    let ends = [format!("src={address} "), format!("dst={address} ")];
    let table = std::fs::read_to_string("/proc/thread-self/net/nf_conntrack").unwrap();
    let lines = table.lines().filter(|line| ends.iter().any(|end| line.contains(end)));
    let tuples = lines.map(|line| {
        let words =
            line.split_whitespace().filter(|word| ["src=", "dst=", "sport=", "dport="].iter().any(|of| word.starts_with(of)));
        words.map(|word| format!("{word} ")).collect()
    });
    let mut found: Vec<String> = tuples.collect();
    found.sort();
    found
}

fn outside() -> Ipv4Addr {
    OUTSIDE.parse().unwrap()
}

fn listen(namespace: &Path) -> TcpListener {
    within(namespace, || TcpListener::bind(at(Ipv4Addr::UNSPECIFIED, 80)).unwrap())
}

/// A task's connections to somebody outside, to another task, and from the node.
fn connect(namespace: &Path, own: Ipv4Addr, other: Ipv4Addr) -> [TcpStream; 3] {
    let to = |address| TcpStream::connect(at(address, 80)).unwrap();
    [within(namespace, move || to(outside())), within(namespace, move || to(other)), to(own)]
}

#[test]
fn connections_of_a_released_address_are_forgotten_and_those_of_others_stay() {
    let node = node();
    let networks = node.networks();
    let [a, b, c] = [("a", 4), ("b", 5), ("c", 6)].map(|(name, last)| networks.take(own(name, last)).unwrap());
    let _listening = [&node.outside, &a.namespace, &b.namespace, &c.namespace].map(|namespace| listen(namespace));
    let _held = [connect(&a.namespace, a.address, b.address), connect(&b.namespace, b.address, c.address)];
    let (of_a, of_b) = (of(a.address), of(b.address));
    assert_eq!((of_a.len(), of_b.len()), (3, 4), "{of_a:?} {of_b:?}");
    networks.release("a");
    eventually("a's are forgotten", || of(a.address).is_empty());
    let from_a = format!("src={} ", a.address);
    let others: Vec<String> = of_b.into_iter().filter(|line| !line.contains(&from_a)).collect();
    assert_eq!(others.len(), 3);
    assert_eq!(of(b.address), others);
}

#[test]
fn connections_of_all_that_are_released_together_are_forgotten() {
    let node = node();
    let networks = node.networks();
    let all = [("a", 4), ("b", 5), ("c", 6)].map(|(name, last)| networks.take(own(name, last)).unwrap());
    let _listening = all.each_ref().map(|slot| listen(&slot.namespace));
    let _outside = listen(&node.outside);
    let [a, b, c] = all;
    let _held = [connect(&a.namespace, a.address, c.address), connect(&b.namespace, b.address, c.address)];
    let _of_c = connect(&c.namespace, c.address, c.address);
    for name in ["a", "b"] {
        networks.release(name);
    }
    eventually("a's and b's are forgotten", || of(a.address).is_empty() && of(b.address).is_empty());
    let left = of(c.address);
    assert!(left.iter().any(|line| line.contains(OUTSIDE)), "{left:?}");
}

#[test]
fn more_connections_than_one_list_has_room_for_are_forgotten() {
    let node = node();
    let networks = node.networks();
    let (a, b) = (networks.take(own("a", 4)).unwrap(), networks.take(own("b", 5)).unwrap());
    // None of them goes by itself.
    std::fs::write("/proc/sys/net/netfilter/nf_conntrack_udp_timeout", "3600").unwrap();
    let send = |namespace: &Path, ports: u16| {
        within(namespace, move || {
            let socket = UdpSocket::bind(at(Ipv4Addr::UNSPECIFIED, 5000)).unwrap();
            for port in 1..=ports {
                socket.send_to(b"?", at(outside(), port)).unwrap();
            }
        });
    };
    // A busy machine drops datagrams.
    eventually("a has more than fit into a list", || {
        send(&a.namespace, 9000);
        of(a.address).len() > 8500
    });
    eventually("b has some", || {
        send(&b.namespace, 10);
        of(b.address).len() == 10
    });
    networks.release("a");
    eventually("a's are forgotten", || of(a.address).is_empty());
    assert_eq!(of(b.address).len(), 10);
}
