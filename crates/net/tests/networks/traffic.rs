//! Who reaches whom, and as whom.

use std::net::{Ipv4Addr, UdpSocket};

use crate::harness::{
    NODE, OUTSIDE, ask, ask_from, ask_udp_from, at, bridge, nobody_from, node, own, serve, serve_in, sh, v4, within,
};

const GATEWAY: Ipv4Addr = Ipv4Addr::new(172, 31, 0, 1);

#[test]
fn tasks_reach_each_other_and_the_node() {
    let node = node();
    let networks = node.networks();
    let (a, b, c) =
        (networks.take(own("a", 4)).unwrap(), networks.take(own("b", 5)).unwrap(), networks.take(bridge("c")).unwrap());
    serve_in(&b, 80, "b");
    serve_in(&c, 80, "c");
    serve(8000, "node");
    assert_eq!(ask_from(&a.namespace, at(b.address, 80)), "b 172.31.0.4");
    assert_eq!(ask_from(&a.namespace, at(c.address, 80)), "c 172.31.0.4");
    assert_eq!(ask_from(&c.namespace, at(b.address, 80)), format!("b {}", c.address));
    assert_eq!(ask_udp_from(&a.namespace, at(b.address, 80)), "b 172.31.0.4");
    assert_eq!(ask_from(&a.namespace, at(GATEWAY, 8000)), "node 172.31.0.4");
    assert_eq!(ask_from(&c.namespace, at(c.gateway, 8000)), format!("node {}", c.address));
    assert_eq!(ask(at(b.address, 80)), "b 172.31.0.1");
}

#[test]
fn outside_is_reached_as_the_node_and_does_not_reach_in() {
    let node = node();
    let networks = node.networks();
    let (a, c) = (networks.take(own("a", 4)).unwrap(), networks.take(bridge("c")).unwrap());
    serve_in(&a, 80, "a");
    within(&node.outside, || serve(80, "outside"));
    for slot in [&a, &c] {
        assert_eq!(ask_from(&slot.namespace, at(OUTSIDE.parse::<Ipv4Addr>().unwrap(), 80)), format!("outside {NODE}"));
    }
    sh("ip -n outside route add 172.31.0.0/16 via 192.0.2.1");
    assert!(nobody_from(&node.outside, at(a.address, 80)));
    assert_eq!(ask_from(&c.namespace, at(a.address, 80)), format!("a {}", c.address));
}

#[test]
fn a_node_that_did_not_route_does_not_become_a_router() {
    let node = node();
    sh("ip netns add lan; ip link add lan0 type veth peer name lan1 netns lan; ip addr add 198.51.100.1/24 dev lan0");
    sh("ip link set lan0 up; ip -n lan addr add 198.51.100.2/24 dev lan1; ip -n lan link set lan1 up");
    sh("ip -n lan route add default via 198.51.100.1; ip -n outside route add 198.51.100.0/24 via 192.0.2.1");
    let networks = node.networks();
    let a = networks.take(own("a", 4)).unwrap();
    within("/run/netns/lan".as_ref(), || serve(80, "lan"));
    let lan = at(Ipv4Addr::new(198, 51, 100, 2), 80);
    assert_eq!(ask_from(&a.namespace, lan), "lan 198.51.100.1");
    assert!(nobody_from(&node.outside, lan));
}

#[test]
fn a_task_sees_nothing_of_others() {
    let node = node();
    let networks = node.networks();
    let (a, b, c) =
        (networks.take(own("a", 4)).unwrap(), networks.take(own("b", 5)).unwrap(), networks.take(own("c", 6)).unwrap());
    serve_in(&b, 80, "b");
    let sniffer = within(&c.namespace, || {
        let packets = rustix::net::socket_with(
            rustix::net::AddressFamily::PACKET,
            rustix::net::SocketType::RAW,
            rustix::net::SocketFlags::NONBLOCK,
            std::num::NonZeroU32::new(u32::from(3u16.to_be())).map(rustix::net::Protocol::from_raw),
        );
        packets.unwrap()
    });
    ask_from(&a.namespace, at(b.address, 80));
    ask_udp_from(&a.namespace, at(b.address, 80));
    ask(at(b.address, 80));
    let mut frame = [0u8; 2048];
    let seen = rustix::net::recv(&sniffer, &mut frame, rustix::net::RecvFlags::empty());
    assert_eq!(seen.map(|(_, length)| length), Err(rustix::io::Errno::AGAIN), "{frame:02x?}");
    // And it would have seen it.
    assert_eq!(ask_from(&c.namespace, at(b.address, 80)), "b 172.31.0.6");
    assert!(rustix::net::recv(&sniffer, &mut frame, rustix::net::RecvFlags::empty()).is_ok());
}

