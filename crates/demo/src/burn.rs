//! Time of a processor, as much as there is.

use std::io::Write as _;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use rustix::time::{ClockId, clock_gettime};
use serde_json::json;

/// Prints how long it took, and how long a processor was at it.
pub(crate) fn run(milliseconds: u64) -> Result<()> {
    let (began, until) = (Instant::now(), Duration::from_millis(milliseconds));
    let mut number = 1_u64;
    while began.elapsed() < until {
        number = std::hint::black_box(number.wrapping_mul(3));
    }
    let used = Duration::try_from(clock_gettime(ClockId::ProcessCPUTime)).context("asking for the time used")?;
    let seen = json!({ "took": began.elapsed().as_millis(), "computed": used.as_millis() });
    writeln!(std::io::stdout(), "{seen}").context("printing it")
}
