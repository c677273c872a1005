//! Processor time, from `/proc`.

use std::fs;
use std::time::Duration;

use anyhow::{Context, Result};

/// The kernel's unit of processor time in `/proc` is 1/100 s on every Linux architecture.
const TICK: Duration = Duration::from_millis(10);

/// Processor time spent until some moment.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Spent {
    /// By the server's processes.
    pub(crate) server: Duration,
    /// By this process.
    pub(crate) client: Duration,
    /// By all processes of the machine and the kernel.
    pub(crate) machine: Duration,
}

impl Spent {
    /// Reads the clocks of the machine, this process and the server's.
    pub(crate) fn now(server: &[u32]) -> Result<Self> {
        let server = server.iter().map(|pid| of_process(&pid.to_string())).sum::<Result<Duration>>()?;
        Ok(Self { server, client: of_process("self")?, machine: of_machine()? })
    }

    /// What was spent since an earlier moment.
    pub(crate) const fn since(&self, earlier: &Self) -> Self {
        Self {
            server: self.server.saturating_sub(earlier.server),
            client: self.client.saturating_sub(earlier.client),
            machine: self.machine.saturating_sub(earlier.machine),
        }
    }
}

fn of_process(pid: &str) -> Result<Duration> {
    let path = format!("/proc/{pid}/stat");
    let text = fs::read_to_string(&path).with_context(|| format!("reading {path}: has the server died?"))?;
    ticks_of_process(&text).with_context(|| format!("parsing {path}"))
}

/// User and system time: the 14th and 15th field. The second, the program's name, may hold spaces and parentheses.
fn ticks_of_process(stat: &str) -> Option<Duration> {
    let mut fields = stat.rsplit_once(')')?.1.split_ascii_whitespace().skip(11);
    let (user, system): (u32, u32) = (fields.next()?.parse().ok()?, fields.next()?.parse().ok()?);
    Some(TICK * user.checked_add(system)?)
}

fn of_machine() -> Result<Duration> {
    let text = fs::read_to_string("/proc/stat").context("reading /proc/stat")?;
    ticks_of_machine(&text).context("parsing /proc/stat")
}

/// All but idle time, time waiting for disks, and guests' time, which user time holds already.
fn ticks_of_machine(stat: &str) -> Option<Duration> {
    let line = stat.lines().next()?.strip_prefix("cpu ")?;
    let fields: Vec<u32> = line.split_ascii_whitespace().map(|field| field.parse().ok()).collect::<Option<_>>()?;
    let busy = fields.iter().take(8).enumerate().filter(|(at, _)| !matches!(at, 3 | 4)).map(|(_, ticks)| *ticks);
    Some(TICK * busy.sum())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn process_time_is_user_and_system_time() {
        let stat = "42 (a (b) c) S 1 42 42 0 -1 4194560 100 0 0 0 250 50 7 9 20 0 4 0 100 1000 200";
        assert_eq!(ticks_of_process(stat), Some(Duration::from_secs(3)));
    }

    #[test]
    fn machine_time_leaves_out_idle_waiting_and_guests() {
        let stat = "cpu  100 20 30 4000 500 6 7 8 90 10\ncpu0 1 2 3\n";
        assert_eq!(ticks_of_machine(stat), Some(Duration::from_millis(1710)));
    }
}
