//! What a program is told of the streams it begins with.

use std::io::{IsTerminal, Read, Write as _};
use std::sync::mpsc;
use std::time::Duration;

use anyhow::{Context as _, Result};
use serde_json::json;

/// An end of the input is there at once, or not at all.
const PATIENCE: Duration = Duration::from_millis(300);

pub(crate) fn run() -> Result<()> {
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || sender.send(std::io::stdin().read(&mut [0; 1]).is_ok_and(|length| length == 0)));
    let ends = receiver.recv_timeout(PATIENCE).unwrap_or(false);
    let terminals = [std::io::stdin().is_terminal(), std::io::stdout().is_terminal(), std::io::stderr().is_terminal()];
    let seen = json!({ "terminals": terminals, "input_ends": ends, "term": std::env::var("TERM").unwrap_or_default() });
    writeln!(std::io::stdout(), "{seen}").context("printing it")
}
