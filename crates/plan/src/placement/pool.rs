//! The instances that tasks can go to, indexed for placement.

use std::sync::Arc;

use berth_model::{ContainerInstance, InstanceId, InstanceStatus, Name, Resource, Resources};
use imbl::{OrdMap, OrdSet, Vector};

use super::ranks::{Position, Ranks};
use super::spot::{self, Spot, SpotGroups};
use super::tally::Tally;
use crate::query::Subject;

/// Names a group of tasks. On Fargate, tasks of several clusters share the nodes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GroupKey {
    /// The tasks' cluster.
    pub cluster: Name,
    /// Their group, such as `service:web`.
    pub name: Name,
}

/// How the instances of a pool are, apart from what their tasks take: equal to another one only as long as none of them changed.
/// It is told by the identity of an allocation, so that a change that was taken back cannot deceive whoever kept it.
#[derive(Debug, Clone, Default)]
pub struct Stamp(Arc<()>);

impl PartialEq for Stamp {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for Stamp {}

/// A group of tasks.
#[derive(Debug, Clone)]
struct Group {
    number: u32,
    /// Tasks that are meant to run, by the number of their zone.
    zones: Tally,
}

/// The instances of a cluster, or those of a region that take Fargate tasks, with the groups of the tasks on them. Cheap to
/// clone: everything in it is persistent. What it costs to keep and to search depends on the number of instances and of groups
/// on them, not on that of tasks.
#[derive(Debug, Clone, Default)]
pub struct Pool {
    slots: OrdMap<InstanceId, u32>,
    spots: Vector<Option<Arc<Spot>>>,
    free_slots: OrdSet<u32>,
    zones: OrdMap<Option<Name>, u32>,
    groups: OrdMap<GroupKey, Group>,
    names: OrdMap<u32, GroupKey>,
    free_numbers: OrdSet<u32>,
    pub(super) ranks: Ranks,
    active: usize,
    stamp: Stamp,
}

impl Pool {
    /// How many instances are active.
    #[must_use]
    pub fn active(&self) -> usize {
        self.active
    }

    /// Whether an active instance has an attribute.
    #[must_use]
    pub fn has_active_with(&self, attribute: &str) -> bool {
        let has = |fixed: &Arc<ContainerInstance>| {
            fixed.status == InstanceStatus::Active && fixed.attributes.iter().any(|own| own.name == *attribute)
        };
        self.spots().any(|(_, spot)| spot.fixed.as_ref().is_some_and(has))
    }

    /// How many tasks of a group are meant to run in each zone that has instances in service, by the zones' names.
    pub fn spread(&self, group: &GroupKey) -> impl Iterator<Item = (Option<&Name>, u32)> {
        let tally = self.groups.get(group).map(|group| &group.zones);
        let live = self.zones.iter().filter(|&(_, &zone)| self.ranks.size(zone) > 0);
        live.map(move |(name, &zone)| (name.as_ref(), tally.map_or(0, |tally| tally.get(zone))))
    }

