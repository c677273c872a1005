//! Who answers on the link-local addresses of tasks: the control plane, and a forwarder of names for machines whose resolvers
//! answer nobody but themselves.
//!
//! Only the task itself sees these addresses. What it sends there goes to the machine's loopback: to the control plane itself where
//! it listens there, else through here. The bytes stay as they are, the signed `Host` header among them.

use std::collections::BTreeMap;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, SocketAddrV4};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use berth_client::Endpoint;
use berth_net::{Protocol, Relay};
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream, UdpSocket};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinSet;
use tokio::time::timeout;
use tracing::{debug, warn};

/// Where tasks find the control plane.
pub(super) const CONTROL_PLANE: SocketAddrV4 = SocketAddrV4::new(Ipv4Addr::new(169, 254, 170, 2), 7300);
/// Where they find somebody who knows names, if nobody else can be asked: as in a VPC of AWS.
pub(super) const RESOLVER: SocketAddrV4 = SocketAddrV4::new(Ipv4Addr::new(169, 254, 169, 253), 53);

/// Connections that are passed on at the same time, of all tasks and of one.
const MOST: usize = 1024;
const MOST_OF_ONE: usize = 64;
/// How long the other side may take to be reached, and a resolver to answer.
const REACH: Duration = Duration::from_secs(10);
const ANSWER: Duration = Duration::from_secs(3);
/// A conversation with a resolver is over by then.
const LONGEST_QUESTION: Duration = Duration::from_secs(20);
/// Resolvers that are asked one after the other, as the C library does.
const MOST_RESOLVERS: usize = 3;
/// After an error of accepting: mostly there are no descriptors left.
const PAUSE: Duration = Duration::from_millis(100);

/// Where the link-local addresses lead to on this machine.
#[derive(Debug, Clone, Copy)]
pub(super) struct LinkLocal {
    control: SocketAddrV4,
    datagrams: SocketAddrV4,
    connections: SocketAddrV4,
}

impl LinkLocal {
    /// Begins to answer, for as long as the set lives.
    pub(super) async fn start(endpoint: &Endpoint, parts: &mut JoinSet<()>) -> io::Result<Self> {
        let authority = endpoint.authority().to_owned();
        let control = match here(&authority) {
            Some(address) => address,
            None => {
                let (listener, address) = listen().await?;
                parts.spawn(pass_on(listener, Arc::new(move || vec![authority.clone()]), None));
                address
            }
        };
        let (listener, connections) = listen().await?;
        let resolvers = || resolvers().iter().map(|server| SocketAddr::new(*server, 53).to_string()).collect();
        parts.spawn(pass_on(listener, Arc::new(resolvers), Some(LONGEST_QUESTION)));
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let datagrams = v4(socket.local_addr()?)?;
        parts.spawn(forward(Arc::new(socket)));
        Ok(Self { control, datagrams, connections })
    }

    /// What a task's addresses lead to.
    pub(super) fn relays(&self) -> [Relay; 3] {
        [
            Relay { protocol: Protocol::Tcp, from: CONTROL_PLANE, to: self.control },
            Relay { protocol: Protocol::Udp, from: RESOLVER, to: self.datagrams },
            Relay { protocol: Protocol::Tcp, from: RESOLVER, to: self.connections },
        ]
    }
}

/// The address of a control plane that listens on this machine's loopback: the kernel alone brings tasks there.
fn here(authority: &str) -> Option<SocketAddrV4> {
    let address: SocketAddrV4 = authority.parse().or_else(|_| format!("{authority}:80").parse()).ok()?;
    address.ip().is_loopback().then_some(address)
}

async fn listen() -> io::Result<(TcpListener, SocketAddrV4)> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let address = v4(listener.local_addr()?)?;
    Ok((listener, address))
}

fn v4(address: SocketAddr) -> io::Result<SocketAddrV4> {
    match address {
        SocketAddr::V4(address) => Ok(address),
        SocketAddr::V6(_) => Err(io::Error::from(io::ErrorKind::AddrNotAvailable)),
    }
}

/// Where to, first things first. Asked for each connection.
type Targets = Arc<dyn Fn() -> Vec<String> + Send + Sync>;

/// Passes connections on, as many as there may be; who has too many is hung up on.
async fn pass_on(listener: TcpListener, targets: Targets, longest: Option<Duration>) {
    let callers = Callers::default();
    let mut going = JoinSet::new();
    loop {
        while going.try_join_next().is_some() {}
        let (stream, peer) = match listener.accept().await {
            Ok(accepted) => accepted,
            Err(error) => {
                warn!(%error, "a connection of a task is not accepted");
                tokio::time::sleep(PAUSE).await;
                continue;
            }
        };
        let Some(place) = callers.place(peer.ip()) else {
            debug!(%peer, "a task has too many connections");
            continue;
        };
        going.spawn(one(stream, Arc::clone(&targets), longest, place));
    }
}

