//! The instances that take tasks, in the orders that strategies ask for.

use imbl::{OrdMap, OrdSet};

/// Where an instance stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Position {
    pub(super) zone: u32,
    /// CPU units that are left.
    pub(super) cpu: u32,
    /// Memory that is left.
    pub(super) memory: u32,
    /// A number of the instance's own: the order among equals.
    pub(super) tie: u64,
    pub(super) slot: u32,
}

/// An instance in an order: within its zone by what is left of something, or by its own number alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Rank {
    zone: u32,
    left: u32,
    tie: u64,
    slot: u32,
}

impl Rank {
    const fn first(zone: u32, left: u32, tie: u64) -> Self {
        Self { zone, left, tie, slot: 0 }
    }

    const fn last(zone: u32) -> Self {
        Self { zone, left: u32::MAX, tie: u64::MAX, slot: u32::MAX }
    }
}

/// What is left of something is an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Measure {
    Cpu,
    Memory,
}

/// The orders.
#[derive(Debug, Clone, Default)]
pub(super) struct Ranks {
    by_cpu: OrdSet<Rank>,
    by_memory: OrdSet<Rank>,
    ring: OrdSet<Rank>,
    /// How many there are in each zone.
    sizes: OrdMap<u32, u32>,
}

impl Ranks {
    /// Moves an instance from where it stood to where it stands.
    pub(super) fn shift(&mut self, from: Option<Position>, to: Option<Position>) {
        if from == to {
            return;
        }
        let stays = matches!((from, to), (Some(from), Some(to)) if from.zone == to.zone);
        if let Some(Position { zone, cpu, memory, tie, slot }) = from {
            self.by_cpu.remove(&Rank { zone, left: cpu, tie, slot });
            self.by_memory.remove(&Rank { zone, left: memory, tie, slot });
            if !stays {
                self.ring.remove(&Rank { zone, left: 0, tie, slot });
                match self.size(zone) {
                    0 | 1 => self.sizes.remove(&zone),
                    size => self.sizes.insert(zone, size - 1),
                };
            }
        }
        if let Some(Position { zone, cpu, memory, tie, slot }) = to {
            self.by_cpu.insert(Rank { zone, left: cpu, tie, slot });
            self.by_memory.insert(Rank { zone, left: memory, tie, slot });
            if !stays {
                self.ring.insert(Rank { zone, left: 0, tie, slot });
                self.sizes.insert(zone, self.size(zone) + 1);
            }
        }
    }

    /// How many instances of a zone take tasks.
    pub(super) fn size(&self, zone: u32) -> u32 {
        self.sizes.get(&zone).copied().unwrap_or(0)
    }

    /// The instances of a zone that have at least that much left, those with least first: what is left, and the slot.
    pub(super) fn with_at_least(&self, zone: u32, measure: Measure, least: u32) -> impl Iterator<Item = (u32, u32)> {
        let order = match measure {
            Measure::Cpu => &self.by_cpu,
            Measure::Memory => &self.by_memory,
        };
        order.range(Rank::first(zone, least, 0)..=Rank::last(zone)).map(|rank| (rank.left, rank.slot))
    }

    /// The slots of all instances of a zone, once round from a place on the ring.
    pub(super) fn round(&self, zone: u32, from: u64) -> impl Iterator<Item = u32> {
        let from = Rank::first(zone, 0, from);
        let up = self.ring.range(from..=Rank::last(zone));
        let rest = self.ring.range(Rank::first(zone, 0, 0)..from);
        up.chain(rest).map(|rank| rank.slot)
    }
}