    /// An instance of the pool, with what runs on it.
    pub fn with_subject<T>(&self, id: InstanceId, look: impl FnOnce(&Subject<'_>) -> T) -> Option<T> {
        let spot = self.spot(*self.slots.get(&id)?)?;
        spot.subject(&self.groups_on(spot)).map(|subject| look(&subject))
    }

    /// How many tasks of a group are meant to run on an instance.
    #[must_use]
    pub fn on(&self, id: InstanceId, group: &GroupKey) -> u32 {
        let spot = self.slots.get(&id).and_then(|&slot| self.spot(slot));
        spot.zip(self.group(group)).map_or(0, |(spot, group)| spot.groups.get(group))
    }

    /// What is taken of an instance.
    #[must_use]
    pub fn used(&self, id: InstanceId) -> Option<&Resources> {
        self.spot(*self.slots.get(&id)?).map(|spot| &spot.used)
    }

    /// How its instances are. Another one each time one of them changes in anything but what its tasks take.
    #[must_use]
    pub fn stamp(&self) -> &Stamp {
        &self.stamp
    }

    /// Takes up an instance as it is now; none if it is gone.
    pub fn set_instance(&mut self, id: InstanceId, now: Option<&ContainerInstance>) {
        let now = now
            .filter(|instance| !matches!(instance.status, InstanceStatus::Inactive { .. } | InstanceStatus::RegistrationFailed));
        if now.is_none() && !self.slots.contains_key(&id) {
            return;
        }
        let zone = now.map_or(0, |instance| self.zone_number(spot::zone(instance)));
        let slot = self.slot(id);
        let mut stays_as_is = true;
        let is_active = |spot: &Spot| spot.fixed.as_ref().is_some_and(|fixed| fixed.status == InstanceStatus::Active);
        let mut active = (false, false);
        self.change(slot, |spot| {
            active.0 = is_active(spot);
            stays_as_is = match (&spot.fixed, now) {
                (Some(fixed), Some(instance)) => spot::is_same(fixed, instance),
                (None, None) => true,
                (Some(_), None) | (None, Some(_)) => false,
            };
            if !stays_as_is {
                spot.fixed = now.map(|instance| Arc::new(spot::fixed(instance)));
                spot.zone = zone;
            }
            spot.used = now.map(|instance| instance.used.clone()).unwrap_or_default();
            active.1 = is_active(spot);
        });
        self.active = self.active + usize::from(active.1) - usize::from(active.0);
        if !stays_as_is {
            self.stamp = Stamp::default();
        }
        self.drop_if_empty(slot);
    }

    /// Counts tasks of a group on an instance, of a zone: up or down, those that are meant to run and those that run.
    pub fn count(&mut self, instance: InstanceId, group: &GroupKey, zone: Option<&Name>, meant: i32, running: i32) {
        let number = self.group_number(group);
        let zone = self.zone_number(zone);
        let slot = self.slot(instance);
        self.change(slot, |spot| {
            spot.groups.add(number, meant);
            spot.running = spot.running.saturating_add_signed(running);
        });
        if let Some(known) = self.groups.get_mut(group) {
            known.zones.add(zone, meant);
            if known.zones.is_empty() {
                self.groups.remove(group);
                self.names.remove(&number);
                self.free_numbers.insert(number);
            }
        }
        self.drop_if_empty(slot);
    }

    /// Puts a task of a group on a spot.
    pub(super) fn put(&mut self, slot: u32, reservation: &Resources, group: &GroupKey) -> Result<(), Resource> {
        let Some(spot) = self.spot(slot) else { return Ok(()) };
        let (number, zone) = (self.groups.get(group).map(|group| group.number), spot.zone);
        let used = spot.used.checked_add(reservation)?;
        let number = number.unwrap_or_else(|| self.group_number(group));
        self.change(slot, |spot| {
            spot.used = used;
            spot.groups.add(number, 1);
        });
        if let Some(group) = self.groups.get_mut(group) {
            group.zones.add(zone, 1);
        }
        Ok(())
    }

    pub(super) fn spot(&self, slot: u32) -> Option<&Spot> {
        self.spots.get(slot as usize)?.as_deref()
    }

    /// The spots in the order of their instances' ids.
    pub(super) fn spots(&self) -> impl Iterator<Item = (u32, &Spot)> {
        self.slots.values().filter_map(|&slot| Some((slot, self.spot(slot)?)))
    }

    pub(super) fn len(&self) -> usize {
        self.slots.len()
    }

    /// The number of a group, if any task of it is there.
    pub(super) fn group(&self, group: &GroupKey) -> Option<u32> {
        self.groups.get(group).map(|group| group.number)
    }

    /// The zones with instances that take tasks, by their names: the number, and how many tasks of the group are
    /// there.
    pub(super) fn live_zones(&self, group: &GroupKey) -> impl Iterator<Item = (u32, u32)> {
        let tally = self.groups.get(group).map(|group| &group.zones);
        let live = self.zones.iter().filter(|&(_, &zone)| self.ranks.size(zone) > 0);
        live.map(move |(_, &zone)| (zone, tally.map_or(0, |tally| tally.get(zone))))
    }

    pub(super) fn groups_on<'a>(&'a self, spot: &'a Spot) -> SpotGroups<'a> {
        SpotGroups { tally: &spot.groups, names: &self.names }
    }

    /// Changes a spot and its place in the orders.
    fn change(&mut self, slot: u32, change: impl FnOnce(&mut Spot)) {
        let Some(Some(spot)) = self.spots.get_mut(slot as usize) else { return };
        let spot = Arc::make_mut(spot);
        let from: Option<Position> = spot.position(slot);
        change(spot);
        let to = spot.position(slot);
        self.ranks.shift(from, to);
    }

    fn slot(&mut self, id: InstanceId) -> u32 {
        if let Some(&slot) = self.slots.get(&id) {
            return slot;
        }
        let spot = Some(Arc::new(Spot::unknown(id)));
        let slot = match self.free_slots.remove_min() {
            Some(slot) => {
                self.spots.set(slot as usize, spot);
                slot
            }
            None => {
                self.spots.push_back(spot);
                u32::try_from(self.spots.len() - 1).unwrap_or(u32::MAX)
            }
        };
        self.slots.insert(id, slot);
        slot
    }

    /// Forgets a spot without an instance and without tasks.
    fn drop_if_empty(&mut self, slot: u32) {
        let is_empty = |spot: &Spot| spot.fixed.is_none() && spot.groups.is_empty() && spot.running == 0;
        if let Some(id) = self.spot(slot).filter(|spot| is_empty(spot)).map(|spot| spot.id) {
            self.slots.remove(&id);
            self.spots.set(slot as usize, None);
            self.free_slots.insert(slot);
        }
    }

    fn zone_number(&mut self, zone: Option<&Name>) -> u32 {
        let zone = zone.cloned();
        if let Some(&number) = self.zones.get(&zone) {
            return number;
        }
        let number = u32::try_from(self.zones.len()).unwrap_or(u32::MAX);
        self.zones.insert(zone, number);
        number
    }

    fn group_number(&mut self, group: &GroupKey) -> u32 {
        if let Some(known) = self.groups.get(group) {
            return known.number;
        }
        let next = u32::try_from(self.names.len()).unwrap_or(u32::MAX);
        let number = self.free_numbers.remove_min().unwrap_or(next);
        self.groups.insert(group.clone(), Group { number, zones: Tally::default() });
        self.names.insert(number, group.clone());
        number
    }
}