/// Sends UDP datagrams with any source and destination, past what the task's own kernel checks.
fn forge(namespace: &std::path::Path, source: &str, destination: &str, text: &str) {
    let script = format!(
        "import socket, struct
text = b'{text}'
udp = struct.pack('!HHHH', 1000, 9000, 8 + len(text), 0) + text
def header(check): return struct.pack('!BBHHHBBH', 69, 0, 20 + len(udp), 1, 0, 64, 17, check) + socket.inet_aton('{source}') + socket.inet_aton('{destination}')
total = sum(struct.unpack('!10H', header(0)))
total = (total & 0xffff) + (total >> 16)
packet = header(~(total + (total >> 16)) & 0xffff) + udp
wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
wire.bind(('eth0', 0))
wire.send(bytes.fromhex('0ebea1b2c301') + bytes(6) + b'\\x08\\x00' + packet)"
    );
    let script = format!("python3 -c \"{script}\"");
    within(namespace, move || sh(&script));
}

#[test]
fn a_task_cannot_lie_about_its_address_or_reach_the_nodes_loopback() {
    let node = node();
    let networks = node.networks();
    let a = networks.take(own("a", 4)).unwrap();
    networks.take(own("b", 5)).unwrap();
    let socket = UdpSocket::bind("0.0.0.0:9000").unwrap();
    for (source, destination) in
        [("172.31.0.5", "172.31.0.1"), ("127.0.0.1", "172.31.0.1"), ("172.31.0.4", "127.0.0.1"), ("192.0.2.2", "172.31.0.1")]
    {
        forge(&a.namespace, source, destination, "forged");
    }
    forge(&a.namespace, "172.31.0.4", "172.31.0.1", "honest");
    let mut buffer = [0; 64];
    let (length, peer) = socket.recv_from(&mut buffer).unwrap();
    assert_eq!((&buffer[..length], peer), (&b"honest"[..], v4("172.31.0.4:1000").into()));
}

#[test]
fn no_arp_is_answered_and_none_is_believed() {
    let node = node();
    let networks = node.networks();
    let (a, b) = (networks.take(own("a", 4)).unwrap(), networks.take(own("b", 5)).unwrap());
    serve_in(&b, 80, "b");
    let before = sh("ip neigh; ip route");
    // An answer nobody asked for: 172.31.0.5 is at a's hardware address. Then a question for the gateway and for b.
    let script = "python3 -c \"import socket, struct
wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x0806))
wire.bind(('eth0', 0x0806))
mine, all = bytes.fromhex('0200ac1f0004'), b'\\xff' * 6
def arp(kind, source, target): return all + mine + struct.pack('!HHHBBH', 0x0806, 1, 0x0800, 6, 4, kind) + mine + socket.inet_aton(source) + bytes(6) + socket.inet_aton(target)
wire.send(arp(2, '172.31.0.5', '172.31.0.5'))
wire.send(arp(1, '172.31.0.4', '172.31.0.5'))
wire.send(arp(1, '172.31.0.4', '172.31.0.1'))
wire.settimeout(0.3)
try: print(wire.recv(100))
except TimeoutError: print('silence')\"";
    assert_eq!(within(&a.namespace, move || sh(script)), "silence\n");
    assert_eq!(sh("ip neigh; ip route"), before);
    assert_eq!(ask(at(b.address, 80)), "b 172.31.0.1");
}
