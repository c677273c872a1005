//! As many lines as somebody wants, as fast as they are taken.

use std::io::Write as _;

use anyhow::{Context as _, Result};

/// Bytes of one write: as many as a pipe takes at once.
const BLOCK: usize = 1 << 16;

/// Lines of a width, with their number at the beginning.
pub(crate) fn run(lines: u64, width: usize) -> Result<()> {
    let mut to = std::io::stdout().lock();
    let mut block = Vec::with_capacity(BLOCK + width);
    for line in 1..=lines {
        writeln!(block, "{line:<width$}.").context("making a line")?;
        if block.len() >= BLOCK || line == lines {
            to.write_all(&block).context("writing lines")?;
            block.clear();
        }
    }
    to.flush().context("writing the last line")
}

/// A text as it is.
pub(crate) fn say(text: &str) -> Result<()> {
    let mut to = std::io::stdout().lock();
    to.write_all(text.as_bytes()).context("writing the text")?;
    to.flush().context("writing the text")
}
