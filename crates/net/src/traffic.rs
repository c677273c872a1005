//! What went through task networks.

use std::collections::BTreeMap;
use std::fs;

use crate::state::lock;
use crate::{NetError, Networks};

/// The kernel's counters of the interfaces of this thread's namespace: a line each. Reading them takes no lock that a launch waits for.
const COUNTERS: &str = "/proc/thread-self/net/dev";

/// What went through a task's interface, as the task sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Traffic {
    /// What came in.
    pub received: Counters,
    /// What went out.
    pub sent: Counters,
}

/// One direction, since the interface was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counters {
    /// Bytes.
    pub bytes: u64,
    /// Packets.
    pub packets: u64,
    /// Packets that were damaged.
    pub errors: u64,
    /// Packets that nobody had room for.
    pub dropped: u64,
}

impl Networks {
    /// What went through all slots in use, by name. To be called in the node's network namespace.
    ///
    /// # Errors
    /// The counters cannot be read.
    pub fn traffic(&self) -> Result<BTreeMap<String, Traffic>, NetError> {
        let counters = fs::read_to_string(COUNTERS).map_err(NetError::kernel(format!("reading {COUNTERS}")))?;
        let by_interface: BTreeMap<&str, Traffic> = counters.lines().filter_map(of_line).collect();
        let installation = self.shared.site.installation;
        let state = lock(&self.shared.state);
        let of_slot = |(name, held): (&String, &crate::slot::Held)| {
            let traffic = by_interface.get(installation.interface(held.number).as_str())?;
            Some((name.clone(), *traffic))
        };
        Ok(state.held.iter().filter_map(of_slot).collect())
    }
}

/// The counters of a line, from the other end of the interface's pair: what the node sent is what the task received.
fn of_line(line: &str) -> Option<(&str, Traffic)> {
    let (name, numbers) = line.split_once(':')?;
    let mut numbers = numbers.split_ascii_whitespace().map(|number| number.parse::<u64>().ok());
    // Of both directions: bytes, packets, errors, dropped, and four that Ethernet does not have.
    let mut direction = || {
        let mut next = || numbers.next().flatten();
        let counters = Counters { bytes: next()?, packets: next()?, errors: next()?, dropped: next()? };
        (0..4).all(|_| next().is_some()).then_some(counters)
    };
    let (sent, received) = (direction()?, direction()?);
    Some((name.trim_start(), Traffic { received, sent }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_node_receives_is_what_the_task_sent() {
        let line = "  br1a2b3c-7: 1000 10 1 2 0 0 0 0 555 5 3 4 0 0 0 0";
        let (name, traffic) = of_line(line).unwrap();
        assert_eq!(name, "br1a2b3c-7");
        assert_eq!(traffic.sent, Counters { bytes: 1000, packets: 10, errors: 1, dropped: 2 });
        assert_eq!(traffic.received, Counters { bytes: 555, packets: 5, errors: 3, dropped: 4 });
    }

    #[test]
    fn headings_are_no_interfaces() {
        assert_eq!(of_line(" face |bytes    packets errs drop fifo frame"), None);
        assert_eq!(of_line("Inter-|   Receive: |  Transmit"), None);
    }
}
