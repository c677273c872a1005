//! One page, for everybody who asks.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

use anyhow::{Context as _, Result};
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

/// A request's head, at most.
const LONGEST_HEAD: u64 = 16 << 10;
/// A caller that says nothing for so long is left.
const PATIENCE: Duration = Duration::from_secs(10);

pub(crate) fn run(port: u16, text: &str) -> Result<()> {
    let listener = TcpListener::bind(("0.0.0.0", port)).with_context(|| format!("listening on port {port}"))?;
    end_when_asked()?;
    say(&format!("serving on port {}", listener.local_addr().context("asking for the port")?.port()))?;
    for caller in listener.incoming() {
        // Who goes away in the middle is no reason to stop.
        if let Ok(caller) = caller
            && let Ok(request) = answer(caller, text)
        {
            say(&request)?;
        }
    }
    Ok(())
}

/// Ends this process when a signal says so: the first process of a container is not ended by itself.
pub(crate) fn end_when_asked() -> Result<()> {
    let mut signals = Signals::new([SIGTERM, SIGINT]).context("asking for signals")?;
    std::thread::spawn(move || {
        if let Some(signal) = signals.forever().next() {
            let _ = say(&format!("signal {signal}: goodbye"));
            std::process::exit(0);
        }
    });
    Ok(())
}

fn answer(mut caller: TcpStream, text: &str) -> std::io::Result<String> {
    caller.set_read_timeout(Some(PATIENCE))?;
    let mut head = BufReader::new(caller.try_clone()?.take(LONGEST_HEAD)).lines();
    let request = head.next().transpose()?.unwrap_or_default();
    while head.next().transpose()?.is_some_and(|line| !line.is_empty()) {}
    let body = format!("{text}\n");
    write!(
        caller,
        "HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    )?;
    Ok(request)
}

fn say(text: &str) -> Result<()> {
    writeln!(std::io::stdout(), "{text}").context("writing a line")
}
