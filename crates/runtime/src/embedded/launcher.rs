//! The launcher, seen from its user.

use std::io::{IoSlice, IoSliceMut};
use std::mem::MaybeUninit;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use rustix::io::Errno;
use rustix::net::{
    AddressFamily, RecvAncillaryBuffer, RecvFlags, SendAncillaryBuffer, SendAncillaryMessage, SendFlags, SocketFlags, SocketType,
    recvmsg, sendmsg, socketpair,
};

use super::{EmbeddedOptions, borrowed, failed};
use crate::error::RuntimeError;
use crate::folder::VERSION;
use crate::protocol::{Greeting, MAX_DESCRIPTORS, PACKET, Request, What};

/// A running launcher. It ends when this is dropped, and containers do not.
#[derive(Debug)]
pub(super) struct Launcher {
    /// Nothing once it is being dropped.
    socket: Option<OwnedFd>,
    child: Child,
}

impl Launcher {
    pub(super) fn start(options: &EmbeddedOptions) -> Result<Self, RuntimeError> {
        let shim = &options.shim;
        let (ours, theirs) = socketpair(AddressFamily::UNIX, SocketType::SEQPACKET, SocketFlags::CLOEXEC, None)
            .map_err(|errno| failed("making a socket for", shim)(errno.into()))?;
        let mut command = Command::new(shim);
        command
            .arg("launcher")
            .arg(&options.cgroup)
            .args(&options.namespaces)
            .env_clear()
            .stdin(Stdio::from(theirs))
            .stdout(Stdio::null());
        let child = command.spawn().map_err(failed("starting", shim))?;
        // The command keeps the other end of the socket.
        drop(command);
        let mut launcher = Self { socket: Some(ours), child };
        launcher.greet(shim)?;
        Ok(launcher)
    }

    fn greet(&mut self, shim: &Path) -> Result<(), RuntimeError> {
        let broken = |problem: String| RuntimeError::Shim { doing: format!("starting {}", shim.display()), problem };
        let Some(socket) = &self.socket else { return Ok(()) };
        let mut packet = vec![0; PACKET];
        let mut none = RecvAncillaryBuffer::new(&mut []);
        let received = recvmsg(socket, &mut [IoSliceMut::new(&mut packet)], &mut none, RecvFlags::CMSG_CLOEXEC)
            .map_err(|errno| broken(errno.to_string()))?;
        if received.bytes == 0 {
            let status = self.child.wait().map_or_else(|error| error.to_string(), |status| status.to_string());
            return Err(broken(format!("the launcher ended with {status}")));
        }
        match serde_json::from_slice(packet.get(..received.bytes).unwrap_or_default()) {
            Ok(Greeting::Ready { version }) if version <= VERSION => Ok(()),
            Ok(Greeting::Ready { version }) => Err(broken(format!("it is of version {version}, this program knows {VERSION}"))),
            Ok(Greeting::Failed(failure)) => Err(failure.into()),
            Err(error) => Err(broken(error.to_string())),
        }
    }

    /// Sends a request with the other end of a new socket; nothing if the launcher is gone.
    pub(super) fn request(&self, folder: &Path, what: What, more: &[OwnedFd]) -> Result<Option<UnixStream>, RuntimeError> {
        let doing = "asking the launcher for";
        let (ours, theirs) = UnixStream::pair().map_err(failed("making a socket for", folder))?;
        let theirs = OwnedFd::from(theirs);
        let request = Request { version: VERSION, folder: folder.to_owned(), what };
        let packet = serde_json::to_vec(&request).map_err(|error| RuntimeError::Specification { what: error.to_string() })?;
        if packet.len() > PACKET {
            return Err(RuntimeError::Specification { what: format!("the path {} is too long", folder.display()) });
        }
        let descriptors = borrowed(&theirs, more);
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(MAX_DESCRIPTORS))];
        let mut control = SendAncillaryBuffer::new(&mut space);
        if !control.push(SendAncillaryMessage::ScmRights(&descriptors)) {
            return Err(RuntimeError::Shim { doing: doing.to_owned(), problem: "too many descriptors".to_owned() });
        }
        let Some(socket) = &self.socket else { return Ok(None) };
        loop {
            match sendmsg(socket, &[IoSlice::new(&packet)], &mut control, SendFlags::NOSIGNAL) {
                Ok(_) => return Ok(Some(ours)),
                Err(Errno::PIPE | Errno::CONNRESET | Errno::NOTCONN) => return Ok(None),
                Err(Errno::INTR) => {}
                Err(errno) => return Err(failed(doing, folder)(errno.into())),
            }
        }
    }
}

impl Drop for Launcher {
    fn drop(&mut self) {
        // Without its socket it ends; it is waited for so that no dead process is left.
        self.socket = None;
        let _ = self.child.wait();
    }
}