async fn one(mut stream: TcpStream, targets: Targets, longest: Option<Duration>, _place: Place) {
    let Some(mut target) = reach(&targets()).await else { return };
    // Small requests and answers shall not wait for each other; without it they are only slower.
    let _ = (stream.set_nodelay(true), target.set_nodelay(true));
    let copied = copy_bidirectional(&mut stream, &mut target);
    let ended = match longest {
        Some(longest) => timeout(longest, copied).await.unwrap_or(Ok((0, 0))),
        None => copied.await,
    };
    if let Err(error) = ended {
        debug!(%error, "a connection of a task broke");
    }
}

async fn reach(targets: &[String]) -> Option<TcpStream> {
    for target in targets {
        match timeout(REACH, TcpStream::connect(target.as_str())).await {
            Ok(Ok(stream)) => return Some(stream),
            Ok(Err(error)) => debug!(target, %error, "not reached for a task"),
            Err(_) => debug!(target, "not reached in time for a task"),
        }
    }
    None
}

/// Who is being served: nobody takes the room of all others.
#[derive(Debug, Default)]
struct Callers {
    now: Arc<Mutex<BTreeMap<IpAddr, usize>>>,
}

/// Room for one connection, until dropped.
#[derive(Debug)]
struct Place {
    now: Arc<Mutex<BTreeMap<IpAddr, usize>>>,
    of: IpAddr,
}

impl Callers {
    fn place(&self, of: IpAddr) -> Option<Place> {
        let mut now = self.now.lock().unwrap_or_else(PoisonError::into_inner);
        if now.values().sum::<usize>() >= MOST {
            return None;
        }
        let mine = now.entry(of).or_default();
        if *mine >= MOST_OF_ONE {
            return None;
        }
        *mine += 1;
        Some(Place { now: Arc::clone(&self.now), of })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut now = self.now.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(mine) = now.get_mut(&self.of) {
            *mine = mine.saturating_sub(1);
            if *mine == 0 {
                now.remove(&self.of);
            }
        }
    }
}

/// Forwards questions about names and their answers. What there is no room for is lost, and asked again.
async fn forward(socket: Arc<UdpSocket>) {
    let room = Arc::new(Semaphore::new(MOST));
    let mut buffer = vec![0; 1 << 16];
    let mut going = JoinSet::new();
    loop {
        while going.try_join_next().is_some() {}
        match socket.recv_from(&mut buffer).await {
            Ok((length, peer)) => {
                let Ok(permit) = Arc::clone(&room).try_acquire_owned() else { continue };
                let question = buffer.get(..length).unwrap_or_default().to_vec();
                going.spawn(ask(Arc::clone(&socket), question, peer, permit));
            }
            Err(error) => {
                debug!(%error, "a question about a name is not received");
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
}

async fn ask(socket: Arc<UdpSocket>, question: Vec<u8>, peer: SocketAddr, _permit: OwnedSemaphorePermit) {
    for server in resolvers() {
        match timeout(ANSWER, answer(server, &question)).await {
            Ok(Ok(answer)) => {
                // Who asked may be gone.
                let _ = socket.send_to(&answer, peer).await;
                return;
            }
            Ok(Err(error)) => debug!(%server, %error, "a resolver does not answer"),
            Err(_) => debug!(%server, "a resolver does not answer in time"),
        }
    }
}

async fn answer(server: IpAddr, question: &[u8]) -> io::Result<Vec<u8>> {
    let own: IpAddr = if server.is_ipv4() { Ipv4Addr::UNSPECIFIED.into() } else { std::net::Ipv6Addr::UNSPECIFIED.into() };
    let socket = UdpSocket::bind((own, 0)).await?;
    socket.connect((server, 53)).await?;
    socket.send(question).await?;
    let mut buffer = vec![0; 1 << 16];
    loop {
        let length = socket.recv(&mut buffer).await?;
        // Its number tells which question an answer is for.
        if buffer.get(..length).and_then(|answer| answer.get(..2)) == question.get(..2) {
            buffer.truncate(length);
            return Ok(buffer);
        }
    }
}

/// The resolvers that this machine asks itself, as they are at this moment.
fn resolvers() -> Vec<IpAddr> {
    named(&std::fs::read_to_string("/etc/resolv.conf").unwrap_or_default())
}

fn named(text: &str) -> Vec<IpAddr> {
    let servers = text.lines().filter_map(|line| line.strip_prefix("nameserver")?.trim().parse().ok());
    let servers: Vec<IpAddr> = servers.take(MOST_RESOLVERS).collect();
    // As the C library takes it.
    if servers.is_empty() { vec![Ipv4Addr::LOCALHOST.into()] } else { servers }
}

#[cfg(test)]
mod tests;
