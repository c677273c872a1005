//! Netlink sockets: several requests in one datagram, an answer for each.

use std::io;
use std::os::fd::{AsFd, BorrowedFd};

use netlink_sys::{Socket, SocketAddr};
use nix::libc;

use crate::NetError;

/// Length of `nlmsghdr`.
const HEADER: usize = 16;

/// Batches of set elements for a thousand ports still go in one piece.
const SEND_BUFFER: usize = 1 << 20;

/// `NFNL_SUBSYS_NFTABLES`, and the edges of a batch: `libc` has them as other types of numbers than messages do.
const NFTABLES: u8 = 10;
const BATCH_BEGIN: u16 = 16;
const BATCH_END: u16 = 17;

/// A request, of whichever protocol.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    /// Message type.
    pub(crate) kind: u16,
    /// `NLM_F_` flags beside REQUEST and ACK.
    pub(crate) flags: i32,
    /// What follows the netlink header.
    pub(crate) body: Vec<u8>,
}

/// What a dump lists: message type and body of each.
pub(crate) type Objects = Vec<(u16, Vec<u8>)>;

/// A socket. It stays in the network namespace that it was opened in, whoever uses it.
#[derive(Debug)]
pub(crate) struct Netlink {
    socket: Socket,
    sequence: u32,
    committed: u32,
    buffer: Vec<u8>,
}

impl Netlink {
    /// rtnetlink, in the caller's namespace.
    pub(crate) fn route() -> Result<Self, NetError> {
        Self::open(libc::NETLINK_ROUTE).map_err(NetError::kernel("opening an rtnetlink socket"))
    }

    /// nfnetlink, in the caller's namespace.
    pub(crate) fn netfilter() -> Result<Self, NetError> {
        Self::open(libc::NETLINK_NETFILTER).map_err(NetError::kernel("opening an nfnetlink socket"))
    }

    fn open(protocol: i32) -> io::Result<Self> {
        let mut socket = Socket::new(protocol as isize)?;
        socket.bind_auto()?;
        socket.connect(&SocketAddr::new(0, 0))?;
        socket.set_ext_ack(true)?;
        socket.set_cap_ack(true)?;
        socket.set_rx_buf_sz(libc::c_int::try_from(SEND_BUFFER).unwrap_or(libc::c_int::MAX))?;
        Ok(Self { socket, sequence: 0, committed: 0, buffer: vec![0; 64 << 10] })
    }

    /// Sends all in one datagram. The kernel does each, whatever became of the one before; one answer for each.
    pub(crate) fn each(&mut self, requests: &[Request]) -> io::Result<Vec<io::Result<()>>> {
        let mut frames = Vec::with_capacity(256 * requests.len());
        let first = self.sequence.wrapping_add(1);
        for request in requests {
            self.push(&mut frames, request.kind, request.flags | libc::NLM_F_ACK, &request.body);
        }
        self.exchange(&frames, first, requests.len())
    }

    /// As `each`, for requests that all have to succeed.
    pub(crate) fn all(&mut self, doing: impl Into<String>, requests: &[Request]) -> Result<(), NetError> {
        let answers = self.each(requests).and_then(|answers| answers.into_iter().collect::<io::Result<()>>());
        answers.map_err(NetError::kernel(doing))
    }

    /// As an nfnetlink batch for nftables: all of it, or nothing.
    pub(crate) fn transaction(&mut self, requests: &[Request]) -> io::Result<()> {
        let mut frames = Vec::with_capacity(256 * (requests.len() + 2));
        // `nfgenmsg`: of no family, version 0, for which subsystem.
        let edge = [0, 0, 0, NFTABLES];
        self.push(&mut frames, BATCH_BEGIN, 0, &edge);
        let first = self.sequence.wrapping_add(1);
        for request in requests {
            self.push(&mut frames, request.kind, request.flags | libc::NLM_F_ACK, &request.body);
        }
        self.push(&mut frames, BATCH_END, 0, &edge);
        self.exchange(&frames, first, requests.len())?.into_iter().collect::<io::Result<()>>()?;
        self.committed = self.committed.wrapping_add(u32::from(!requests.is_empty()));
        Ok(())
    }

