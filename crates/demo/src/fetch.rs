//! A page of another container.

use std::io::{Read as _, Write as _};
use std::net::{TcpStream, ToSocketAddrs as _};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};

/// What is tried again is tried after this time.
const PAUSE: Duration = Duration::from_millis(50);
/// An answer, at most.
const LONGEST_ANSWER: u64 = 1 << 20;
/// Who says nothing for so long does not answer.
const SILENCE: Duration = Duration::from_secs(1);

pub(crate) fn run(url: &str, patience: u64) -> Result<()> {
    let rest = url.strip_prefix("http://").with_context(|| format!("{url} does not start with http://"))?;
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    let began = Instant::now();
    let mut stream = loop {
        match TcpStream::connect(host) {
            Ok(stream) => break stream,
            Err(_) if began.elapsed() < Duration::from_secs(patience) => std::thread::sleep(PAUSE),
            Err(error) => return Err(error).with_context(|| format!("connecting to {host}")),
        }
    };
    write!(stream, "GET /{path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n").context("asking")?;
    let mut answer = String::new();
    stream.take(LONGEST_ANSWER).read_to_string(&mut answer).context("reading the answer")?;
    let (head, body) = answer.split_once("\r\n\r\n").context("the answer is no HTTP")?;
    let status = head.lines().next().unwrap_or_default();
    if !status.contains(" 200 ") {
        bail!("{url} answered {status}");
    }
    write!(std::io::stdout(), "{body}").context("printing the page")
}

pub(crate) fn reach(to: &str) -> Result<()> {
    let mut addresses = to.to_socket_addrs().with_context(|| format!("looking for {to}"))?;
    let address = addresses.next().with_context(|| format!("{to} has no address"))?;
    let said = match TcpStream::connect_timeout(&address, SILENCE) {
        Ok(_) => "reached".to_owned(),
        Err(error) if error.kind() == std::io::ErrorKind::ConnectionRefused => "refused".to_owned(),
        Err(error) if error.kind() == std::io::ErrorKind::TimedOut => "silent".to_owned(),
        Err(error) => error.to_string(),
    };
    writeln!(std::io::stdout(), "{said}").context("printing it")
}
