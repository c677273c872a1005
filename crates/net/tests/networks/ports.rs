//! Published ports and relays.

use std::net::{Ipv4Addr, TcpListener, TcpStream, UdpSocket};
use std::time::Duration;

use berth_net::{NetError, Networks, Protocol, Publication, Relay};

use crate::harness::{
    ID, NODE, ask, ask_from, ask_udp, ask_udp_from, at, bridge, nobody_from, node, own, relayed, serve, serve_in, within,
};

fn tcp(host_port: impl Into<Option<u16>>, container_port: u16) -> Publication {
    Publication { protocol: Protocol::Tcp, host_port: host_port.into(), container_port, count: 1 }
}

fn udp(host_port: impl Into<Option<u16>>, container_port: u16) -> Publication {
    Publication { protocol: Protocol::Udp, ..tcp(host_port, container_port) }
}

#[test]
fn published_ports_are_reached_from_everywhere() {
    let node = node();
    let networks = node.networks();
    let (web, other) = (networks.take(bridge("web")).unwrap(), networks.take(own("other", 9)).unwrap());
    serve_in(&web, 80, "web");
    let published = networks.publish("web", &[tcp(8080, 80), udp(8080, 80), tcp(None, 80)]).unwrap();
    let gateway = web.gateway;
    for port in [8080, published[2].host_port] {
        for local in [Ipv4Addr::LOCALHOST, Ipv4Addr::new(127, 3, 2, 1)] {
            assert_eq!(ask(at(local, port)), format!("web {gateway}"));
        }
        let address: Ipv4Addr = NODE.parse().unwrap();
        assert_eq!(ask_from(&node.outside, at(address, port)), "web 192.0.2.2");
        assert_eq!(ask_from(&other.namespace, at(address, port)), "web 172.31.0.9");
        assert_eq!(ask_from(&other.namespace, at(other.gateway, port)), "web 172.31.0.9");
        assert_eq!(ask_from(&web.namespace, at(gateway, port)), format!("web {gateway}"));
        assert_eq!(ask_from(&web.namespace, at(address, port)), format!("web {gateway}"));
        assert!(ask(at(address, port)).starts_with("web "));
    }
    assert_eq!(ask_udp(at(Ipv4Addr::LOCALHOST, 8080)), format!("web {gateway}"));
    assert_eq!(ask_udp_from(&node.outside, at(NODE.parse::<Ipv4Addr>().unwrap(), 8080)), "web 192.0.2.2");
    assert_eq!(ask_udp_from(&web.namespace, at(gateway, 8080)), format!("web {gateway}"));
    assert_eq!(ask_udp_from(&other.namespace, at(gateway, 8080)), "web 172.31.0.9");
}

#[test]
fn a_port_in_use_is_found_before_anything_is_published() {
    let node = node();
    let networks = node.networks();
    networks.take(bridge("web")).unwrap();
    networks.take(bridge("other")).unwrap();
    let daemon = TcpListener::bind("127.0.0.1:9001").unwrap();
    let refused = networks.publish("web", &[tcp(9000, 80), tcp(9001, 80)]).unwrap_err();
    assert!(matches!(refused, NetError::PortTaken { protocol: Protocol::Tcp, port: 9001 }), "{refused}");
    drop(daemon);
    let published = networks.publish("web", &[tcp(9000, 80), tcp(9001, 80), udp(9000, 80)]).unwrap();
    // Not to another task, and to no program: as most bind, with reuse, or without.
    assert!(matches!(networks.publish("other", &[tcp(9000, 80)]), Err(NetError::PortTaken { .. })));
    assert!(TcpListener::bind("0.0.0.0:9000").is_err());
    assert!(TcpListener::bind("127.0.0.1:9000").is_err());
    assert!(UdpSocket::bind("127.0.0.1:9000").is_err());
    networks.release("web");
    drop(published);
    assert!(networks.publish("other", &[tcp(9000, 80), udp(9000, 80)]).is_ok());
}

#[test]
fn a_port_is_free_for_a_task_although_a_program_just_ended() {
    let node = node();
    let networks = node.networks();
    networks.take(bridge("web")).unwrap();
    let listener = TcpListener::bind("127.0.0.1:9000").unwrap();
    let client = TcpStream::connect("127.0.0.1:9000").unwrap();
    // The server closes first, so the port has a connection that lingers for a minute.
    drop(listener.accept().unwrap());
    drop((client, listener));
    let published = networks.publish("web", &[tcp(9000, 80)]).unwrap();
    assert!(TcpListener::bind("127.0.0.1:9000").is_err());
    // Held, but nobody listens: without rules a client is refused, not left waiting.
    networks.release("web");
    let error = TcpStream::connect_timeout(&at(Ipv4Addr::LOCALHOST, 9000), Duration::from_secs(5)).unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::ConnectionRefused);
    drop(published);
}

#[test]
fn who_sent_datagrams_before_reaches_the_task_afterwards() {
    let node = node();
    let networks = node.networks();
    let (web, other) = (networks.take(bridge("web")).unwrap(), networks.take(own("other", 9)).unwrap());
    serve_in(&web, 80, "web");
    let gateway = other.gateway;
    let client = within(&other.namespace, move || {
        let client = UdpSocket::bind("0.0.0.0:0").unwrap();
        client.send_to(b"?", at(gateway, 8080)).unwrap();
        client
    });
    let _held = networks.publish("web", &[udp(8080, 80)]).unwrap();
    client.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    client.send_to(b"?", at(gateway, 8080)).unwrap();
    let mut buffer = [0; 64];
    let (length, _) = client.recv_from(&mut buffer).unwrap();
    assert_eq!(&buffer[..length], b"web 172.31.0.9");
}

