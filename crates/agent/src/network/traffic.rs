//! What went through the networks of containers.

use std::collections::BTreeMap;

use berth_net::{Counters, Traffic};

use super::names;

/// What went through the slots in use at one moment.
#[derive(Debug, Default)]
pub(crate) struct SlotTraffic(BTreeMap<String, Traffic>);

impl SlotTraffic {
    pub(super) const fn new(by_slot: BTreeMap<String, Traffic>) -> Self {
        Self(by_slot)
    }

    /// What went through the network of a container, the one at `place` of `containers`; nothing if no network was made for it. Who shares
    /// one has an equal part of it, as with the official agent: then the parts of a task add up.
    pub(crate) fn of(&self, task: &str, place: usize, containers: usize) -> Option<Traffic> {
        if let Some(own) = self.0.get(&names::own(task, place)) {
            return Some(*own);
        }
        let shared = self.0.get(&names::shared(task))?;
        let parts = u64::try_from(containers.max(1)).unwrap_or(u64::MAX);
        Some(Traffic { received: part(shared.received, parts), sent: part(shared.sent, parts) })
    }
}

const fn part(whole: Counters, parts: u64) -> Counters {
    Counters {
        bytes: whole.bytes / parts,
        packets: whole.packets / parts,
        errors: whole.errors / parts,
        dropped: whole.dropped / parts,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn received(bytes: u64) -> Traffic {
        Traffic { received: Counters { bytes, ..Counters::default() }, ..Traffic::default() }
    }

    #[test]
    fn containers_of_one_network_have_equal_parts_of_it_and_others_their_own() {
        let slots = [("task".to_owned(), received(90)), ("other.1".to_owned(), received(7))];
        let traffic = SlotTraffic::new(slots.into());
        assert_eq!(traffic.of("task", 0, 3), Some(received(30)));
        assert_eq!(traffic.of("task", 2, 3), Some(received(30)));
        assert_eq!((traffic.of("other", 0, 2), traffic.of("other", 1, 2)), (None, Some(received(7))));
    }
}
