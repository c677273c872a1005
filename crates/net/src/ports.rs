//! Host ports. A port is ours if we can bind it, and as long as the socket is open.

use std::fmt;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::os::fd::OwnedFd;

use rustix::io::Errno;
use rustix::net::{
    AddressFamily, Shutdown, SocketAddrAny, SocketFlags, SocketType, bind, getsockname, listen, shutdown, socket_with, sockopt,
};

use crate::NetError;

/// What a port belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Protocol {
    /// TCP.
    Tcp,
    /// UDP.
    Udp,
}

impl Protocol {
    pub(crate) fn number(self) -> u8 {
        match self {
            Self::Tcp => 6,
            Self::Udp => 17,
        }
    }

    pub(crate) fn of_number(number: u8) -> Option<Self> {
        [Self::Tcp, Self::Udp].into_iter().find(|protocol| protocol.number() == number)
    }
}

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Tcp => "tcp",
            Self::Udp => "udp",
        })
    }
}

/// A port of a task that the node shall have too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Publication {
    /// Of which protocol.
    pub protocol: Protocol,
    /// Which port of the node; `None`: one of the kernel's ephemeral range.
    pub host_port: Option<u16>,
    /// Which port of the task.
    pub container_port: u16,
    /// How many ports one after the other from these on, there as here.
    pub count: u16,
}

/// A published port.
#[derive(Debug)]
pub struct Published {
    /// Of which protocol.
    pub protocol: Protocol,
    /// The node's port.
    pub host_port: u16,
    /// The task's port.
    pub container_port: u16,
    /// Keeps others from the port. To be closed after the slot was released.
    pub socket: OwnedFd,
}

/// How often another place is tried for ports that have to follow each other.
const PLACES: usize = 64;

/// Binds all ports of a publication.
pub(crate) fn hold(publication: Publication) -> Result<Vec<Published>, NetError> {
    let Publication { host_port, count, .. } = publication;
    if host_port.is_some() || count <= 1 {
        return hold_from(publication, None);
    }
    // The kernel knows best where there is room for the first; the others shall follow.
    for _ in 0..PLACES {
        let first = hold_one(publication)?;
        match hold_from(Publication { host_port: Some(first.host_port), ..publication }, Some(first)) {
            Err(NetError::PortTaken { .. } | NetError::Invalid { .. }) => {}
            other => return other,
        }
    }
    let what = format!("no {count} free {} ports of this machine follow each other", publication.protocol);
    Err(NetError::Invalid { what })
}

/// Binds the ports from the first on, which may be there already.
fn hold_from(publication: Publication, first: Option<Published>) -> Result<Vec<Published>, NetError> {
    let mut held: Vec<Published> = first.into_iter().collect();
    let beyond = || NetError::Invalid { what: "there are no ports above 65535".to_owned() };
    for at in u16::try_from(held.len()).unwrap_or(0)..publication.count {
        let host_port = publication.host_port.map(|port| port.checked_add(at).ok_or_else(beyond)).transpose()?;
        let container_port = publication.container_port.checked_add(at).ok_or_else(beyond)?;
        held.push(hold_one(Publication { host_port, container_port, ..publication })?);
    }
    Ok(held)
}

/// Binds a port on all of the node's addresses, without ever listening for long.
pub(crate) fn hold_one(publication: Publication) -> Result<Published, NetError> {
    let Publication { protocol, host_port, container_port, .. } = publication;
    let port = host_port.unwrap_or(0);
    let failed = |errno: Errno| match errno {
        Errno::ADDRINUSE => NetError::PortTaken { protocol, port },
        errno => NetError::Kernel { doing: format!("binding host port {port}/{protocol}"), source: errno.into() },
    };
    let socket = match protocol {
        Protocol::Tcp => hold_tcp(port),
        Protocol::Udp => hold_udp(port),
    };
    let socket = socket.map_err(failed)?;
    let bound = SocketAddrV4::try_from(getsockname(&socket).map_err(failed)?).map_err(failed)?;
    Ok(Published { protocol, host_port: bound.port(), container_port, socket })
}

fn any(port: u16) -> SocketAddrAny {
    SocketAddrV4::new(Ipv4Addr::UNSPECIFIED, port).into()
}

/// A program that just ended leaves connections behind that keep a port from being bound, unless the binder allows reuse;
/// but a socket that allows reuse keeps nobody away, unless it listens. So it listens for a moment: from then on the
/// port is exclusive, and stays so when the socket closes again.
fn hold_tcp(port: u16) -> Result<OwnedFd, Errno> {
    let socket = socket_with(AddressFamily::INET, SocketType::STREAM, SocketFlags::CLOEXEC, None)?;
    sockopt::set_socket_reuseaddr(&socket, port != 0)?;
    bind(&socket, &any(port))?;
    if port != 0 {
        listen(&socket, 0)?;
        sockopt::set_socket_reuseaddr(&socket, false)?;
        shutdown(&socket, Shutdown::Read)?;
    }
    Ok(socket)
}

fn hold_udp(port: u16) -> Result<OwnedFd, Errno> {
    let socket = socket_with(AddressFamily::INET, SocketType::DGRAM, SocketFlags::CLOEXEC, None)?;
    bind(&socket, &any(port))?;
    Ok(socket)
}
