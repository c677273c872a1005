//! Nothing, for a while. The first process of a container gets no signal that it does not ask for.

use std::io::Write as _;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, Result};
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

pub(crate) fn run(seconds: Option<u64>, stubborn: bool) -> Result<ExitCode> {
    if let Some(seconds) = seconds {
        // Ends this process from a thread of its own, whatever the first one waits for.
        std::thread::spawn(move || {
            std::thread::sleep(Duration::from_secs(seconds));
            std::process::exit(0);
        });
    }
    let mut signals = Signals::new([SIGTERM, SIGINT]).context("asking for signals")?;
    for signal in signals.forever() {
        writeln!(std::io::stdout(), "signal {signal}").context("saying so")?;
        if !stubborn {
            return Ok(ExitCode::from(u8::try_from(128 + signal).unwrap_or(u8::MAX)));
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Waits for ever, beside two processes that do so in sessions of their own. `name` is for whoever looks for them.
pub(crate) fn brood(name: &str, is_child: bool) -> Result<ExitCode> {
    if !is_child {
        for _ in 0..2 {
            let mut child = std::process::Command::new("/proc/self/exe");
            child.args(["brood", name, "--child"]).spawn().context("starting another process")?;
        }
    } else {
        rustix::process::setsid().context("leaving the session")?;
    }
    run(None, true)
}
