//! A node to test on, a host outside of it, and programs that talk.

use std::io::{Read, Write};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, SocketAddrV4, TcpListener, TcpStream, UdpSocket};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use berth_net::{Addressing, Attach, Networks, Options, Protocol, Relay, Slot};
use nix::mount::{MsFlags, mount};
use nix::sched::{CloneFlags, setns, unshare};

pub(crate) const ID: &str = "a1b2c3";
pub(crate) const NODE: &str = "192.0.2.1";
pub(crate) const OUTSIDE: &str = "192.0.2.2";

/// Long enough for whatever shall arrive.
const PATIENCE: Duration = Duration::from_secs(10);

/// A node: an uplink to one host outside, and a run folder.
#[derive(Debug)]
pub(crate) struct Node {
    pub(crate) run: PathBuf,
    /// The host outside, a namespace.
    pub(crate) outside: PathBuf,
}

/// The calling thread moves into the node; what it starts is there too.
pub(crate) fn node() -> Node {
    assert!(nix::unistd::geteuid().is_root(), "networks are made by root");
    unshare(CloneFlags::CLONE_NEWNET | CloneFlags::CLONE_NEWNS).unwrap();
    mount(None::<&str>, "/", None::<&str>, MsFlags::MS_REC | MsFlags::MS_PRIVATE, None::<&str>).unwrap();
    mount(Some("tmpfs"), "/run", Some("tmpfs"), MsFlags::empty(), None::<&str>).unwrap();
    // A new namespace forwards if the machine's first one does, as Docker leaves it.
    std::fs::write("/proc/sys/net/ipv4/ip_forward", "0").unwrap();
    sh("ip link set lo up; ip netns add outside; ip link add up0 type veth peer name up1 netns outside");
    sh("ip addr add 192.0.2.1/24 dev up0; ip link set up0 up; ip route add default via 192.0.2.2");
    sh("ip -n outside link set lo up; ip -n outside addr add 192.0.2.2/24 dev up1; ip -n outside link set up1 up");
    // The kernel notices a little later that the other end is up.
    eventually("the uplink is up", || sh("ip link show up0").contains("state UP"));
    Node { run: "/run/berth".into(), outside: "/run/netns/outside".into() }
}

impl Node {
    pub(crate) fn options(&self, id: &str, slots: usize) -> Options {
        let second = if id == ID { 31 } else { 30 };
        Options {
            installation: id.parse().unwrap(),
            run: self.run.join(id),
            vpc: format!("172.{second}.0.0/16").parse().unwrap(),
            bridge: format!("10.{second}.0.0/16").parse().unwrap(),
            slots,
            mtu: None,
            ids: None,
        }
    }

    pub(crate) fn networks(&self) -> Networks {
        Networks::open(self.options(ID, 2), |_| false).unwrap()
    }

    /// All that other programs could see of us. Namespaces of the machine's other installations are mounted here too, and may go at any time.
    pub(crate) fn traces(&self) -> String {
        sh(
            "nft -s list ruleset; iptables-legacy-save 2>/dev/null | grep -v '^[#:]'; grep -cE '(a1b2c3|d4e5f6)-.*nsfs' /proc/self/mounts; \
            ip link; ip -4 addr; ip -4 route show table all; ip neigh show nud permanent; \
            grep . /proc/sys/net/ipv4/conf/*/forwarding /proc/sys/net/ipv4/conf/*/route_localnet",
        )
    }
}

/// Runs a command line here and gives what it wrote.
pub(crate) fn sh(line: &str) -> String {
    let output = Command::new("sh").args(["-c", line]).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.stderr.is_empty(), "{line}: {}", String::from_utf8_lossy(&output.stderr));
    text
}

/// Does something in another namespace.
pub(crate) fn within<T: Send + 'static>(namespace: &Path, work: impl FnOnce() -> T + Send + 'static) -> T {
    let file = std::fs::File::open(namespace).unwrap();
    let thread = std::thread::spawn(move || {
        setns(file, CloneFlags::CLONE_NEWNET).unwrap();
        work()
    });
    thread.join().unwrap()
}

pub(crate) fn own(name: &str, last: u8) -> Attach<'_> {
    own_of(name, Ipv4Addr::new(172, 31, 0, last))
}

pub(crate) fn own_of(name: &str, address: Ipv4Addr) -> Attach<'_> {
    let [a, b, c, d] = address.octets();
    let addressing = Addressing::Own { address, mac: [2, 0, a, b, c, d], gateway: Ipv4Addr::new(a, b, c, 1) };
    Attach { name, addressing, own_ids: false }
}

pub(crate) fn bridge(name: &str) -> Attach<'_> {
    Attach { name, addressing: Addressing::Bridge, own_ids: false }
}

pub(crate) fn at(address: impl Into<IpAddr>, port: u16) -> SocketAddr {
    SocketAddr::new(address.into(), port)
}

pub(crate) fn v4(text: &str) -> SocketAddrV4 {
    text.parse().unwrap()
}

/// A relay over TCP.
pub(crate) fn relayed(from: &str, to: &str) -> Relay {
    Relay { protocol: Protocol::Tcp, from: v4(from), to: v4(to) }
}

/// A program that tells everyone who asks, by TCP or UDP, from which address they come.
pub(crate) fn serve(port: u16, name: &'static str) {
    let listener = TcpListener::bind(at(Ipv4Addr::UNSPECIFIED, port)).unwrap();
    let socket = UdpSocket::bind(at(Ipv4Addr::UNSPECIFIED, port)).unwrap();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let peer = stream.peer_addr().unwrap().ip();
            let _ = write!(stream, "{name} {peer}");
        }
    });
    std::thread::spawn(move || {
        let mut buffer = [0; 64];
        while let Ok((_, peer)) = socket.recv_from(&mut buffer) {
            let _ = socket.send_to(format!("{name} {}", peer.ip()).as_bytes(), peer);
        }
    });
}

pub(crate) fn serve_in(slot: &Slot, port: u16, name: &'static str) {
    within(&slot.namespace, move || serve(port, name));
}

/// What the program at an address answers.
pub(crate) fn ask(to: SocketAddr) -> String {
    let mut stream = TcpStream::connect_timeout(&to, PATIENCE).unwrap_or_else(|error| panic!("{to}: {error}"));
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    text
}

pub(crate) fn ask_udp(to: SocketAddr) -> String {
    let socket = UdpSocket::bind(at(Ipv4Addr::UNSPECIFIED, 0)).unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    socket.connect(to).unwrap();
    socket.send(b"?").unwrap();
    let mut buffer = [0; 64];
    let length = socket.recv(&mut buffer).unwrap_or_else(|error| panic!("{to}/udp: {error}"));
    String::from_utf8_lossy(&buffer[..length]).into_owned()
}

pub(crate) fn ask_from(namespace: &Path, to: SocketAddr) -> String {
    within(namespace, move || ask(to))
}

pub(crate) fn ask_udp_from(namespace: &Path, to: SocketAddr) -> String {
    within(namespace, move || ask_udp(to))
}

/// Nobody answers there: refused, unreachable, or silence for a while.
pub(crate) fn nobody_from(namespace: &Path, to: SocketAddr) -> bool {
    within(namespace, move || TcpStream::connect_timeout(&to, Duration::from_millis(400)).is_err())
}

/// Waits for something that happens in the background.
pub(crate) fn eventually(what: &str, holds: impl Fn() -> bool) {
    let deadline = Instant::now() + 6 * PATIENCE;
    while !holds() {
        assert!(Instant::now() < deadline, "never happened: {what}");
        std::thread::yield_now();
    }
}