#[test]
fn ports_of_a_range_follow_each_other() {
    let node = node();
    let networks = node.networks();
    let web = networks.take(bridge("web")).unwrap();
    serve_in(&web, 8004, "web");
    let range = Publication { count: 5, ..tcp(None, 8000) };
    let published = networks.publish("web", &[range, Publication { count: 5, ..udp(None, 8000) }]).unwrap();
    let seen: Vec<_> = published.iter().map(|port| (port.protocol, port.host_port, port.container_port)).collect();
    let (first, other) = (published[0].host_port, published[5].host_port);
    let expected = |protocol, first: u16| (0..5).map(move |at| (protocol, first + at, 8000 + at));
    assert_eq!(seen, expected(Protocol::Tcp, first).chain(expected(Protocol::Udp, other)).collect::<Vec<_>>());
    assert_eq!(ask(at(Ipv4Addr::LOCALHOST, first + 4)), format!("web {}", web.gateway));
    assert!(matches!(networks.publish("web", &[Publication { count: 3, ..tcp(65534, 1) }]), Err(NetError::Invalid { .. })));
}

#[test]
fn many_ports_are_published_at_once() {
    let node = node();
    let networks = node.networks();
    let web = networks.take(bridge("web")).unwrap();
    serve_in(&web, 30999, "web");
    let publications: Vec<_> = (30000..31000).map(|port| tcp(port, port)).collect();
    assert_eq!(networks.publish("web", &publications).unwrap().len(), 1000);
    assert_eq!(ask(at(Ipv4Addr::LOCALHOST, 30999)), format!("web {}", web.gateway));
}

#[test]
fn ports_stay_published_while_the_agent_is_away() {
    let node = node();
    let networks = node.networks();
    let web = networks.take(bridge("web")).unwrap();
    networks.take(bridge("gone")).unwrap();
    serve_in(&web, 80, "web");
    let dynamic = networks.publish("web", &[udp(8080, 80), tcp(None, 80)]).unwrap()[1].host_port;
    networks.publish("gone", &[tcp(8081, 80)]).unwrap();
    drop(networks);
    assert_eq!(ask(at(Ipv4Addr::LOCALHOST, dynamic)), format!("web {}", web.gateway));
    let networks = Networks::open(node.options(ID, 2), |name| ["web", "never"].contains(&name)).unwrap();
    assert_eq!(ask(at(Ipv4Addr::LOCALHOST, dynamic)), format!("web {}", web.gateway));
    assert_eq!(networks.slots(), [web]);
    let mut ports: Vec<_> = networks.republish("web").unwrap().into_iter().collect();
    ports.sort_by_key(|port| port.protocol);
    let seen: Vec<_> = ports.iter().map(|port| (port.protocol, port.host_port, port.container_port)).collect();
    assert_eq!(seen, [(Protocol::Tcp, dynamic, 80), (Protocol::Udp, 8080, 80)]);
    assert!(TcpListener::bind(at(Ipv4Addr::LOCALHOST, dynamic)).is_err());
    assert!(TcpListener::bind("127.0.0.1:8081").is_ok());
}

#[test]
fn a_relay_is_for_one_task_alone() {
    let node = node();
    let networks = node.networks();
    let (a, b) = (networks.take(own("a", 4)).unwrap(), networks.take(own("b", 5)).unwrap());
    serve(51000, "relay");
    serve(51001, "second");
    networks.relay("a", &[relayed("169.254.170.2:80", "127.0.0.1:51000")]).unwrap();
    let link_local = at(Ipv4Addr::new(169, 254, 170, 2), 80);
    assert_eq!(ask_from(&a.namespace, link_local), "relay 172.31.0.4");
    assert!(nobody_from(&b.namespace, link_local));
    // Bound to the address that datagrams are sent on to: answers have to come from there.
    let resolver = UdpSocket::bind("127.0.0.1:51002").unwrap();
    std::thread::spawn(move || {
        let mut buffer = [0; 64];
        while let Ok((_, peer)) = resolver.recv_from(&mut buffer) {
            let _ = resolver.send_to(format!("resolver {}", peer.ip()).as_bytes(), peer);
        }
    });
    let udp = Relay { protocol: Protocol::Udp, ..relayed("169.254.170.2:80", "127.0.0.1:51002") };
    networks.relay("a", &[udp]).unwrap();
    assert_eq!(ask_udp_from(&a.namespace, link_local), "resolver 172.31.0.4");
    assert_eq!(ask_from(&a.namespace, link_local), "relay 172.31.0.4");
    networks.relay("b", &[relayed("169.254.170.2:80", "127.0.0.1:51001")]).unwrap();
    assert_eq!(ask_from(&b.namespace, link_local), "second 172.31.0.5");
    drop(networks);
    let networks = Networks::open(node.options(ID, 2), |name| ["a"].contains(&name)).unwrap();
    assert_eq!(ask_from(&a.namespace, link_local), "relay 172.31.0.4");
    networks.relay("a", &[relayed("169.254.170.2:80", "127.0.0.1:51001")]).unwrap();
    assert_eq!(ask_from(&a.namespace, link_local), "second 172.31.0.4");
    assert_eq!(ask_udp_from(&a.namespace, link_local), "resolver 172.31.0.4");
    networks.release("a");
    assert!(nobody_from(&a.namespace, link_local));
}
