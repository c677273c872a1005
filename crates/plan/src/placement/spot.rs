//! An instance as placement sees it.

use std::sync::Arc;

use berth_model::node;
use berth_model::{ContainerInstance, InstanceId, InstanceStatus, Name, Resources};

use super::pool::GroupKey;
use super::ranks::Position;
use super::tally::Tally;
use crate::query::{Groups, Subject};

/// An instance, what is taken of it and the groups of the tasks on it.
#[derive(Debug, Clone)]
pub(super) struct Spot {
    pub(super) id: InstanceId,
    /// Its record without what changes with its tasks; none while only tasks of it are known.
    pub(super) fixed: Option<Arc<ContainerInstance>>,
    pub(super) used: Resources,
    /// The number of its zone.
    pub(super) zone: u32,
    /// Tasks that are meant to run, by the number of their group.
    pub(super) groups: Tally,
    /// Tasks that run.
    pub(super) running: u32,
}

impl Spot {
    pub(super) fn unknown(id: InstanceId) -> Self {
        Self { id, fixed: None, used: Resources::default(), zone: 0, groups: Tally::default(), running: 0 }
    }

    pub(super) fn free_cpu(&self) -> u32 {
        self.fixed.as_ref().map_or(0, |fixed| fixed.registered.cpu.saturating_sub(self.used.cpu))
    }

    pub(super) fn free_memory(&self) -> u32 {
        self.fixed.as_ref().map_or(0, |fixed| fixed.registered.memory.saturating_sub(self.used.memory))
    }

    /// Where it stands among those that take tasks, if it does.
    pub(super) fn position(&self, slot: u32) -> Option<Position> {
        let fixed = self.fixed.as_ref()?;
        let takes_tasks = fixed.status == InstanceStatus::Active && fixed.agent_connected;
        takes_tasks.then(|| Position {
            zone: self.zone,
            cpu: self.free_cpu(),
            memory: self.free_memory(),
            tie: own_number(self.id),
            slot,
        })
    }

    /// The instance as expressions see it.
    pub(super) fn subject<'a>(&'a self, groups: &'a SpotGroups<'a>) -> Option<Subject<'a>> {
        Some(Subject { instance: self.fixed.as_deref()?, running: self.running, groups })
    }
}

/// The record without what changes with the instance's tasks.
pub(super) fn fixed(instance: &ContainerInstance) -> ContainerInstance {
    ContainerInstance { used: Resources::default(), version: 0, ..instance.clone() }
}

/// Whether nothing that placement or an expression asks for differs, apart from what changes with the instance's tasks.
pub(super) fn is_same(fixed: &ContainerInstance, instance: &ContainerInstance) -> bool {
    fixed.status == instance.status
        && fixed.agent_connected == instance.agent_connected
        && fixed.attributes == instance.attributes
        && fixed.registered == instance.registered
        && fixed.health == instance.health
        && fixed.agent_version == instance.agent_version
        && fixed.ec2_instance_id == instance.ec2_instance_id
        && fixed.registered_at == instance.registered_at
        && fixed.capacity_provider == instance.capacity_provider
}

pub(super) fn zone(instance: &ContainerInstance) -> Option<&Name> {
    node::zone(&instance.attributes)
}

/// A number of the id's own in which nobody sees an order.
pub(super) fn own_number(id: InstanceId) -> u64 {
    let half = |bytes: &[u8]| bytes.iter().fold(0, |sum, &byte| sum << 8 | u64::from(byte));
    let (high, low) = id.as_bytes().split_at(8);
    mix(mix(half(high)) ^ half(low))
}

/// The finalizer of SplitMix64: every bit of the input changes about half of the output's.
pub(super) const fn mix(number: u64) -> u64 {
    let number = number.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let number = (number ^ (number >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let number = (number ^ (number >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    number ^ (number >> 31)
}

/// The groups of the tasks on a spot, by their names.
#[derive(Debug)]
pub(super) struct SpotGroups<'a> {
    pub(super) tally: &'a Tally,
    pub(super) names: &'a imbl::OrdMap<u32, GroupKey>,
}

impl SpotGroups<'_> {
    fn named(&self) -> impl Iterator<Item = (&Name, u32)> {
        self.tally.iter().filter_map(|(number, count)| Some((&self.names.get(&number)?.name, count)))
    }
}

impl Groups for SpotGroups<'_> {
    fn count(&self, group: &str) -> u32 {
        self.named().filter(|(name, _)| **name == *group).map(|(_, count)| count).sum()
    }

    fn any(&self, test: &mut dyn FnMut(&str) -> bool) -> bool {
        self.named().any(|(name, _)| test(name))
    }
}
