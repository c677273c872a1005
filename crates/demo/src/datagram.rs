//! Datagrams between containers.

use std::io::Write as _;
use std::net::UdpSocket;
use std::time::Duration;

use anyhow::{Context as _, Result};

use crate::serve::end_when_asked;

/// A datagram that is not answered by then is sent again, so often.
const PATIENCE: Duration = Duration::from_millis(500);
const ATTEMPTS: usize = 20;
const LONGEST: usize = 1500;

pub(crate) fn answer(port: u16) -> Result<()> {
    let socket = UdpSocket::bind(("0.0.0.0", port)).with_context(|| format!("binding port {port}"))?;
    end_when_asked()?;
    let mut buffer = [0; LONGEST];
    loop {
        let (_, peer) = socket.recv_from(&mut buffer).context("receiving")?;
        // Who asked may be gone.
        let _ = socket.send_to(format!("you are {}", peer.ip()).as_bytes(), peer);
    }
}

pub(crate) fn ask(to: &str) -> Result<()> {
    let socket = UdpSocket::bind(("0.0.0.0", 0)).context("binding a port")?;
    socket.connect(to).with_context(|| format!("looking for {to}"))?;
    socket.set_read_timeout(Some(PATIENCE)).context("setting a timeout")?;
    let mut buffer = [0; LONGEST];
    let mut heard = None;
    for _ in 0..ATTEMPTS {
        socket.send(b"who am I?").with_context(|| format!("asking {to}"))?;
        heard = socket.recv(&mut buffer).ok();
        if heard.is_some() {
            break;
        }
    }
    let length = heard.with_context(|| format!("{to} does not answer"))?;
    let text = String::from_utf8_lossy(buffer.get(..length).unwrap_or_default());
    writeln!(std::io::stdout(), "{text}").context("printing the answer")
}