    /// How many transactions succeeded.
    pub(crate) fn committed(&self) -> u32 {
        self.committed
    }

    /// The one object that a request asks for, if the kernel answers with one.
    pub(crate) fn get(&mut self, request: &Request) -> io::Result<Option<(u16, Vec<u8>)>> {
        let mut frames = Vec::new();
        self.push(&mut frames, request.kind, request.flags, &request.body);
        let sequence = self.sequence;
        self.socket.send(&frames, 0)?;
        loop {
            let Some(frame) = self.receive()?.into_iter().find(|frame| frame.sequence == sequence) else { continue };
            if i32::from(frame.kind) == libc::NLMSG_ERROR {
                return frame.answer().map(|()| None);
            }
            return Ok(Some((frame.kind, frame.body)));
        }
    }

    /// All objects that the kernel lists for a request. A list that changed while it was written is
    /// asked for again; one that never stands still is taken as it is.
    pub(crate) fn dump(&mut self, request: &Request) -> io::Result<Objects> {
        const ATTEMPTS: usize = 10;
        for _ in 1..ATTEMPTS {
            if let (listed, true) = self.list(request)? {
                return Ok(listed);
            }
        }
        Ok(self.list(request)?.0)
    }

    /// A list, and whether nothing changed meanwhile.
    fn list(&mut self, request: &Request) -> io::Result<(Objects, bool)> {
        let mut found = Vec::new();
        let consistent = self.each_listed(request, |kind, body| found.push((kind, body)))?;
        Ok((found, consistent))
    }

    /// Hands on each object that the kernel lists for a request as it comes, however many there are; answers whether nothing changed
    /// meanwhile.
    pub(crate) fn each_listed(&mut self, request: &Request, mut object: impl FnMut(u16, Vec<u8>)) -> io::Result<bool> {
        const NLM_F_DUMP_INTR: u16 = 0x10;
        let mut frames = Vec::new();
        self.push(&mut frames, request.kind, request.flags | libc::NLM_F_DUMP, &request.body);
        let sequence = self.sequence;
        self.socket.send(&frames, 0)?;
        let mut consistent = true;
        loop {
            for frame in self.receive()?.into_iter().filter(|frame| frame.sequence == sequence) {
                consistent &= frame.flags & NLM_F_DUMP_INTR == 0;
                match i32::from(frame.kind) {
                    libc::NLMSG_DONE => return Ok(consistent),
                    libc::NLMSG_ERROR => {
                        frame.answer()?;
                        return Ok(consistent);
                    }
                    _ => object(frame.kind, frame.body),
                }
            }
        }
    }

    fn push(&mut self, frames: &mut Vec<u8>, kind: u16, flags: i32, body: &[u8]) {
        self.sequence = self.sequence.wrapping_add(1);
        let length = u32::try_from(HEADER + body.len()).unwrap_or(u32::MAX);
        let flags = u16::try_from(flags | libc::NLM_F_REQUEST).unwrap_or(0);
        frames.extend_from_slice(&length.to_ne_bytes());
        frames.extend_from_slice(&kind.to_ne_bytes());
        frames.extend_from_slice(&flags.to_ne_bytes());
        frames.extend_from_slice(&self.sequence.to_ne_bytes());
        frames.extend_from_slice(&0u32.to_ne_bytes());
        frames.extend_from_slice(body);
        frames.resize(frames.len().next_multiple_of(4), 0);
    }

