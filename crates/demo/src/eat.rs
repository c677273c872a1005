//! Memory that is really there.

use std::io::Write as _;
use std::time::Duration;

use anyhow::{Context as _, Result};

const MIB: usize = 1 << 20;
const PAGE: usize = 4096;

/// Touches every page, a MiB at a time, then stays.
pub(crate) fn run(mebibytes: usize) -> Result<()> {
    let mut held: Vec<Vec<u8>> = Vec::new();
    for _ in 0..mebibytes {
        let mut piece = vec![0_u8; MIB];
        piece.iter_mut().step_by(PAGE).for_each(|byte| *byte = 1);
        held.push(std::hint::black_box(piece));
    }
    writeln!(std::io::stdout(), "holding {} MiB", held.len()).context("saying so")?;
    loop {
        std::thread::sleep(Duration::from_secs(3600));
    }
}
