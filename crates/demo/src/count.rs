//! Lines to read again from a log.

use std::io::Write;
use std::time::Duration;

use anyhow::{Context as _, Result};

pub(crate) fn run(lines: u64, every: u64, stderr: bool) -> Result<()> {
    let mut to: Box<dyn Write> = if stderr { Box::new(std::io::stderr().lock()) } else { Box::new(std::io::stdout().lock()) };
    for line in 1..=lines {
        writeln!(to, "line {line} of {lines}").context("writing a line")?;
        if every > 0 && line < lines {
            std::thread::sleep(Duration::from_millis(every));
        }
    }
    to.flush().context("writing the last line")
}

pub(crate) fn environment() -> Result<()> {
    let mut variables: Vec<_> = std::env::vars_os().collect();
    variables.sort();
    let mut to = std::io::stdout().lock();
    for (name, value) in variables {
        writeln!(to, "{}={}", name.display(), value.display()).context("writing the environment")?;
    }
    Ok(())
}