    /// Answers come by sequence number, which also tells apart those of an exchange that was given up.
    fn exchange(&mut self, frames: &[u8], first: u32, count: usize) -> io::Result<Vec<io::Result<()>>> {
        if count == 0 {
            return Ok(Vec::new());
        }
        if frames.len() > 64 << 10 {
            rustix::net::sockopt::set_socket_send_buffer_size_force(self.as_fd(), SEND_BUFFER)?;
        }
        self.socket.send(frames, 0)?;
        let mut answers: Vec<Option<io::Result<()>>> = (0..count).map(|_| None).collect();
        let mut missing = count;
        while missing > 0 {
            for frame in self.receive()? {
                if i32::from(frame.kind) != libc::NLMSG_ERROR {
                    continue;
                }
                // What is refused before the first request is the batch as a whole.
                if frame.sequence == first.wrapping_sub(1) && i32::from(frame.kind) == libc::NLMSG_ERROR {
                    frame.answer()?;
                }
                let at = usize::try_from(frame.sequence.wrapping_sub(first)).unwrap_or(usize::MAX);
                if let Some(answer @ None) = answers.get_mut(at) {
                    *answer = Some(frame.answer());
                    missing -= 1;
                }
            }
        }
        Ok(answers.into_iter().flatten().collect())
    }

    fn receive(&mut self) -> io::Result<Vec<Frame>> {
        let length = loop {
            match self.socket.recv(&mut &mut self.buffer[..], 0) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                other => break other?,
            }
        };
        Ok(frames(&self.buffer[..length.min(self.buffer.len())]))
    }
}

impl AsFd for Netlink {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

#[derive(Debug)]
struct Frame {
    kind: u16,
    flags: u16,
    sequence: u32,
    body: Vec<u8>,
}

impl Frame {
    /// The verdict of an NLMSG_ERROR, with the kernel's own words where it has some.
    fn answer(&self) -> io::Result<()> {
        let code = self.body.first_chunk().map_or(-libc::EBADMSG, |bytes| i32::from_ne_bytes(*bytes));
        if code == 0 {
            return Ok(());
        }
        let error = io::Error::from_raw_os_error(-code);
        match self.explanation() {
            Some(text) => Err(io::Error::new(error.kind(), Explained { text, error })),
            None => Err(error),
        }
    }

    fn explanation(&self) -> Option<String> {
        const NLM_F_ACK_TLVS: u16 = 0x200;
        const NLMSGERR_ATTR_MSG: u16 = 1;
        if self.flags & NLM_F_ACK_TLVS == 0 {
            return None;
        }
        // The code, then the header of the request (its body is left out: NETLINK_CAP_ACK), then attributes.
        let attributes = crate::nft::read(self.body.get(4 + HEADER..)?);
        let text = attributes.into_iter().find(|(kind, _)| *kind == NLMSGERR_ATTR_MSG)?.1;
        Some(String::from_utf8_lossy(text.strip_suffix(&[0]).unwrap_or(text)).into_owned())
    }
}

/// An error number together with the kernel's explanation.
#[derive(Debug, thiserror::Error)]
#[error("{error}: {text}")]
struct Explained {
    text: String,
    error: io::Error,
}

fn frames(mut bytes: &[u8]) -> Vec<Frame> {
    let mut found = Vec::new();
    while let Some((header, _)) = bytes.split_first_chunk::<HEADER>() {
        let [l0, l1, l2, l3, k0, k1, f0, f1, s0, s1, s2, s3, ..] = *header;
        let length = usize::try_from(u32::from_ne_bytes([l0, l1, l2, l3])).unwrap_or(usize::MAX);
        let Some(body) = bytes.get(HEADER..length) else { break };
        found.push(Frame {
            kind: u16::from_ne_bytes([k0, k1]),
            flags: u16::from_ne_bytes([f0, f1]),
            sequence: u32::from_ne_bytes([s0, s1, s2, s3]),
            body: body.to_vec(),
        });
        bytes = bytes.get(length.next_multiple_of(4)..).unwrap_or_default();
    }
    found
}
