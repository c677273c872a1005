//! The state of one call of placement.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::collections::BTreeMap;

use berth_model::{ContainerInstance, InstanceId, Resource, Resources};

use super::check::check;
use super::{Field, Lack, Strategy, Want};
use crate::query::{Groups, Subject};

/// The instances, with what the call has already put on them.
pub(super) struct Board<'a> {
    want: &'a Want<'a>,
    spots: Vec<Spot<'a>>,
    keys: Vec<Key>,
    seed: u64,
    round: u64,
}

/// An instance.
struct Spot<'a> {
    subject: Subject<'a>,
    used: Cow<'a, Resources>,
    /// How many tasks of the call it got.
    placed: u32,
    lack: Option<Lack>,
}

/// A strategy, with what it compares.
enum Key {
    /// How many tasks of the group are in the place a spot belongs to.
    Spread {
        place: Vec<usize>,
        tasks: Vec<u32>,
    },
    Cpu,
    Memory,
}

/// An instance's groups, with the tasks of the call.
#[derive(Debug)]
struct WithPlaced<'a> {
    groups: &'a dyn Groups,
    group: &'a str,
    placed: u32,
}

impl Groups for WithPlaced<'_> {
    fn count(&self, group: &str) -> u32 {
        let placed = if group == self.group { self.placed } else { 0 };
        self.groups.count(group).saturating_add(placed)
    }

    fn any(&self, test: &mut dyn FnMut(&str) -> bool) -> bool {
        self.placed > 0 && test(self.group) || self.groups.any(test)
    }
}

impl<'a> Board<'a> {
    pub(super) fn new(want: &'a Want<'a>, subjects: impl Iterator<Item = Subject<'a>>, seed: u64) -> Self {
        let spots: Vec<_> = subjects
            .map(|subject| {
                let used = Cow::Borrowed(&subject.instance.used);
                let lack = check(want, &subject, &used).err();
                Spot { subject, used, placed: 0, lack }
            })
            .collect();
        // Chance ends every comparison: what comes after it is never asked.
        let ordered = want.strategies.iter().map_while(|strategy| key(strategy, &spots, want.group));
        let keys = ordered.collect();
        Self { want, spots, keys, seed, round: 0 }
    }

    pub(super) fn len(&self) -> usize {
        self.spots.len()
    }

    pub(super) fn eligible(&self) -> usize {
        self.spots.iter().filter(|spot| spot.lack.is_none()).count()
    }

    /// The best place for one task more.
    pub(super) fn best(&self) -> Option<usize> {
        let eligible = self.spots.iter().enumerate().filter(|(_, spot)| spot.lack.is_none()).map(|(at, _)| at);
        eligible.min_by(|&a, &b| self.compare(a, b))
    }

    pub(super) fn instance(&self, at: usize) -> &'a ContainerInstance {
        self.spots[at].subject.instance
    }

    /// Puts a task there, and says what it took.
    ///
    /// # Errors
    /// What the instance lacks of it; never for a place that [`Board::best`] found.
    pub(super) fn put(&mut self, at: usize) -> Result<Resources, Resource> {
        let spot = &mut self.spots[at];
        let reservation = self.want.reservation_on(&spot.subject.instance.registered, &spot.used);
        spot.used = Cow::Owned(spot.used.checked_add(&reservation)?);
        spot.placed += 1;
        let groups = WithPlaced { groups: spot.subject.groups, group: self.want.group, placed: spot.placed };
        spot.lack = check(self.want, &Subject { groups: &groups, ..spot.subject }, &spot.used).err();
        for key in &mut self.keys {
            if let Key::Spread { place, tasks } = key {
                tasks[place[at]] += 1;
            }
        }
        self.round += 1;
        Ok(reservation)
    }

    /// What each instance without room lacks, ordered by its id.
    pub(super) fn lacks(self) -> Vec<(InstanceId, Lack)> {
        let mut lacks: Vec<_> =
            self.spots.into_iter().filter_map(|spot| spot.lack.map(|lack| (spot.subject.instance.id, lack))).collect();
        lacks.sort_by_key(|&(id, _)| id);
        lacks
    }

    fn compare(&self, a: usize, b: usize) -> Ordering {
        let by_strategy = self.keys.iter().map(|key| self.measure(key, a).cmp(&self.measure(key, b)));
        by_strategy.into_iter().find(|ordering| ordering.is_ne()).unwrap_or_else(|| self.chance(a).cmp(&self.chance(b)))
    }

    fn measure(&self, key: &Key, at: usize) -> u32 {
        let spot = &self.spots[at];
        let registered = &spot.subject.instance.registered;
        match key {
            Key::Spread { place, tasks } => tasks[place[at]],
            Key::Cpu => registered.cpu.saturating_sub(spot.used.cpu),
            Key::Memory => registered.memory.saturating_sub(spot.used.memory),
        }
    }

    /// A number that nobody can foresee without the seed; the id makes it the instance's own.
    fn chance(&self, at: usize) -> (u64, InstanceId) {
        let id = self.instance(at).id;
        let half = |bytes: &[u8]| bytes.iter().fold(0, |sum, &byte| sum << 8 | u64::from(byte));
        let (high, low) = id.as_bytes().split_at(8);
        let mixed = [self.round, half(high), half(low)].into_iter().fold(self.seed, |sum, part| mix(sum ^ part));
        (mixed, id)
    }
}

/// A strategy's key; none for chance.
fn key(strategy: &Strategy, spots: &[Spot<'_>], group: &str) -> Option<Key> {
    match strategy {
        Strategy::Random => None,
        Strategy::BinpackCpu => Some(Key::Cpu),
        Strategy::BinpackMemory => Some(Key::Memory),
        Strategy::Spread(field) => Some(spread(field, spots, group)),
    }
}

/// Counts the tasks of the group in each place, on all instances: also one that is full is in its zone.
fn spread(field: &Field, spots: &[Spot<'_>], group: &str) -> Key {
    let mut places = BTreeMap::new();
    let mut tasks = Vec::new();
    let mut place = Vec::with_capacity(spots.len());
    for (at, spot) in spots.iter().enumerate() {
        let value = match field {
            Field::Instance => at,
            Field::Attribute(_) => {
                let next = places.len();
                *places.entry(field.value(spot.subject.instance)).or_insert(next)
            }
        };
        if value == tasks.len() {
            tasks.push(0);
        }
        tasks[value] += spot.subject.groups.count(group);
        place.push(value);
    }
    Key::Spread { place, tasks }
}

/// The finalizer of SplitMix64: every bit of the input changes about half of the output's.
const fn mix(number: u64) -> u64 {
    let number = number.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let number = (number ^ (number >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let number = (number ^ (number >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    number ^ (number >> 31)
}
